// SPDX-License-Identifier: MIT OR Apache-2.0
//! The two rings of a link and the buffers that are out of them.
#![forbid(unsafe_code)]

use core::cell::Cell;

use super::stats::{Stats, count};
use crate::shm::{Coherency, Shm};
use crate::vring::{Access, AttachError, Buffer, DeviceRing, MAX_NUM, PeerError, RingAddress};
use crate::wire::header::{HEADER_LEN, Header, LINUX_BUFFER_LEN};

/// Most transmit buffers that may be granted at a time.
pub(super) const MAX_GRANTS: usize = 8;

/// The shared memory, the rings in it, and the transmit buffers that were granted and came back unsent.
///
/// Messages and grants refer to this part of the link, so that their types need not name the doorbell
/// and the number of endpoints.
pub struct Rings<'m, C> {
    pub(super) shm: Shm<'m, C>,
    /// vring0: buffers that we fill for Linux.
    pub(super) transmit: DeviceRing<'m>,
    /// vring1: buffers that Linux filled for us.
    pub(super) receive: DeviceRing<'m>,
    pub(super) stats: Stats,
    /// The number of the attachment, so that what outlives one is not given to the next; 0 while detached.
    epoch: Cell<u32>,
    attachments: Cell<u32>,
    /// Buffers of unsent grants: they cannot go back to Linux, which would take them for messages.
    spare: [Cell<Option<Buffer<'m>>>; MAX_GRANTS],
    spares: Cell<u8>,
    /// Buffers granted and neither sent nor kept: with the spares at most MAX_GRANTS.
    granted: Cell<u8>,
    /// A ring was found unfit to go on with.
    broken: Cell<bool>,
    /// How many more bad items are passed over before the caller gets a turn.
    patience: Cell<u16>,
}

impl<'m, C: Coherency> Rings<'m, C> {
    pub(super) fn new(shm: Shm<'m, C>) -> Self {
        Self {
            shm,
            // A shorter buffer, kept unsent, would stand in the way of every longer message.
            transmit: DeviceRing::new(Access::Writable, LINUX_BUFFER_LEN),
            receive: DeviceRing::new(Access::Readable, HEADER_LEN),
            stats: Stats::default(),
            epoch: Cell::new(0),
            attachments: Cell::new(0),
            spare: [const { Cell::new(None) }; MAX_GRANTS],
            spares: Cell::new(0),
            granted: Cell::new(0),
            broken: Cell::new(false),
            patience: Cell::new(MAX_NUM),
        }
    }

    /// Starts on both rings and returns how many buffers they say were used before.
    pub(super) fn attach(&self, rings: [RingAddress; 2]) -> Result<u16, (usize, AttachError)> {
        self.detach();
        let sent = self.transmit.attach(&self.shm, rings[0]).map_err(|error| (0, error))?;
        let received = self.receive.attach(&self.shm, rings[1]).map_err(|error| {
            self.transmit.detach();
            (1, error)
        })?;
        // Not 0, which is no attachment's number.
        let epoch = self.attachments.get().wrapping_add(1).max(1);
        self.attachments.set(epoch);
        self.epoch.set(epoch);
        Ok(sent.saturating_add(received))
    }

    /// Lets go of both rings: whoever still holds a message or a grant holds nothing any more.
    pub(super) fn detach(&self) {
        self.epoch.set(0);
        self.broken.set(false);
        self.granted.set(0);
        self.spares.set(0);
        self.transmit.detach();
        self.receive.detach();
    }

    pub(super) fn epoch(&self) -> u32 {
        self.epoch.get()
    }

    /// Whether the attachment `epoch` goes on. Messages and grants are made during one, so theirs is not 0; an
    /// endpoint bound while detached has 0, and finds that the link is not up.
    #[inline]
    pub(super) fn is_current(&self, epoch: u32) -> bool {
        self.epoch.get() == epoch
    }

    /// Whether both rings are attached and can be trusted.
    #[inline]
    pub(super) fn are_up(&self) -> bool {
        self.epoch.get() != 0 && !self.broken.get()
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken.get()
    }

    /// Whether both rings are still the ones that were attached.
    pub(super) fn are_ours(&self) -> bool {
        self.transmit.is_ours(&self.shm) && self.receive.is_ours(&self.shm)
    }

    /// Whether both rings are as new. Then nothing tells rings that Linux has set up anew from those before.
    pub(super) fn are_fresh(&self) -> bool {
        self.transmit.is_fresh(&self.shm) && self.receive.is_fresh(&self.shm)
    }

