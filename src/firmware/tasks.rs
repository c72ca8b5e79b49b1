// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tasks of embassy-executor on the bare core.
#![allow(unsafe_code)]

use embassy_executor::Spawner;
use embassy_executor::raw::Executor;
use static_cell::StaticCell;

use super::wait::doze;
use super::{wake, wakes};
use crate::mailbox::mu::Mailbox;

/// Starts tasks by `start` and runs them for good; the core sleeps while there is nothing to do. When Linux asks for
/// silence before suspend, no task runs until it kicks again. Each link needs a task that follows it
/// ([`AsyncLink::run`](crate::rpmsg::AsyncLink::run)); all of these may await the one mailbox.
///
/// # Panics
///
/// When it is called again.
pub fn run_tasks(mailbox: &Mailbox, start: impl FnOnce(Spawner)) -> ! {
    static EXECUTOR: StaticCell<Executor> = StaticCell::new();
    let executor: &'static Executor = EXECUTOR.init(Executor::new(core::ptr::null_mut()));
    start(executor.spawner());
    let mut quiet = false;
    loop {
        let seen = wakes();
        // Before the tasks run: the kick has woken all tasks that await one, and they see it when they run.
        quiet &= !mailbox.take_kick();
        if !quiet {
            // SAFETY: called here alone, so never from within itself, and `pender` was told of no other executor.
            unsafe { executor.poll() };
        }
        if mailbox.suspend_asked() {
            quiet = mailbox.suspended();
        }
        // A task that is to run has raised the count of wakes; what the mailbox has wakes the core without a task too.
        doze(|| wakes() != seen || mailbox.has_signals());
    }
}

/// Called by the executor, from tasks and interrupt handlers, when it is to be polled again.
// SAFETY: the one definition of the symbol that embassy-executor declares, with its signature.
#[unsafe(export_name = "__pender")]
fn pender(_context: *mut ()) {
    wake();
}
