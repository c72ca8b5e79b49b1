// SPDX-License-Identifier: MIT OR Apache-2.0
//! As many tasks as may await the mailbox at a time: each is told of every kick, and is woken by the next.

use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, RawWaker, RawWakerVTable, Waker};

use imx_rpmsg::firmware::wait;
use imx_rpmsg::mailbox::mu::{LISTENERS, Mailbox};
use imx_rpmsg::mailbox::{Seen, Signals};

use super::cpu;

/// Which tasks were woken.
static WOKEN: [AtomicBool; LISTENERS] = [const { AtomicBool::new(false) }; LISTENERS];

/// For wakers whose data points to one of `WOKEN`; they own nothing else.
static WAKERS: RawWakerVTable = RawWakerVTable::new(|data| RawWaker::new(data, &WAKERS), mark, mark, |_| {});

/// # Safety
///
/// `data` is that of a waker made with `WAKERS`.
unsafe fn mark(data: *const ()) {
    // SAFETY: the data of such a waker points to one of WOKEN.
    unsafe { &*data.cast::<AtomicBool>() }.store(true, Ordering::Relaxed);
}

/// How many of the tasks are told of the kicks so far, how many are told once more, and how many were woken by that.
pub fn ask(mailbox: &Mailbox) -> [usize; 3] {
    let mut seen: [Seen; LISTENERS] = core::array::from_fn(|_| Seen::default());
    let mut ask = || {
        let is_ready = |(woken, seen): (&AtomicBool, &mut Seen)| {
            // SAFETY: the data points to one of WOKEN, as the functions of WAKERS expect.
            let waker = unsafe { Waker::new(core::ptr::from_ref(woken).cast(), &WAKERS) };
            mailbox.poll_signals(seen, &mut Context::from_waker(&waker)).is_ready()
        };
        WOKEN.iter().zip(&mut seen).map(is_ready).filter(|ready| *ready).count()
    };
    // No kick comes in between.
    cpu::masked(|| [ask(), ask(), woken()])
}

/// Waits until the next kick, which may be that of this command, has woken all of them.
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
