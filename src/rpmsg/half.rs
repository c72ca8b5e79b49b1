// SPDX-License-Identifier: MIT OR Apache-2.0
//! One ring of a link: whether it is attached, and what the peer did wrong in it.
#![forbid(unsafe_code)]

use core::cell::Cell;
use core::task::Waker;

use super::life::Event;
use crate::mailbox::Doorbell;
use crate::shm::{Coherency, Shm};
use crate::vring::{AttachError, DeviceRing, MAX_NUM, PeerError, RingAddress};

/// Where the ring addresses came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From the resource table, which Linux keeps current (`imx_dsp_rproc` after 6.1).
    Table,
    /// From the board file: Linux kicked without ever having written the table.
    Board,
    /// From the [`Note`](super::Note) of the firmware that ran before, whose rings go on (resume from suspend).
    Note,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Waiting for Linux's driver.
    Detached,
    /// Up.
    Ready(Origin),
    /// The ring was not to be trusted: waiting for Linux to reset it.
    Broken(Origin),
}

/// A ring, the memory that it and its buffers lie in, and its part in the life of the link.
pub(super) struct Half<'m, C> {
    pub(super) shm: Shm<'m, C>,
    pub(super) ring: DeviceRing<'m>,
    /// Which ring of the vdev: 0 or 1.
    pub(super) index: u8,
    pub(super) phase: Cell<Phase>,
    /// The number of the attachment, so that what outlives one is not given to the next; 0 while the ring is
    /// not to be used.
    epoch: Cell<u32>,
    attachments: Cell<u32>,
    /// What its kicks carry.
    pub(super) notifyid: Cell<u32>,
    errors: [Cell<u16>; PeerError::ALL.len()],
    /// How many more bad items are passed over before the caller gets a turn.
    patience: Cell<u16>,
    /// The task that is woken at the next mistake in the ring, whichever call finds it: `poll` may have something to say
    /// then, and Linux may never kick for this ring again.
    follower: Cell<Option<Waker>>,
    /// Whether the peer did something wrong in this attachment.
    is_suspect: Cell<bool>,
    /// Whether the last event of the ring was that it is stuck.
    is_stuck: Cell<bool>,
}

impl<'m, C: Coherency> Half<'m, C> {
    pub(super) fn new(shm: Shm<'m, C>, index: u8) -> Self {
        Self {
            shm,
            ring: DeviceRing::new(),
            index,
            phase: Cell::new(Phase::Detached),
            epoch: Cell::new(0),
            attachments: Cell::new(0),
            notifyid: Cell::new(index.into()),
            errors: Default::default(),
            patience: Cell::new(MAX_NUM),
            follower: Cell::new(None),
            is_suspect: Cell::new(false),
            is_stuck: Cell::new(false),
        }
    }

    /// Starts on the ring and returns how many buffers it says were used before.
    #[inline(never)]
    pub(super) fn attach(&self, address: RingAddress, notifyid: u32, origin: Origin) -> Result<u16, AttachError> {
        let history = self.ring.attach(&self.shm, address)?;
        // Not 0, which is no attachment's number.
        let epoch = self.attachments.get().wrapping_add(1).max(1);
        self.attachments.set(epoch);
        self.epoch.set(epoch);
        self.notifyid.set(notifyid);
        self.is_suspect.set(false);
        self.is_stuck.set(false);
        self.phase.set(Phase::Ready(origin));
        Ok(history)
    }

    /// Lets go of the ring: whoever still holds one of its buffers holds nothing any more.
    #[inline(never)]
    pub(super) fn detach(&self) {
        self.epoch.set(0);
        self.ring.detach();
        self.phase.set(Phase::Detached);
    }

    /// The number of the attachment; 0 while the ring is not to be used.
    #[inline(always)]
    pub(super) fn epoch(&self) -> u32 {
        self.epoch.get()
    }

    /// How often the ring was attached.
    pub(super) fn attachments(&self) -> u32 {
        self.attachments.get()
    }

