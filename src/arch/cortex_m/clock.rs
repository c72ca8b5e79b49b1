// SPDX-License-Identifier: MIT OR Apache-2.0
//! Time by SysTick, which every Cortex-M of i.MX has; the cycle counter of the debug unit may be off.

use ::cortex_m::peripheral::syst::RegisterBlock;
use ::cortex_m::peripheral::{SCB, SYST};
use core::sync::atomic::{AtomicU32, Ordering};

use super::super::{Counter, micros};
use super::masked;

/// CSR: the core's clock, exception and counter on (ARMv7-M Architecture Reference Manual, B3.3.3).
const RUN: u32 = 1 << 2 | 1 << 1 | 1;

/// What the counter can count.
const LONGEST: u32 = 1 << 24;

/// Shorter periods would be over before the counter has been started.
const SHORTEST: u32 = 1 << 8;

/// ICSR.PENDSTSET: SysTick's exception waits (ARMv7-M Architecture Reference Manual, B3.2.4).
const PENDSTSET: u32 = 1 << 26;

/// Looks at the counter until it has loaded what was set: it takes one of its clocks, which is the core's.
const LOOKS: u32 = 1 << 8;

/// Time up to the start of the counter's period: seconds, and cycles of the next. Cycles of the period, which is one of a
/// tick or a shorter one up to an alarm; the period behind it is always one of a tick, so that the alarm's exception may
/// come late. All are only used with interrupts masked.
static SECONDS: AtomicU32 = AtomicU32::new(0);
static CYCLES: AtomicU32 = AtomicU32::new(0);
static PERIOD: AtomicU32 = AtomicU32::new(0);

/// The core's timer as a clock. SysTick's exception handler is [`Clock::tick`].
pub struct Clock;

impl Clock {
    /// Ticks a second, so that a tick fits the counter's 24 bits up to 1.6 GHz.
    pub const TICK_HZ: u32 = 100;

    /// Starts the ticks, for a core of `hz` cycles a second.
    pub fn start(hz: u32) {
        with(|timer| {
            restart(timer, tick_of(hz));
            // SAFETY: `with`.
            unsafe { timer.csr.write(RUN) };
        });
    }

    /// Counts the period that is over; one of a tick has begun: SysTick's exception handler.
    pub fn tick(hz: u32) {
        with(|_| {
            pass(hz, PERIOD.load(Ordering::Relaxed));
            PERIOD.store(tick_of(hz), Ordering::Relaxed);
        });
    }

    /// Asks for an interrupt after `cycles` too, when that is before the next tick. It may come early.
    pub fn alarm(hz: u32, cycles: u32) {
        with(|timer| {
            let elapsed = elapsed(timer, hz);
            let left = PERIOD.load(Ordering::Relaxed).saturating_sub(elapsed);
            if cycles >= left {
                return;
            }
            pass(hz, elapsed);
            restart(timer, cycles);
            if (0..LOOKS).all(|_| timer.cvr.read() == 0) {
                // Not loaded yet, so that it will be the next line's.
                PERIOD.store(tick_of(hz), Ordering::Relaxed);
            }
            // SAFETY: `with`. For the next period: the counter goes on with this one.
            unsafe { timer.rvr.write(tick_of(hz) - 1) };
        });
    }

    /// What [`cycles`](Self::cycles) counts by.
    pub const COUNTER: Counter = Counter::SysTick;

    /// Cycles since start, modulo 2^32, of a core of `hz` cycles a second.
    pub fn cycles(hz: u32) -> u32 {
        with(|timer| {
            let seconds = SECONDS.load(Ordering::Relaxed).wrapping_mul(hz);
            seconds.wrapping_add(CYCLES.load(Ordering::Relaxed)).wrapping_add(elapsed(timer, hz))
        })
    }

    /// Seconds and microseconds since start, as good as the board file's clock figure.
    pub fn now(hz: u32) -> (u32, u32) {
        with(|timer| {
            let cycles = CYCLES.load(Ordering::Relaxed) + elapsed(timer, hz);
            let micros = micros(cycles, hz);
            (SECONDS.load(Ordering::Relaxed).wrapping_add(micros / 1_000_000), micros % 1_000_000)
        })
    }
}

fn with<T>(step: impl FnOnce(&RegisterBlock) -> T) -> T {
    // SAFETY: SysTick is this module's alone, and nothing comes in between while interrupts are masked.
    masked(|| step(unsafe { &*SYST::PTR }))
}

/// Cycles of a tick.
fn tick_of(hz: u32) -> u32 {
    (hz / Clock::TICK_HZ).clamp(SHORTEST, LONGEST)
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
    // The period of before may have ended meanwhile: what is to be counted of it the caller has.
    SCB::clear_pendst();
}

/// Cycles since the period's start, which may be over with its exception still waiting.
fn elapsed(timer: &RegisterBlock, hz: u32) -> u32 {
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
    if over { period + (tick_of(hz) - 1).saturating_sub(left) } else { (period - 1).saturating_sub(left) }
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
