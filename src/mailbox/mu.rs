// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Messaging Unit of the board, over the C shim.
//!
//! A kick is the notifyid shifted by the board's `kick_shift` (`imx_dsp_rproc_kick`, `imx_rproc_kick`). In
//! `drivers/remoteproc/imx_dsp_rproc.c` alone, 0xff11 asks the firmware to become quiet before suspend, and 0xff12 says
//! that it is.
#![allow(unsafe_code)]

use core::cell::UnsafeCell;
use core::convert::Infallible;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use core::task::{Context, Poll, Waker};

use super::listeners::Listeners;
use super::{Doorbell, Seen};
use crate::arch::cpu::masked;
use crate::board;

const SUSPEND: u32 = 0xff11;
const SUSPEND_ACK: u32 = 0xff12;

/// What arrived since it was last asked for. Set by the interrupt handler, cleared before the rings are
/// looked at, so that a kick in between is seen at the latest by the next look. No read-modify-write:
/// the core has none that is safe on this bus.
static KICKED: AtomicBool = AtomicBool::new(false);
static SUSPENDING: AtomicBool = AtomicBool::new(false);
static WORDS: AtomicU32 = AtomicU32::new(0);

/// How many kicks came since the start. Each follower remembers the number it has seen, so that none takes a kick from
/// another. 0 only before the first.
static KICKS: AtomicU32 = AtomicU32::new(0);

/// A kick that waits until Linux has taken the word before it, and whether there is one.
static KICK: AtomicU32 = AtomicU32::new(0);
static KICK_WAITS: AtomicBool = AtomicBool::new(false);

/// Whether a kick came when there was no handler to be run for it.
static UNHANDLED: AtomicBool = AtomicBool::new(false);

/// Whether Linux has been told that the firmware runs.
static RUNG: AtomicBool = AtomicBool::new(false);

/// How many tasks, such as one for each link, may await the mailbox at a time. With more, the one that has waited longest
/// is woken to make room and waits again: none misses a kick, but the tasks keep the core busy.
pub const LISTENERS: usize = 4;

/// The tasks that are woken by a word from Linux.
static WAITING: Shared<Listeners<LISTENERS>> = Shared(UnsafeCell::new(Listeners::new()));

/// Something that the interrupt handler uses too.
struct Shared<T>(UnsafeCell<T>);

// SAFETY: one core, and `with` masks interrupts.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// Calls `step`, which must call neither foreign code nor this function.
    fn with<R>(&self, step: impl FnOnce(&mut T) -> R) -> R {
        masked(|| {
            // SAFETY: nothing else runs, and `step` does not come back here.
            step(unsafe { &mut *self.0.get() })
        })
    }
}

/// What is run for a kick. Not in its place while it runs, so that it is never entered again from within.
static HANDLER: Shared<Option<&'static mut (dyn FnMut() + Send)>> = Shared(UnsafeCell::new(None));

/// Puts a handler into its place and returns the one that was there.
fn replace_handler(handler: Option<&'static mut (dyn FnMut() + Send)>) -> Option<&'static mut (dyn FnMut() + Send)> {
    HANDLER.with(|place| core::mem::replace(place, handler))
}

/// Runs what [`Mailbox::on_kick`] was given, if anything. To be called with interrupts masked.
fn handle_kick() -> bool {
    let Some(handler) = replace_handler(None) else { return false };
    handler();
    let newer = replace_handler(Some(handler));
    if newer.is_some() {
        replace_handler(newer);
    }
    true
}

const BASE: u32 = board::MU_BASE as u32;

mod shim {
    unsafe extern "C" {
        pub(super) fn mu_reset(base: u32);
        pub(super) fn mu_listen(base: u32, channel: u32);
        pub(super) fn mu_silence(base: u32);
        pub(super) fn mu_has_word(base: u32, channel: u32) -> u32;
        pub(super) fn mu_take_word(base: u32, channel: u32) -> u32;
        pub(super) fn mu_can_send(base: u32, channel: u32) -> u32;
        pub(super) fn mu_await_sent(base: u32, channel: u32, wait: u32);
        #[cfg(feature = "shell")]
        pub(super) fn mu_receive_status(base: u32) -> u32;
        #[cfg(feature = "shell")]
        pub(super) fn mu_transmit_status(base: u32) -> u32;
        pub(super) fn mu_send(base: u32, channel: u32, word: u32);
        pub(super) fn mu_ring(base: u32, channel: u32);
    }
}

/// What Linux wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// The rings have news.
    pub kicked: bool,
    /// Linux is about to suspend and waits up to 100 ms for [`Mailbox::suspended`].
    pub suspend: bool,
}

