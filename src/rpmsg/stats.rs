// SPDX-License-Identifier: MIT OR Apache-2.0
//! Counters of a link.
#![forbid(unsafe_code)]

use core::cell::Cell;

use super::receiver::Receiver;
use super::sender::Sender;
use crate::shm::Coherency;
use crate::vring::PeerError;

#[inline(always)]
pub(super) fn count(counter: &Cell<u32>) {
    counter.set(counter.get().wrapping_add(1));
}

/// What happened on a link since the firmware started. Counters wrap at 2^32; those of mistakes stop at 65,535 in
/// each ring.
pub struct Stats<'l, 'm, C> {
    pub(super) sender: &'l Sender<'m, C>,
    pub(super) receiver: &'l Receiver<'m, C>,
}

impl<C: Coherency> Stats<'_, '_, C> {
    /// Messages handed to an endpoint.
    pub fn received(&self) -> u32 {
        self.receiver.received.get()
    }

    /// Messages sent, announcements among them.
    pub fn sent(&self) -> u32 {
        self.sender.sent.get()
    }

    /// Messages for an address that no endpoint has; they were given back.
    pub fn nobody(&self) -> u32 {
        self.receiver.nobody.get()
    }

    /// The address that the last such message was for.
    pub fn last_nobody(&self) -> u32 {
        self.receiver.last_nobody.get()
    }

    /// Name-service announcements that the peer sent.
    pub fn announcements(&self) -> u32 {
        self.receiver.announcements.get()
    }

    /// How often a message had to wait because no transmit buffer was free for its reply.
    pub fn starved(&self) -> u32 {
        self.sender.starved.get()
    }

    /// How often the link came up.
    pub fn attached(&self) -> u32 {
        self.receiver.half.attachments()
    }

    /// Mistakes of the peer of one kind.
    pub fn errors(&self, kind: PeerError) -> u32 {
        self.sender.half.errors(kind) + self.receiver.half.errors(kind)
    }
}