    /// Whether the attachment `epoch` goes on.
    #[inline(always)]
    pub(super) fn is_current(&self, epoch: u32) -> bool {
        self.epoch.get() == epoch
    }

    /// Whether attachment `epoch` goes on in memory too: Linux may have set up the ring anew since the last
    /// `poll`, and what we hold of the old one must not show up in the new one.
    #[inline(always)]
    pub(super) fn lends(&self, epoch: u32) -> bool {
        self.is_current(epoch) && self.ring.is_marked(&self.shm)
    }

    /// Whether what was attached was found not to be trusted.
    pub(super) fn is_distrusted(&self) -> bool {
        matches!(self.phase.get(), Phase::Ready(_)) && self.epoch.get() == 0
    }

    /// Whether the ring broke or got stuck and `poll` has not said so yet. Linux may never kick for it again.
    pub(super) fn has_failed(&self) -> bool {
        self.is_distrusted() || (self.is_suspect() && self.has_got_stuck())
    }

    #[cold]
    #[inline(never)]
    fn has_got_stuck(&self) -> bool {
        self.epoch.get() != 0 && !self.is_stuck.get() && self.ring.is_stuck(&self.shm)
    }

    /// Does not use the ring until Linux resets it.
    pub(super) fn distrust(&self) {
        self.epoch.set(0);
        if let Phase::Ready(origin) = self.phase.get() {
            self.phase.set(Phase::Broken(origin));
        }
    }

    pub(super) fn errors(&self, kind: PeerError) -> u32 {
        self.errors[kind as usize].get().into()
    }

    /// Counts a mistake. After a fatal one the ring is not used any more.
    pub(super) fn mistake(&self, error: PeerError) {
        let counter = &self.errors[error as usize];
        counter.set(counter.get().saturating_add(1));
        self.is_suspect.set(true);
        if error.is_fatal() {
            self.epoch.set(0);
        }
        // Taken out before it is called: it is foreign code, and may come back here.
        self.follower.take().into_iter().for_each(Waker::wake);
    }

    /// Has `follower` woken, once, at the next mistake.
    pub(super) fn follow(&self, follower: Option<Waker>) {
        drop(self.follower.replace(follower));
    }

    /// Allows another ring of bad items to be passed over.
    pub(super) fn refresh(&self) {
        self.patience.set(MAX_NUM);
    }

    /// Uses up patience; `false` when there is none left.
    pub(super) fn bear(&self) -> bool {
        let left = self.patience.get();
        self.patience.set(left.saturating_sub(1));
        left > 0
    }

    /// Whether the ring may have got stuck, or unstuck: see [`change`](Self::change).
    #[inline(always)]
    pub(super) fn is_suspect(&self) -> bool {
        self.is_suspect.get()
    }

    /// The event that the ring got stuck, or that it is not stuck any more; once each.
    #[cold]
    #[inline(never)]
    pub(super) fn change(&self) -> Option<Event> {
        if self.epoch.get() == 0 || !self.is_suspect.get() {
            return None;
        }
        let is_stuck = self.ring.is_stuck(&self.shm);
        let index = self.index.into();
        (self.is_stuck.replace(is_stuck) != is_stuck).then_some(if is_stuck {
            Event::Stuck(index)
        } else {
            Event::Moving(index)
        })
    }

    /// Kicks Linux for what was given back since the last call, where it wants to know.
    #[inline(always)]
    pub(super) fn flush(&self, doorbell: &impl Doorbell) {
        if self.ring.take_kick(&self.shm) {
            doorbell.kick(self.notifyid.get());
        }
    }

    /// Whether there is an entry to take.
    #[inline(always)]
    pub(super) fn has_lent(&self) -> bool {
        match self.ring.look(&self.shm) {
            Ok(lent) => lent,
            Err(error) => self.pass_over(error),
        }
    }

    /// Counts a mistake; whether to go on behind it. (Small, so that nothing of the good case is in memory for it.)
    #[cold]
    #[inline(never)]
    pub(super) fn pass_over(&self, error: PeerError) -> bool {
        self.mistake(error);
        !error.is_fatal() && self.bear()
    }
}
