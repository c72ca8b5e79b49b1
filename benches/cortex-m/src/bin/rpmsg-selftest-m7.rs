// SPDX-License-Identifier: MIT OR Apache-2.0
//! Proves `arch::cortex_m` on a core. Printed is, for each step, what was seen: whether interrupts were masked,
//! and how many the handlers had served. PendSV is an interrupt that comes at once unless it is masked, SysTick
//! one that comes later. In the end SysTick is the clock's, and printed are cycles.
#![no_std]
#![no_main]

use core::fmt::Write;
use core::hint::black_box;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use cortex_m::Peripherals;
use cortex_m::peripheral::SCB;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m::register::primask;
use cortex_m_rt::{entry, exception};
use cortex_m_semihosting::hio::hstdout;
use imx_rpmsg::arch::cortex_m::{Clock, masked, wait_for_interrupt};
use rpmsg_bench_cortex_m::end;

/// Clocks until SysTick comes: some thousand instructions.
const LATER: u32 = 10_000;

/// Clocks a second of the emulated core's SysTick; all figures go by it alone.
const HZ: u32 = 25_000_000;

static SERVED: AtomicU32 = AtomicU32::new(0);

/// Whether SysTick is the clock's.
static TICKS: AtomicBool = AtomicBool::new(false);

fn serve() {
    SERVED.store(SERVED.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

#[exception]
fn PendSV() {
    serve();
}

#[exception]
fn SysTick() {
    if TICKS.load(Ordering::Relaxed) {
        Clock::tick(HZ);
    }
    serve();
}

/// What the clock says of always the same work, begun with interrupts masked.
fn timed(alarm: Option<u32>) -> u32 {
    let before = Clock::cycles(HZ);
    masked(|| {
        if let Some(cycles) = alarm {
            Clock::alarm(HZ, cycles);
        }
        (0..100_000u32).for_each(|i| {
            black_box(i);
        });
    });
    Clock::cycles(HZ).wrapping_sub(before)
}

/// What a step sees of the core.
struct Seen {
    masked: bool,
    served: u32,
}

fn look() -> Seen {
    Seen { masked: !primask::read().is_active(), served: SERVED.load(Ordering::Relaxed) }
}

impl core::fmt::Display for Seen {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} {}", if self.masked { "masked" } else { "open" }, self.served)
    }
}

#[entry]
fn main() -> ! {
    // SAFETY: nobody else has them.
    let mut peripherals = unsafe { Peripherals::steal() };
    let mut out = hstdout().expect("the emulator's standard output");
    let mut say = |what: &str, seen: Seen| writeln!(out, "{what}: {seen}").expect("standard output");

    say("start", look());

    let (inside, behind_inner) = masked(|| {
        SCB::set_pendsv();
        let inside = masked(look);
        (inside, look())
    });
    say("masked twice", inside);
    say("masked once", behind_inner);
    say("behind it", look());

    let mut asked = None;
    wait_for_interrupt(|| {
        asked = Some(look());
        true
    });
    say("awake, asked", asked.take().expect("it asks"));
    say("awake, behind it", look());

    wait_for_interrupt(|| {
        SCB::set_pendsv();
        asked = Some(look());
        false
    });
    say("pending, asked", asked.take().expect("it asks"));
    say("pending, behind it", look());

    let inside = masked(|| {
        wait_for_interrupt(|| {
            SCB::set_pendsv();
            false
        });
        look()
    });
    say("masked sleep", inside);
    say("masked sleep, behind it", look());

    let timer = &mut peripherals.SYST;
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(LATER);
    timer.clear_current();
    timer.enable_interrupt();
    wait_for_interrupt(|| {
        timer.enable_counter();
        asked = Some(look());
        false
    });
    timer.disable_counter();
    say("sleep, asked", asked.take().expect("it asks"));
    say("sleep, behind it", look());

    TICKS.store(true, Ordering::Relaxed);
    Clock::start(HZ);
    let mut count = |what: &str, cycles: u32| writeln!(out, "{what}: {cycles}").expect("standard output");
    count("work", timed(None));
    count("work, many alarms long", timed(Some(1000)));
    count("work, less than an alarm long", timed(Some(200_000)));
    end::success()
}
