// SPDX-License-Identifier: MIT OR Apache-2.0
//! Time by SysTick, which every Cortex-M of i.MX has; the cycle counter of the debug unit may be off.

use ::cortex_m::peripheral::syst::RegisterBlock;
use ::cortex_m::peripheral::{SCB, SYST};
use core::sync::atomic::{AtomicU32, Ordering};

use super::super::{Counter, micros};
use super::masked;

/// CSR: the core's clock, exception and counter on (ARMv7-M Architecture Reference Manual, B3.3.3).
const RUN: u32 = 1 << 2 | 1 << 1 | 1;

/// Ticks a second, so that a tick fits the counter's 24 bits up to 1.6 GHz.
const TICK_HZ: u32 = 100;

/// What the counter can count.
const LONGEST: u32 = 1 << 24;

/// Shorter periods would be over before the counter has been started.
const SHORTEST: u32 = 1 << 8;

/// ICSR.PENDSTSET: SysTick's exception waits (ARMv7-M Architecture Reference Manual, B3.2.4).
const PENDSTSET: u32 = 1 << 26;

/// Time up to the start of the counter's period: seconds, and cycles of the next. Cycles of the period. All are only
/// used with interrupts masked.
static SECONDS: AtomicU32 = AtomicU32::new(0);
static CYCLES: AtomicU32 = AtomicU32::new(0);
static PERIOD: AtomicU32 = AtomicU32::new(0);

/// The core's timer as a clock. SysTick's exception handler is [`Clock::tick`].
pub struct Clock;

impl Clock {
    /// Starts the ticks, for a core of `hz` cycles a second.
    pub fn start(hz: u32) {
        with(|timer| {
            restart(timer, hz / TICK_HZ);
            // SAFETY: `with`.
            unsafe { timer.csr.write(RUN) };
        });
    }

    /// Counts the period that is over, and goes on with one of a tick: SysTick's exception handler.
    pub fn tick(hz: u32) {
        with(|timer| {
            let period = PERIOD.load(Ordering::Relaxed);
            pass(hz, period);
            if period != hz / TICK_HZ {
                // What has passed of the next period, which begins anew.
                pass(hz, period - 1 - timer.cvr.read().min(period - 1));
                restart(timer, hz / TICK_HZ);
            }
        });
    }

    /// Asks for an interrupt after `cycles` too, when that is before the next tick. It may come early.
    pub fn alarm(hz: u32, cycles: u32) {
        with(|timer| {
            let elapsed = elapsed(timer);
            let left = PERIOD.load(Ordering::Relaxed).saturating_sub(elapsed);
            if cycles >= left {
                return;
            }
            pass(hz, elapsed);
            restart(timer, cycles);
        });
    }

    /// What [`cycles`](Self::cycles) counts by.
    pub const COUNTER: Counter = Counter::SysTick;

    /// Cycles since start, modulo 2^32, of a core of `hz` cycles a second.
    pub fn cycles(hz: u32) -> u32 {
        with(|timer| {
            let seconds = SECONDS.load(Ordering::Relaxed).wrapping_mul(hz);
            seconds.wrapping_add(CYCLES.load(Ordering::Relaxed)).wrapping_add(elapsed(timer))
        })
    }

    /// Seconds and microseconds since start, as good as the board file's clock figure.
    pub fn now(hz: u32) -> (u32, u32) {
        with(|timer| {
            let cycles = CYCLES.load(Ordering::Relaxed) + elapsed(timer);
            let micros = micros(cycles, hz);
            (SECONDS.load(Ordering::Relaxed).wrapping_add(micros / 1_000_000), micros % 1_000_000)
        })
    }
}

fn with<T>(step: impl FnOnce(&RegisterBlock) -> T) -> T {
    // SAFETY: SysTick is this module's alone, and nothing comes in between while interrupts are masked.
    masked(|| step(unsafe { &*SYST::PTR }))
}

/// Begins a period of `cycles`, from now.
fn restart(timer: &RegisterBlock, cycles: u32) {
    let cycles = cycles.clamp(SHORTEST, LONGEST);
    PERIOD.store(cycles, Ordering::Relaxed);
    // SAFETY: `with`. The second write makes the counter load what the first has set, and does not raise the exception
    // (ARMv7-M Architecture Reference Manual, B3.3.1).
    unsafe {
        timer.rvr.write(cycles - 1);
        timer.cvr.write(0);
    }
}

/// Cycles since the period's start, which may be over with its exception still waiting.
fn elapsed(timer: &RegisterBlock) -> u32 {
    let period = PERIOD.load(Ordering::Relaxed);
    let (mut left, mut over) = (timer.cvr.read(), is_over());
    if over {
        // The end may have come between the two readings.
        left = timer.cvr.read();
    } else if left == 0 {
        // Just started, or about to end: the counter is loaded one cycle later.
        over = is_over();
        left = if over { timer.cvr.read() } else { period - 1 };
    }
    let since = (period - 1).saturating_sub(left);
    if over { since + period } else { since }
}

fn is_over() -> bool {
    // SAFETY: reads a register; reading it changes nothing.
    unsafe { (*SCB::PTR).icsr.read() & PENDSTSET != 0 }
}

/// Adds cycles to the time.
fn pass(hz: u32, cycles: u32) {
    let mut total = CYCLES.load(Ordering::Relaxed) + cycles;
    while total >= hz {
        total -= hz;
        SECONDS.store(SECONDS.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }
    CYCLES.store(total, Ordering::Relaxed);
}
