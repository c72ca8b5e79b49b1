// SPDX-License-Identifier: MIT OR Apache-2.0
//! Waiting for Linux until a time.
#![forbid(unsafe_code)]

use super::wait::sleep;
use super::watch::alive;
use crate::arch::cpu::Clock;
use crate::board;
use crate::mailbox::mu::Mailbox;
use crate::rpmsg::{Idle, Wake};

/// A time up to which a link's waiting calls sleep, or none. The core wakes up then, and for each tick of its clock.
///
/// When Linux asks for silence before suspend, [`idle`](Idle::idle) answers and sleeps until Linux kicks again, beyond
/// the time too.
pub struct Deadline<'b> {
    mailbox: &'b Mailbox,
    /// Microseconds since start.
    end: u64,
    /// Whether the last [`idle`](Idle::idle) began when it was over.
    was_over: bool,
}

impl<'b> Deadline<'b> {
    /// In `millis` ms from now, as good as the board file's clock figure.
    pub fn after(mailbox: &'b Mailbox, millis: u32) -> Self {
        Self { mailbox, end: now() + u64::from(millis) * 1000, was_over: false }
    }

    /// A time that never comes: calls sleep until there is what they wait for.
    pub fn never(mailbox: &'b Mailbox) -> Self {
        Self { mailbox, end: u64::MAX, was_over: false }
    }

    /// Moves the time on by `millis` ms from what it was, so that a period is not late by the work in it; by a whole
    /// number of such steps, at least one, to the first that is still to come.
    pub fn then(&mut self, millis: u32) {
        let step = u64::from(millis.max(1)) * 1000;
        let late = now().saturating_sub(self.end);
        self.end = self.end.saturating_add((late / step + 1) * step);
    }

    /// The time, by the clock that [`now`] tells; `u64::MAX` when it never comes.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Whether the time is over. To be asked where messages may come without end: a call that waits returns one that is
    /// there without a look at the time.
    pub fn is_over(&self) -> bool {
        self.left() == 0
    }

    /// Microseconds that are left.
    fn left(&self) -> u64 {
        self.end.saturating_sub(now())
    }
}

/// Microseconds since start, as good as the board file's clock figure. Not for an interrupt handler that masks longer
/// than a tick: the clock counts ticks.
pub fn now() -> u64 {
    let (seconds, micros) = Clock::now(board::CLOCK_HZ);
    u64::from(seconds) * 1_000_000 + u64::from(micros)
}

impl Idle for Deadline<'_> {
    fn called(&mut self) {
        alive();
    }

    fn was_over(&self) -> bool {
        self.was_over
    }

    fn idle(&mut self) -> Wake {
        let mailbox = self.mailbox;
        // What is longer than a tick needs no alarm, and what is shorter fits.
        let left = self.left().min(1_000_000) as u32;
        self.was_over = left == 0;
        Clock::alarm(board::CLOCK_HZ, left.saturating_mul(board::CLOCK_HZ / 1_000_000));
        if sleep(mailbox, || self.is_over()) {
            Wake::Kicked
        } else if self.is_over() {
            Wake::TimeUp
        } else {
            Wake::Other
        }
    }
}