    /// Counts a mistake, and remembers it when the rings are not to be trusted after it.
    fn mistake(&self, error: PeerError) {
        self.stats.error(error);
        if error.is_fatal() {
            self.broken.set(true);
        }
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

    /// The next good buffer of `ring`; bad ones are counted and passed over.
    #[inline]
    fn next(&self, ring: &DeviceRing<'m>) -> Option<Buffer<'m>> {
        match ring.pop(&self.shm) {
            Ok(buffer) => buffer,
            Err(error) => self.next_after(ring, error),
        }
    }

    #[cold]
    fn next_after(&self, ring: &DeviceRing<'m>, mut error: PeerError) -> Option<Buffer<'m>> {
        loop {
            self.mistake(error);
            if error.is_fatal() || !self.bear() {
                return None;
            }
            match ring.pop(&self.shm) {
                Ok(buffer) => return buffer,
                Err(next) => error = next,
            }
        }
    }

    /// The next message whose header fits its buffer.
    #[inline]
    pub(super) fn next_message(&self) -> Option<(Buffer<'m>, Header)> {
        let buffer = self.next(&self.receive)?;
        match self.header(&buffer) {
            Some(header) => Some((buffer, header)),
            None => self.next_message_after(buffer),
        }
    }

    #[inline]
    fn header(&self, buffer: &Buffer<'m>) -> Option<Header> {
        let header = Header::from_words(buffer.span.read_words::<4, C>(self.shm.coherency(), 0)?);
        (u32::from(header.len) <= buffer.span.len() - HEADER_LEN).then_some(header)
    }

    #[cold]
    fn next_message_after(&self, mut bad: Buffer<'m>) -> Option<(Buffer<'m>, Header)> {
        loop {
            self.mistake(PeerError::HeaderLength);
            self.give_back(bad);
            if !self.bear() {
                return None;
            }
            let buffer = self.next(&self.receive)?;
            match self.header(&buffer) {
                Some(header) => return Some((buffer, header)),
                None => bad = buffer,
            }
        }
    }

    /// Returns a buffer that Linux filled; nothing was written to it.
    #[inline]
    pub(super) fn give_back(&self, buffer: Buffer<'m>) {
        self.receive.push(&self.shm, buffer, 0);
    }

    pub(super) fn malformed_announcement(&self) {
        self.mistake(PeerError::Announcement);
    }

    /// A transmit buffer: one that came back unsent, or the next that Linux lent.
    #[inline]
    pub(super) fn take(&self) -> Option<Buffer<'m>> {
        let spares = self.spares.get();
        let buffer = if spares > 0 {
            self.spares.set(spares - 1);
            self.spare[usize::from(spares) - 1].take()?
        } else if usize::from(self.granted.get()) < MAX_GRANTS {
            self.next(&self.transmit)?
        } else {
            return None;
        };
        self.granted.set(self.granted.get() + 1);
        Some(buffer)
    }

    /// Whether [`take`](Self::take) has something to try.
    pub(super) fn can_take(&self) -> bool {
        self.spares.get() > 0 || usize::from(self.granted.get()) < MAX_GRANTS && self.transmit.has_lent(&self.shm)
    }

    /// Keeps an unsent buffer for the next grant.
    pub(super) fn keep(&self, buffer: Buffer<'m>) {
        self.granted.set(self.granted.get().saturating_sub(1));
        // No more than MAX_GRANTS buffers are out of the ring, so there is a slot for this one.
        if let Some(slot) = self.spare.get(usize::from(self.spares.get())) {
            slot.set(Some(buffer));
            self.spares.set(self.spares.get() + 1);
        }
    }

    /// Hands a filled buffer to Linux: header before it, `header.len` bytes of payload in it.
    #[inline]
    pub(super) fn send(&self, buffer: Buffer<'m>, header: Header) {
        // A granted span has at least the 16 bytes of a header: DeviceRing::pop checked it.
        let _ = buffer.span.write_words(self.shm.coherency(), 0, header.to_words());
        self.granted.set(self.granted.get().saturating_sub(1));
        // Exactly what was written: Linux 6.12 stops draining its ring on a length below 16 or above
        // its buffer (rpmsg_recv_single).
        self.transmit.push(&self.shm, buffer, HEADER_LEN + u32::from(header.len));
        count(&self.stats.sent);
    }
}
