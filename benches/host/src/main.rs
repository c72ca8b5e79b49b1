// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs every case on this machine, for valgrind to count.
//!
//! `instructions`: callgrind collects inside the functions `measured_…` and dumps after each
//! `case_done`; the names of the cases are printed in that order.
//!
//! `words`: the device sees shared memory at its own addresses and Linux sees it elsewhere, so that
//! lackey's trace tells the device's accesses from Linux's; a store to the word MARK starts a case, and
//! one more is behind the last.
//!
//! `lines`: kicks and cache lines are printed: `CASE MESSAGES KICKS INVALIDATED WRITTEN-BACK`.

#[path = "../../common/mod.rs"]
mod common;
mod lines;
mod memory;

use common::cases::{self, Case, Scope, Scratch};
use common::linux::{Kicks, Linux, RINGS, TABLE, WINDOWS};
use common::run::{bring_up, run};
use imx_rpmsg::arch::Host;
use imx_rpmsg::rpmsg::{Link, LiveTable};
use imx_rpmsg::shm::{Coherency, Shm};
use lines::Lines;
use memory::Memory;

type BenchLink<'a> = Link<'static, Host, &'a Kicks, { cases::ENDPOINTS }>;

crate::measured!(BenchLink<'_>);

/// The end of a case, for callgrind's --dump-after.
// SAFETY: no other symbol of this program has this name.
#[unsafe(no_mangle)]
#[inline(never)]
fn case_done(case: &Case) {
    std::hint::black_box(case);
}

fn link<'a, C: Coherency + Clone>(
    memory: &Memory,
    coherency: C,
    kicks: &'a Kicks,
) -> Link<'static, C, &'a Kicks, { cases::ENDPOINTS }> {
    // SAFETY: the device's view is mapped at the addresses of WINDOWS and never unmapped; nothing but
    // the link uses it.
    let shm = unsafe { Shm::new(std::ptr::null_mut(), &WINDOWS, coherency) };
    Link::new(shm, kicks, LiveTable::new(memory.table(), TABLE.layout()), Some(RINGS))
}

/// Messages of each case where what is counted is the same for each: two bursts of 16.
const FEW: u16 = 32;

/// The instructions and the words of every case.
fn measure(messages: u16) {
    let memory = Memory::map();
    let kicks = Kicks::default();
    // SAFETY: memory of that length; the link uses the other view of it.
    let mut linux = unsafe { Linux::start(memory.linux()) };
    let link = link(&memory, Host, &kicks);
    bring_up(&link);
    let mut scratch = Scratch([0; 496]);
    for case in cases::all() {
        memory.mark();
        let device = measured(&case);
        run(&case, messages, &mut linux, &kicks, || device(&link, &mut scratch));
        case_done(&case);
        println!("{case} {messages}");
    }
    memory.mark();
}

fn count_lines() {
    let memory = Memory::map();
    let (kicks, lines) = (Kicks::default(), Lines::default());
    // SAFETY: as above.
    let mut linux = unsafe { Linux::start(memory.linux()) };
    let link = link(&memory, &lines, &kicks);
    bring_up(&link);
    let mut scratch = Scratch([0; 496]);
    for case in cases::all() {
        lines.take();
        let kicks = run(&case, cases::MESSAGES, &mut linux, &kicks, || match case.scope {
            Scope::Drain => cases::drain(case.kind, &link, &mut scratch),
            Scope::Turn => _ = cases::turn(case.kind, &link, &mut scratch),
        });
        let (invalidated, written_back) = lines.take();
        println!("{case} {} {kicks} {invalidated} {written_back}", cases::MESSAGES);
    }
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("instructions") => measure(cases::MESSAGES),
        Some("words") => measure(FEW),
        Some("lines") => count_lines(),
        _ => {
            eprintln!("usage: rpmsg-bench-host instructions|words|lines (see scripts/bench.sh)");
            std::process::exit(2);
        }
    }
}
