// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs every case on an emulated Cortex-M7, for a plugin of the emulator to count (benches/harness/m7.py).
//! Linux's side is in here too, and not counted.
//!
//! Counted is from the first instruction of a function `measured_…` to the first of `measured_end`; the first
//! call is that of `measured_nothing`. Printed is, for each case, `case NAME MESSAGES CALLS KICKS`.
#![no_std]
#![no_main]

use core::cell::Cell;
use core::fmt::Write;
use core::hint::black_box;

use cortex_m_rt::entry;
use cortex_m_semihosting::hio::hstdout;
use imx_rpmsg::arch::cortex_m::Uncached;
use imx_rpmsg::rpmsg::Link;
use rpmsg_bench_cortex_m::common::cases::{self, Scratch};
use rpmsg_bench_cortex_m::common::linux::{Kicks, Linux, RINGS};
use rpmsg_bench_cortex_m::common::run::{bring_up, run};
use rpmsg_bench_cortex_m::{end, shared};

type BenchLink<'a> = Link<'static, Uncached, &'a Kicks, { cases::ENDPOINTS }>;

rpmsg_bench_cortex_m::measured!(BenchLink<'_>);

// SAFETY: no other symbol of this program has this name.
#[unsafe(no_mangle)]
#[inline(never)]
extern "Rust" fn measured_nothing(_link: &BenchLink<'_>, _scratch: &mut Scratch) {}

// SAFETY: no other symbol of this program has this name.
#[unsafe(no_mangle)]
#[inline(never)]
extern "Rust" fn measured_end() {
    // Of two functions that do nothing, the compiler would make one.
    black_box(0u8);
}

/// One for all, so that what is counted beside the device's call is the same for each.
#[inline(never)]
fn measure(device: fn(&BenchLink<'_>, &mut Scratch), link: &BenchLink<'_>, scratch: &mut Scratch) {
    black_box(device)(link, scratch);
    measured_end();
}

#[entry]
fn main() -> ! {
    let kicks = Kicks::default();
    // SAFETY: called once, for the link below and the Linux below.
    let (memory, table) = unsafe { (shared::memory(), shared::table()) };
    // SAFETY: the view has all windows, and the link is their only other user.
    let mut linux = unsafe { Linux::start(shared::view()) };
    let link: BenchLink<'_> = Link::new(memory, &kicks, table, Some(RINGS));
    bring_up(&link);

    let mut out = hstdout().expect("the emulator's standard output");
    let mut scratch = Scratch([0; 496]);
    measure(measured_nothing, &link, &mut scratch);
    for case in cases::all() {
        let device = measured(&case);
        let calls = Cell::new(0);
        let kicks = run(&case, cases::MESSAGES, &mut linux, &kicks, || {
            measure(device, &link, &mut scratch);
            calls.set(calls.get() + 1);
        });
        writeln!(out, "case {case} {} {} {kicks}", cases::MESSAGES, calls.get()).expect("standard output");
    }
    end::success()
}
