// SPDX-License-Identifier: MIT OR Apache-2.0
//! Counts the instructions of each benchmark case on the core: scripts/bench.sh runs it on the emulated
//! one, where CCOUNT advances by a fixed amount for each instruction. Linux's side is in here too, on
//! this core and not counted, so a board's Linux must not bind its driver to it.
//!
//! The trace buffer has the results, in ticks of CCOUNT: `calibration INSTRUCTIONS TICKS`,
//! `overhead TICKS` of a call of nothing, `link BYTES` of a link with four endpoints, and for each case
//! `case NAME MESSAGES CALLS TICKS KICKS`.
#![no_std]
#![no_main]
#![forbid(unsafe_op_in_unsafe_fn)]
#![feature(asm_experimental_arch)]
#![allow(missing_docs, reason = "a program; benches/common explains its items")]

#[path = "../../benches/common/mod.rs"]
mod common;

use core::arch::asm;
use core::cell::Cell;
use core::hint::black_box;
use core::ptr::{NonNull, null_mut, with_exposed_provenance_mut};

use common::cases::{self, Scratch};
use common::linux::{Kicks, Linux, RINGS, TABLE, TABLE_AT, VRING0, WINDOWS};
use common::run::{bring_up, run};
use imx_rpmsg::arch::xtensa::masked;
use imx_rpmsg::firmware::{Board, Cache, wait};
use imx_rpmsg::rpmsg::{Link, LiveTable};
use imx_rpmsg::shm::{Shm, Span};
use imx_rpmsg::{board, entry};
use xtensa_lx::timer::get_cycle_count;

entry!(main);

type BenchLink<'a> = Link<'static, Cache, &'a Kicks, { cases::ENDPOINTS }>;

crate::measured!(BenchLink<'_>);

#[inline(never)]
fn nothing(_link: &BenchLink<'_>, _scratch: &mut Scratch) {}

/// The ticks of a call. Its end is found by the name of `measured_end`.
fn measure(device: fn(&BenchLink<'_>, &mut Scratch), link: &BenchLink<'_>, scratch: &mut Scratch) -> u32 {
    let device = black_box(device);
    let start = get_cycle_count();
    device(link, scratch);
    let ticks = get_cycle_count().wrapping_sub(start);
    measured_end();
    ticks
}

// SAFETY: no other symbol of this program has this name.
#[unsafe(no_mangle)]
#[inline(never)]
extern "Rust" fn measured_end() {
    black_box(());
}

/// Two instructions for each of `turns`, and some more.
fn calibrate(turns: u32) -> u32 {
    let start = get_cycle_count();
    // SAFETY: counts a register down.
    unsafe { asm!("1: addi {0}, {0}, -1", "bnez {0}, 1b", inout(reg) turns => _, options(nomem, nostack)) }
    get_cycle_count().wrapping_sub(start)
}

fn main(mut board: Board) -> ! {
    const { assert!(board::CARVEOUTS[0].linux == VRING0 && board::CARVEOUTS.len() == WINDOWS.len()) };
    // The timer's interrupt would be counted.
    masked(bench);
    let (_, mailbox) = board.link::<1>();
    mailbox.ready();
    loop {
        let _ = wait(mailbox);
    }
}

fn bench() {
    let kicks = Kicks::default();
    // SAFETY: the board's carveouts are memory, and no other link is made before this one is gone.
    let shm = unsafe { Shm::new(null_mut(), &board::CARVEOUTS, Cache::default()) };
    // SAFETY: as above; the link is the other user of the carveouts.
    let mut linux = unsafe { Linux::start(with_exposed_provenance_mut(VRING0 as usize)) };
    // SAFETY: in a carveout, behind the ring.
    let table = unsafe { Span::new(NonNull::new_unchecked(with_exposed_provenance_mut(TABLE_AT as usize)), 256) };
    let link: BenchLink<'_> = Link::new(shm, &kicks, LiveTable::new(table, TABLE.layout()), Some(RINGS));
    bring_up(&link);

    let (short, long) = (calibrate(1000), calibrate(2000));
    log::info!("calibration 2000 {}", long.wrapping_sub(short));
    let mut scratch = Scratch([0; 496]);
    log::info!("overhead {}", measure(nothing, &link, &mut scratch));
    log::info!("link {}", size_of::<BenchLink<'_>>());
    for case in cases::all() {
        let device = measured(&case);
        let (ticks, calls) = (Cell::new(0u32), Cell::new(0));
        let kicks = run(&case, cases::MESSAGES, &mut linux, &kicks, || {
            ticks.set(ticks.get().wrapping_add(measure(device, &link, &mut scratch)));
            calls.set(calls.get() + 1);
        });
        log::info!("case {case} {} {} {} {kicks}", cases::MESSAGES, calls.get(), ticks.get());
    }
}
