// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sleep until Linux has something, and silence while it is suspended.
#![forbid(unsafe_code)]

use super::watch::alive;
use crate::arch::cpu::wait_for_interrupt;
use crate::mailbox::mu::{Mailbox, listen_again};

/// Sleeps until Linux kicks or an interrupt came, if only that of the clock: ten times a second on a HiFi4, a hundred on
/// a Cortex-M. Whether Linux kicked is for [`Link::poll`](crate::rpmsg::Link::poll).
///
/// When Linux asks for silence before suspend, this answers and returns when Linux kicks again. So the rings are not to
/// be touched meanwhile, by an interrupt handler either (that of [`Mailbox::on_kick`] is not run), and what was sent is
/// flushed before.
///
/// Not for a critical section: with interrupts masked a Cortex-M sleeps until an interrupt is pending and returns with it
/// pending, a HiFi4 cannot sleep so and returns at once, and neither hears the kick that ends a suspend.
#[must_use = "a kick is to be told to the link"]
pub fn wait(mailbox: &Mailbox) -> bool {
    sleep(mailbox, || false)
}

/// The one place where a program sleeps, which [`watch`](super::watch()) takes for a sign of life: until any interrupt,
/// unless `awake`.
pub(super) fn doze(awake: impl FnOnce() -> bool) {
    alive();
    listen_again();
    wait_for_interrupt(awake);
}

/// As [`wait`], and does not begin to sleep when `awake`.
pub(super) fn sleep(mailbox: &Mailbox, awake: impl FnOnce() -> bool) -> bool {
    doze(|| mailbox.has_signals() || awake());
    // A kick that came along with the wish to suspend is served first: the wish stands until the next call, and one that
    // comes in between makes `suspended` refuse.
    mailbox.take_kick() || (mailbox.suspend_asked() && sleep_through(mailbox))
}

/// Answers Linux's wish to suspend and touches nothing until it kicks; returns that it did.
fn sleep_through(mailbox: &Mailbox) -> bool {
    // What could not be answered now is asked again.
    mailbox.suspended();
    loop {
        doze(|| mailbox.has_signals());
        if mailbox.take_kick() {
            return true;
        }
        if mailbox.suspend_asked() {
            mailbox.suspended();
        }
    }
}