/// The unit's state, for people to look at.
#[cfg(feature = "shell")]
#[derive(Clone, Copy, Debug)]
pub struct Status {
    /// The register that says what has arrived (SR, RSR).
    pub receive: u32,
    /// The register that says what Linux has taken (SR, TSR).
    pub transmit: u32,
    /// Whether a kick waits for that.
    pub kick_waits: bool,
}

/// The channel to Linux. There is one; the start-up code makes it.
pub struct Mailbox(());

impl Mailbox {
    /// Brings the unit into a known state and listens. Stopping the core does not reset the unit, so an
    /// earlier firmware may have left anything in it. `kicked` says that a kick may be lost with that: after a suspend
    /// there is one, which Linux sends without waiting for this.
    ///
    /// # Safety
    ///
    /// To be called once, with interrupts masked.
    pub(crate) unsafe fn new(kicked: bool) -> Self {
        // SAFETY: BASE is the unit of this board, which nobody else uses.
        unsafe {
            shim::mu_reset(BASE);
            shim::mu_listen(BASE, board::MU_CHANNEL);
        }
        KICKED.store(kicked, Ordering::SeqCst);
        KICKS.store(kicked.into(), Ordering::SeqCst);
        UNHANDLED.store(kicked, Ordering::SeqCst);
        Self(())
    }

    /// Tells Linux that the firmware runs (`imx_dsp_rproc_rxdb_callback`; `imx_rproc` does not wait for it).
    pub fn ready(&self) {
        ring();
    }

    /// Takes what arrived since the last call, for a loop that never sleeps: [`wait`](crate::firmware::wait),
    /// [`Deadline`](crate::firmware::Deadline) and `run_tasks` answer the wish to suspend themselves. A kick that comes between the two is not in [`Signals::kicked`], and
    /// [`suspended`](Self::suspended) sees it.
    pub fn signals(&self) -> Signals {
        listen_again();
        Signals { kicked: self.take_kick(), suspend: self.suspend_asked() }
    }

    /// Whether [`signals`](Self::signals) would say something.
    pub fn has_signals(&self) -> bool {
        KICKED.load(Ordering::Relaxed) || SUSPENDING.load(Ordering::Relaxed)
    }

    /// Whether a kick waits to be taken.
    pub fn has_kick(&self) -> bool {
        KICKED.load(Ordering::Relaxed)
    }

    /// Takes the kicks that came since they were last taken; whether there were any. [`Signals::suspend`] is left, and so
    /// is what tasks await: each follower of a link is told of every kick.
    pub fn take_kick(&self) -> bool {
        let kicked = KICKED.load(Ordering::SeqCst);
        if kicked {
            KICKED.store(false, Ordering::SeqCst);
        }
        kicked
    }

    /// Takes the wish to suspend alone, beside [`take_kick`](Self::take_kick).
    pub fn suspend_asked(&self) -> bool {
        let asked = SUSPENDING.load(Ordering::Relaxed);
        if asked {
            SUSPENDING.store(false, Ordering::SeqCst);
        }
        asked
    }

