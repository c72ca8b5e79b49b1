// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether the program still comes round to wait. What does not is stopped by the clock's interrupt, with a report.
#![forbid(unsafe_code)]

use core::sync::atomic::{AtomicU32, Ordering};

use crate::arch::cpu::Clock;

/// Milliseconds that a program may be busy; 0 when nobody watches.
static LIMIT: AtomicU32 = AtomicU32::new(0);

/// Interrupts of the clock since the last sign of life. They are counted and not timed, so that a debugger or an emulator
/// that holds up the core does not count.
static MISSED: AtomicU32 = AtomicU32::new(0);

/// Has the firmware stopped, with a report of where it was, when it has given no sign of life for about `millis` ms:
/// 300 at least, as the clock of a HiFi4 ticks ten times a second. 0 ends it; as long as nobody calls this, nothing is
/// watched.
///
/// Signs of life are [`wait`](super::wait), a waiting call of the link with a [`Deadline`](super::Deadline), a round of
/// `run_tasks`, and [`alive`]. The report is like that of an exception, and so is what Linux sees: its next kick fails.
/// A loop with interrupts masked is not found. On a HiFi4, neither is one in an interrupt's handler.
pub fn watch(millis: u32) {
    alive();
    LIMIT.store(if millis == 0 { 0 } else { millis.max(300) }, Ordering::Relaxed);
}

/// A sign of life, for work that takes longer than [`watch`] allows, and for a loop that calls
/// [`wait`](super::wait) only when it has nothing to do: Linux can keep it busy for ever.
#[inline]
pub fn alive() {
    MISSED.store(0, Ordering::Relaxed);
}

/// For the clock's interrupt: the limit, once the program has missed it.
pub(super) fn tick() -> Option<u32> {
    let missed = MISSED.load(Ordering::Relaxed).saturating_add(1);
    MISSED.store(missed, Ordering::Relaxed);
    let limit = LIMIT.load(Ordering::Relaxed);
    (limit != 0 && u64::from(missed) * 1000 > u64::from(limit) * u64::from(Clock::TICK_HZ)).then_some(limit)
}
