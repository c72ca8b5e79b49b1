// SPDX-License-Identifier: MIT OR Apache-2.0
//! vring0: the buffers that Linux lends for our messages.
#![forbid(unsafe_code)]

use core::cell::Cell;

use super::endpoint::Bound;
use super::endpoints::Endpoints;
use super::grant::{Grant, SendError};
use super::half::Half;
use super::life::Event;
use super::stats::count;
use crate::shm::{Coherency, Shm};
use crate::vring::{Access, Buffer, Set};
use crate::wire::header::{HEADER_LEN, Header};
use crate::wire::name_service::NAME_SERVICE_ADDR;

/// The sending half of a link.
pub struct Sender<'m, C> {
    pub(super) half: Half<'m, C>,
    /// Buffers of unsent grants: they cannot go back to Linux, which would take them for messages.
    spare: Set,
    spares: Cell<u16>,
    pub(super) sent: Cell<u32>,
    pub(super) starved: Cell<u32>,
}

impl<'m, C: Coherency> Sender<'m, C> {
    pub(super) fn new(shm: Shm<'m, C>) -> Self {
        Self {
            half: Half::new(shm, 0),
            spare: Set::default(),
            spares: Cell::new(0),
            sent: Cell::new(0),
            starved: Cell::new(0),
        }
    }

    /// Forgets the spare buffers: they belong to an attachment that is over.
    pub(super) fn forget(&self) {
        self.spare.clear();
        self.spares.set(0);
    }

    /// As [`Half::change`]. Buffers whose bad descriptors are good now become spare.
    #[cold]
    #[inline(never)]
    pub(super) fn change(&self) -> Option<Event> {
        let epoch = self.half.epoch();
        if epoch != 0 {
            self.half.ring.find_mended(&self.half.shm, |id| self.keep(id, epoch));
        }
        self.half.change()
    }

    /// A transmit buffer: one that came back unsent, or the next that Linux lent.
    #[inline(always)]
    pub(super) fn grant(&self) -> Result<Grant<'_, 'm, C>, SendError> {
        let epoch = self.half.epoch();
        if epoch == 0 {
            return Err(SendError::Detached);
        }
        match self.take() {
            Some(buffer) => Ok(Grant::new(self, Some(buffer), epoch)),
            None => Err(SendError::NoBuffer),
        }
    }

    /// The next good buffer: a spare one, or one that Linux lent.
    #[inline(always)]
    fn take(&self) -> Option<Buffer<'m>> {
        let half = &self.half;
        loop {
            let id = if self.spares.get() > 0 {
                Ok(self.take_spare())
            } else if half.has_lent() {
                half.ring.take(&half.shm)
            } else {
                return None;
            };
            let buffer = match id {
                // Linux had no business changing the descriptor of a spare one, and may have done so.
                Ok(Some(id)) => half.ring.open(&half.shm, Access::Writable, id),
                Ok(None) => return None,
                Err(error) => Err(error),
            };
            match buffer {
                Ok(buffer) => return buffer,
                Err(error) if half.pass_over(error) => {}
                Err(_) => return None,
            }
        }
    }

    /// Up to `K` grants; `None`, with every buffer kept, when there are fewer.
    #[inline(always)]
    pub(super) fn grants<const K: usize>(&self) -> Option<[Grant<'_, 'm, C>; K]> {
        let epoch = self.half.epoch();
        let mut buffers = [const { None }; K];
        let mut whole = epoch != 0;
        for buffer in &mut buffers {
            *buffer = if whole { self.take() } else { None };
            whole &= buffer.is_some();
        }
        // Those of a set that is not whole are kept as they are dropped.
        let grants = buffers.map(|buffer| Grant::new(self, buffer, epoch));
        if whole {
            return Some(grants);
        }
        count(&self.starved);
        None
    }

    #[cold]
    #[inline(never)]
    fn take_spare(&self) -> Option<u16> {
        let spares = self.spares.get();
        self.spares.set(spares.saturating_sub(1));
        // The one taken first, so that the next to be sent is mostly the one that Linux lent first: buffers that went
        // out of order would stay so for good.
        let id = self.half.ring.taken_first(&self.half.shm, &self.spare, spares)?;
        self.spare.remove(id);
        Some(id)
    }

    /// Whether there are `count` buffers for [`grant`](Self::grant) to try.
    pub(super) fn can_grant(&self, count: u16) -> bool {
        let lacking = count.saturating_sub(self.spares.get());
        self.half.epoch() != 0 && (lacking == 0 || self.half.ring.has_lent_so_many(&self.half.shm, lacking))
    }

    /// Sends `payload` from `src` to the peer of a bound endpoint.
    pub(super) fn send_bound(&self, src: u32, bound: &Bound, payload: &[u8]) -> Result<(), SendError> {
        if !self.half.is_current(bound.epoch) {
            return Err(SendError::Stale);
        }
        self.transmit(src, bound.peer, payload)
    }

    #[inline(never)]
    pub(super) fn transmit(&self, src: u32, dst: u32, payload: &[u8]) -> Result<(), SendError> {
        let mut grant = self.grant()?;
        grant.write(0, payload)?;
        grant.send(src, dst, payload.len())
    }

    /// Tells Linux of channels that came or went, as far as there are buffers.
    #[inline(never)]
    pub(super) fn announce<const N: usize>(&self, endpoints: &Endpoints<'m, N>) {
        if self.half.epoch() == 0 {
            return;
        }
        endpoints.tell(|told| self.transmit(told.addr, NAME_SERVICE_ADDR, &told.to_bytes()).is_ok());
    }

    /// Keeps an unsent buffer of attachment `epoch` for the next grant.
    #[cold]
    #[inline(never)]
    pub(super) fn keep(&self, id: u16, epoch: u32) {
        if self.half.is_current(epoch) && self.spare.insert(id) {
            self.spares.set(self.spares.get() + 1);
        }
    }

    /// Hands a filled buffer to Linux: header before it, `header.len` bytes of payload in it.
    #[inline(always)]
    pub(super) fn send(&self, buffer: Buffer<'m>, header: Header) {
        // A granted span has at least the 16 bytes of a header: DeviceRing::pop checked it.
        let _ = buffer.span.write_words(self.half.shm.coherency(), 0, header.to_words());
        // Exactly what was written: Linux 6.12 stops draining its ring on a length below 16 or above
        // its buffer (rpmsg_recv_single).
        self.half.ring.push(&self.half.shm, buffer, HEADER_LEN + u32::from(header.len));
        count(&self.sent);
    }
}
