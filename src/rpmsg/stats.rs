// SPDX-License-Identifier: MIT OR Apache-2.0
//! Counters of a link.
#![forbid(unsafe_code)]

use core::cell::Cell;

use crate::vring::PeerError;

/// What happened on a link since the firmware started; every counter wraps at 2^32.
#[derive(Default)]
pub struct Stats {
    pub(super) received: Cell<u32>,
    pub(super) sent: Cell<u32>,
    pub(super) nobody: Cell<u32>,
    pub(super) last_nobody: Cell<u32>,
    pub(super) announcements: Cell<u32>,
    pub(super) starved: Cell<u32>,
    pub(super) attached: Cell<u32>,
    errors: [Cell<u32>; PeerError::ALL.len()],
}

pub(super) fn count(counter: &Cell<u32>) {
    counter.set(counter.get().wrapping_add(1));
}

impl Stats {
    pub(super) fn error(&self, error: PeerError) {
        count(&self.errors[error as usize]);
    }

    /// Messages handed to an endpoint.
    pub fn received(&self) -> u32 {
        self.received.get()
    }

    /// Messages sent, announcements among them.
    pub fn sent(&self) -> u32 {
        self.sent.get()
    }

    /// Messages for an address that no endpoint has; they were given back.
    pub fn nobody(&self) -> u32 {
        self.nobody.get()
    }

    /// The address that the last such message was for.
    pub fn last_nobody(&self) -> u32 {
        self.last_nobody.get()
    }

    /// Name-service announcements that the peer sent.
    pub fn announcements(&self) -> u32 {
        self.announcements.get()
    }

    /// How often a message had to wait because no transmit buffer was free for its reply.
    pub fn starved(&self) -> u32 {
        self.starved.get()
    }

    /// How often the link came up.
    pub fn attached(&self) -> u32 {
        self.attached.get()
    }

    /// Mistakes of the peer of one kind.
    pub fn errors(&self, kind: PeerError) -> u32 {
        self.errors[kind as usize].get()
    }
}