    /// Answers [`Signals::suspend`]: the firmware will touch no shared memory until the next kick.
    ///
    /// `false`, and the signal stands again, while there is something to do first: a kick that was not taken
    /// ([`take_kick`](Self::take_kick)) is to be served, or Linux has not taken all words of ours.
    pub fn suspended(&self) -> bool {
        // One step with the interrupt handler, which may take a kick, or send one that waits.
        masked(|| {
            let first = KICKED.load(Ordering::Relaxed) || KICK_WAITS.load(Ordering::Relaxed);
            let sent = !first && send(SUSPEND_ACK);
            if !sent {
                SUSPENDING.store(true, Ordering::Relaxed);
            }
            sent
        })
    }

    /// Runs `main` for good, and `handler` in the mailbox's interrupt handler after each kick from then on, so that
    /// the two can own a half of a link each. A kick is told to both: [`signals`](Self::signals) and its like know
    /// nothing of the handler, which is not run for [`Signals::suspend`]. For kicks that came before, it is run once, as
    /// by [`handle_again`](Self::handle_again), before `main` begins.
    ///
    /// While it runs, no other interrupt is served but a Cortex-M's clock, and no word is taken: Linux gives up on a
    /// word that is not taken within 100 ms. It may end early and be run again from `main`
    /// ([`handle_again`](Self::handle_again)). It uses the stack that was interrupted. A handler that was given earlier is
    /// not run any more.
    pub fn on_kick(&self, handler: &mut (dyn FnMut() + Send), main: impl FnOnce() -> Infallible) -> ! {
        // SAFETY: only the lifetimes are made longer. `main` never returns and a panic does not unwind (profile,
        // firmware::exception), so the loan of `handler` has no end and no frame below this one goes.
        let handler =
            unsafe { core::mem::transmute::<&mut (dyn FnMut() + Send), &'static mut (dyn FnMut() + Send)>(handler) };
        masked(|| {
            replace_handler(Some(handler));
            if UNHANDLED.load(Ordering::Relaxed) {
                UNHANDLED.store(false, Ordering::Relaxed);
                handle_kick();
            }
        });
        match main() {}
    }

    /// Runs the handler of [`on_kick`](Self::on_kick) once, with interrupts masked: for what it has left undone. Within
    /// the handler it does nothing.
    pub fn handle_again(&self) {
        masked(|| {
            handle_kick();
        });
    }

    /// The unit's state.
    #[cfg(feature = "shell")]
    pub fn status(&self) -> Status {
        // SAFETY: as in `new`; reading these registers changes nothing.
        let (receive, transmit) = unsafe { (shim::mu_receive_status(BASE), shim::mu_transmit_status(BASE)) };
        Status { receive, transmit, kick_waits: KICK_WAITS.load(Ordering::Relaxed) }
    }

    /// Words received since start; wraps.
    pub fn words(&self) -> u32 {
        WORDS.load(Ordering::Relaxed)
    }
}

impl super::Signals for Mailbox {
    /// For up to [`LISTENERS`] tasks. It takes neither kicks nor [`Signals::suspend`]: both are for the owner of the
    /// executor, which calls [`Mailbox::take_kick`] before it runs the tasks, and [`Mailbox::suspend_asked`]. The wakers
    /// are called in the interrupt handler, also when Linux asks to suspend.
    fn poll_signals(&self, seen: &mut Seen, context: &mut Context<'_>) -> Poll<bool> {
        let waker = context.waker().clone();
        if let Ok(Some(displaced)) = WAITING.with(|waiting| waiting.add(waker)) {
            displaced.wake();
        }
        // After the waker has its place, so that a kick between the two is not missed.
        if seen.is_news(KICKS.load(Ordering::SeqCst)) { Poll::Ready(true) } else { Poll::Pending }
    }
}

fn send(word: u32) -> bool {
    // SAFETY: as in `new`.
    unsafe {
        let free = shim::mu_can_send(BASE, board::MU_CHANNEL) != 0;
        if free {
            shim::mu_send(BASE, board::MU_CHANNEL, word);
        }
        free
    }
}

impl Doorbell for Mailbox {
    /// While Linux has not taken the last word the kick waits, and the interrupt handler sends it. It may
    /// replace an older one that waits: Linux looks at both rings at any word (`imx_dsp_rproc_vq_work`,
    /// `imx_rproc_vq_work`).
    /// Leaving it out would not do: that Linux has taken a word shows here later than what it then did
    /// to the rings.
    fn kick(&self, vqid: u32) {
        let word = vqid << board::KICK_SHIFT;
        // One step with the handler, which may be sending the kick that waits.
        masked(|| {
            let waits = KICK_WAITS.load(Ordering::Relaxed);
            if !waits && send(word) {
                return;
            }
            KICK.store(word, Ordering::Relaxed);
            if !waits {
                KICK_WAITS.store(true, Ordering::Relaxed);
                // SAFETY: as in `new`.
                unsafe { shim::mu_await_sent(BASE, board::MU_CHANNEL, 1) };
            }
        });
    }
}

/// The unit's interrupt handler: takes every word at once, because Linux waits no longer than 100 ms
/// for that (`tx_tout` in `imx_dsp_rproc_mbox_alloc` and `imx_rproc_xtr_mbox_init`), and sends the kick that waited.
pub(crate) fn on_interrupt() {
    let (mut news, mut kicked) = (false, false);
    // SAFETY: as in `new`.
    while unsafe { shim::mu_has_word(BASE, board::MU_CHANNEL) } != 0 {
        // SAFETY: as in `new`.
        let word = unsafe { shim::mu_take_word(BASE, board::MU_CHANNEL) };
        WORDS.store(WORDS.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        match word {
            SUSPEND => SUSPENDING.store(true, Ordering::SeqCst),
            _ => {
                KICKED.store(true, Ordering::SeqCst);
                KICKS.store(KICKS.load(Ordering::Relaxed).wrapping_add(1).max(1), Ordering::SeqCst);
                kicked = true;
            }
        }
        news = true;
    }
    let waits = KICK_WAITS.load(Ordering::Relaxed);
    let sent = waits && send(KICK.load(Ordering::Relaxed));
    if sent {
        KICK_WAITS.store(false, Ordering::SeqCst);
    }
    // An interrupt of no word and no kick that waits would come for ever.
    if sent || !(waits || news) {
        // SAFETY: as in `new`.
        unsafe { shim::mu_await_sent(BASE, board::MU_CHANNEL, 0) };
    }
    if news {
        WAITING.with(Listeners::take).into_iter().flatten().for_each(Waker::wake);
    }
    if kicked && !handle_kick() {
        UNHANDLED.store(true, Ordering::Relaxed);
    }
}

fn ring() {
    // One step with the interrupt handler: on MU version 1 the request shares a register with what both enable.
    //
    // SAFETY: as in `new`.
    masked(|| unsafe { shim::mu_ring(BASE, board::MU_CHANNEL) });
    RUNG.store(true, Ordering::Relaxed);
}

/// Calls [`Mailbox::ready`] for a firmware that has died, unless that was done: without it `imx_dsp_rproc` takes the log
/// away, and nobody can read the report.
pub(crate) fn ring_if_unrung() {
    if !RUNG.load(Ordering::Relaxed) {
        ring();
    }
}

/// Listens again as long as no word has come at all: a core that U-Boot started may have written to a unit whose clock was
/// still off, and such a write is lost. To be called again and again until then; otherwise it changes nothing.
pub(crate) fn listen_again() {
    if WORDS.load(Ordering::Relaxed) != 0 {
        return;
    }
    // One step with the interrupt handler and with `kick`, which write the same registers.
    masked(|| {
        let waits = KICK_WAITS.load(Ordering::Relaxed);
        // SAFETY: as in `new`.
        unsafe {
            shim::mu_listen(BASE, board::MU_CHANNEL);
            if waits {
                shim::mu_await_sent(BASE, board::MU_CHANNEL, 1);
            }
        }
    });
}

/// Stops listening for good. Linux sees it: its next word is not taken, and its kicks fail with -62
/// ("imx_dsp_rproc_kick: failed", "imx_rproc_kick: failed").
pub(crate) fn silence() {
    // SAFETY: as in `new`.
    unsafe { shim::mu_silence(BASE) }
}
