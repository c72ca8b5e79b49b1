// SPDX-License-Identifier: MIT OR Apache-2.0
//! As many tasks as may await the mailbox at a time: each hears of every kick, and is woken by the next.

use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, RawWaker, RawWakerVTable, Waker};

use imx_rpmsg::firmware::wait;
use imx_rpmsg::mailbox::mu::{LISTENERS, Mailbox};
use imx_rpmsg::mailbox::{Seen, Signals};

use super::cpu;

/// Which tasks were woken.
static WOKEN: [AtomicBool; LISTENERS] = [const { AtomicBool::new(false) }; LISTENERS];

/// Of wakers whose data is one of `WOKEN`, which is all that they own.
static WAKERS: RawWakerVTable = RawWakerVTable::new(|data| RawWaker::new(data, &WAKERS), mark, mark, |_| {});

/// # Safety
///
/// `data` is a waker's of `WAKERS`.
unsafe fn mark(data: *const ()) {
    // SAFETY: the caller's: it is one of WOKEN.
    unsafe { &*data.cast::<AtomicBool>() }.store(true, Ordering::Relaxed);
}

/// How many of the tasks hear of the kicks so far, how many of them do again, and how many were woken by that.
pub fn ask(mailbox: &Mailbox) -> [usize; 3] {
    let mut seen: [Seen; LISTENERS] = core::array::from_fn(|_| Seen::default());
    let mut ask = || {
        let is_ready = |(woken, seen): (&AtomicBool, &mut Seen)| {
            // SAFETY: the data is one of WOKEN, which is what WAKERS are for.
            let waker = unsafe { Waker::new(core::ptr::from_ref(woken).cast(), &WAKERS) };
            mailbox.poll_signals(seen, &mut Context::from_waker(&waker)).is_ready()
        };
        WOKEN.iter().zip(&mut seen).map(is_ready).filter(|ready| *ready).count()
    };
    // No kick comes in between.
    cpu::masked(|| [ask(), ask(), woken()])
}

/// Waits until the next kick, be it that of this command, has woken all of them.
pub fn await_woken(mailbox: &Mailbox) -> usize {
    while woken() != LISTENERS {
        // The rings are looked at whether or not there was a kick.
        let _ = wait(mailbox);
    }
    woken()
}

fn woken() -> usize {
    WOKEN.iter().filter(|woken| woken.load(Ordering::Relaxed)).count()
}
