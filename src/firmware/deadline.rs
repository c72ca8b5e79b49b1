// SPDX-License-Identifier: MIT OR Apache-2.0
//! Waiting for Linux until a time.
#![forbid(unsafe_code)]

use crate::arch::cpu::{Clock, wait_for_interrupt};
use crate::board;
use crate::mailbox::mu::Mailbox;
use crate::rpmsg::{Idle, Wake};

/// A time up to which a link's waiting calls sleep. The core wakes up then, and for each tick of its clock.
///
/// When Linux asks for silence before suspend, [`idle`](Idle::idle) answers and sleeps until Linux kicks again, beyond
/// the time too.
pub struct Deadline<'b> {
    mailbox: &'b Mailbox,
    /// Microseconds since start.
    end: u64,
}

impl<'b> Deadline<'b> {
    /// In `millis` ms from now, as good as the board file's clock figure.
    pub fn after(mailbox: &'b Mailbox, millis: u32) -> Self {
        Self { mailbox, end: now() + u64::from(millis) * 1000 }
    }

    /// Whether the time is over.
    pub fn is_over(&self) -> bool {
        self.left() == 0
    }

    /// Microseconds that are left.
    fn left(&self) -> u64 {
        self.end.saturating_sub(now())
    }
}

/// Microseconds since start.
fn now() -> u64 {
    let (seconds, micros) = Clock::now(board::CLOCK_HZ);
    u64::from(seconds) * 1_000_000 + u64::from(micros)
}

impl Idle for Deadline<'_> {
    fn idle(&mut self) -> Wake {
        let mailbox = self.mailbox;
        // What is longer than a tick needs no alarm, and what is shorter fits.
        let left = self.left().min(1_000_000) as u32;
        Clock::alarm(board::CLOCK_HZ, left.saturating_mul(board::CLOCK_HZ / 1_000_000));
        wait_for_interrupt(|| mailbox.has_signals() || self.is_over());
        // A kick that came along with the wish to suspend is served first: the wish stands until the next call, and one
        // that comes in between makes `suspended` refuse.
        if mailbox.take_kick() || (mailbox.suspend_asked() && sleep_through(mailbox)) {
            Wake::Kicked
        } else if self.is_over() {
            Wake::TimeUp
        } else {
            Wake::Other
        }
    }
}

/// Answers Linux's wish to suspend and touches nothing until it kicks; returns that it did.
fn sleep_through(mailbox: &Mailbox) -> bool {
    // What could not be answered now is asked again.
    mailbox.suspended();
    loop {
        wait_for_interrupt(|| mailbox.has_signals());
        if mailbox.take_kick() {
            return true;
        }
        if mailbox.suspend_asked() {
            mailbox.suspended();
        }
    }
}
