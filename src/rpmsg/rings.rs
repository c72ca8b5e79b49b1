// SPDX-License-Identifier: MIT OR Apache-2.0
//! The two rings of a link and the buffers that are out of them.
#![forbid(unsafe_code)]

use core::cell::Cell;

use super::stats::{Stats, count};
use crate::shm::{Coherency, Shm};
use crate::vring::{Access, AttachError, Buffer, DeviceRing, PeerError, RingAddress};
use crate::wire::header::{HEADER_LEN, Header};

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
    /// Counts attachments, so that what outlives one is not given to the next.
    epoch: Cell<u16>,
    attached: Cell<bool>,
    /// Buffers of unsent grants: they cannot go back to Linux, which would take them for messages.
    spare: [Cell<Option<Buffer<'m>>>; MAX_GRANTS],
    spares: Cell<u8>,
    /// Buffers granted and neither sent nor kept: with the spares at most MAX_GRANTS.
    granted: Cell<u8>,
    /// A ring was found unfit to go on with.
    broken: Cell<bool>,
}

impl<'m, C: Coherency> Rings<'m, C> {
    pub(super) fn new(shm: Shm<'m, C>) -> Self {
        Self {
            shm,
            transmit: DeviceRing::new(Access::Writable),
            receive: DeviceRing::new(Access::Readable),
            stats: Stats::default(),
            epoch: Cell::new(0),
            attached: Cell::new(false),
            spare: [const { Cell::new(None) }; MAX_GRANTS],
            spares: Cell::new(0),
            granted: Cell::new(0),
            broken: Cell::new(false),
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
        self.attached.set(true);
        Ok(sent.saturating_add(received))
    }

    /// Lets go of both rings: whoever still holds a message or a grant holds nothing any more.
    pub(super) fn detach(&self) {
        self.epoch.set(self.epoch.get().wrapping_add(1));
        self.attached.set(false);
        self.broken.set(false);
        self.granted.set(0);
        self.spares.set(0);
        self.transmit.detach();
        self.receive.detach();
    }

    pub(super) fn epoch(&self) -> u16 {
        self.epoch.get()
    }

    pub(super) fn is_current(&self, epoch: u16) -> bool {
        self.attached.get() && self.epoch.get() == epoch
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken.get()
    }

    /// Whether both rings are still the ones that were attached.
    pub(super) fn are_ours(&self) -> bool {
        self.transmit.is_ours(&self.shm) && self.receive.is_ours(&self.shm)
    }

    /// Counts a mistake, and remembers it when the rings are not to be trusted after it.
    fn mistake(&self, error: PeerError) {
        self.stats.error(error);
        if error.is_fatal() {
            self.broken.set(true);
        }
    }

    /// The next good buffer of `ring`; bad ones are counted and passed over, at most a ring of them in
    /// one call.
    fn next(&self, ring: &DeviceRing<'m>) -> Option<Buffer<'m>> {
        if self.broken.get() {
            return None;
        }
        for _ in 0..crate::vring::MAX_NUM {
            match ring.pop(&self.shm) {
                Ok(buffer) => return buffer,
                Err(error) => {
                    self.mistake(error);
                    if error.is_fatal() {
                        return None;
                    }
                }
            }
        }
        None
    }

    /// The next message with a header that fits its buffer.
    pub(super) fn next_message(&self) -> Option<(Buffer<'m>, Header)> {
        for _ in 0..crate::vring::MAX_NUM {
            let buffer = self.next(&self.receive)?;
            let words = buffer.span.read_words::<4, C>(self.shm.coherency(), 0).unwrap_or_default();
            let header = Header::from_words(words);
            if u32::from(header.len) <= buffer.span.len() - HEADER_LEN {
                return Some((buffer, header));
            }
            self.mistake(PeerError::HeaderLength);
            self.give_back(buffer);
        }
        None
    }

    /// Returns a buffer that Linux filled; nothing was written to it.
    pub(super) fn give_back(&self, buffer: Buffer<'m>) {
        self.receive.push(&self.shm, buffer, 0);
    }

    pub(super) fn malformed_announcement(&self) {
        self.mistake(PeerError::Announcement);
    }

    /// A transmit buffer: one that came back unsent, or the next that Linux lent.
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
