// SPDX-License-Identifier: MIT OR Apache-2.0
//! vring1: the messages that Linux sends.
#![forbid(unsafe_code)]

use core::cell::Cell;

use super::addresses::Addresses;
use super::half::Half;
use super::message::Message;
use super::received;
use super::stats::count;
use crate::shm::{Coherency, Shm};
use crate::vring::{Access, Buffer, PeerError};
use crate::wire::header::{HEADER_LEN, Header};
use crate::wire::name_service::{Announcement, NAME_SERVICE_ADDR};

/// Hears of channels that the peer announces or takes back.
pub type OnAnnouncement<'m> = &'m (dyn Fn(&Announcement) + Sync);

/// The receiving half of a link.
pub struct Receiver<'m, C> {
    pub(super) half: Half<'m, C>,
    pub(super) received: Cell<u32>,
    pub(super) nobody: Cell<u32>,
    pub(super) last_nobody: Cell<u32>,
    pub(super) announcements: Cell<u32>,
    pub(super) on_announcement: Cell<Option<OnAnnouncement<'m>>>,
}

impl<'m, C: Coherency> Receiver<'m, C> {
    pub(super) fn new(shm: Shm<'m, C>) -> Self {
        Self {
            half: Half::new(shm, 1),
            received: Cell::new(0),
            nobody: Cell::new(0),
            last_nobody: Cell::new(0),
            announcements: Cell::new(0),
            on_announcement: Cell::new(None),
        }
    }

    #[inline(always)]
    pub(super) fn has_lent(&self) -> bool {
        self.half.epoch() != 0 && self.half.has_lent()
    }

    /// The next message for one of `addresses`, to be called when something is [lent](Self::has_lent).
    #[inline(always)]
    pub(super) fn receive<const N: usize>(&self, addresses: &Addresses<N>) -> Option<Message<'_, 'm, C>> {
        let half = &self.half;
        let epoch = half.epoch();
        loop {
            let buffer = match half.ring.take(&half.shm) {
                Ok(Some(id)) => half.ring.open(&half.shm, Access::Readable, id),
                Ok(None) => Ok(None),
                Err(error) => Err(error),
            };
            let go_on = match buffer {
                Ok(Some(buffer)) => {
                    if let Some(header) = self.header(&buffer) {
                        if let Some(endpoint) = addresses.find(header.dst) {
                            count(&self.received);
                            return Some(Message::new(self, buffer, epoch, header, endpoint));
                        }
                    }
                    self.pass_over(buffer, epoch)
                }
                Ok(None) => false,
                Err(error) => half.pass_over(error),
            };
            if !go_on || !half.has_lent() {
                return None;
            }
        }
    }

    /// The header, when the payload that it claims fits the buffer.
    #[inline(always)]
    fn header(&self, buffer: &Buffer<'m>) -> Option<Header> {
        let header = received::header(self.half.shm.coherency(), &buffer.span)?;
        (u32::from(header.len) <= buffer.span.len() - HEADER_LEN).then_some(header)
    }

    /// Deals with a buffer that is for no endpoint; whether to go on behind it. Its header is read anew: nothing was
    /// decided by what it was before but that it is dealt with here.
    #[cold]
    #[inline(never)]
    fn pass_over(&self, buffer: Buffer<'m>, epoch: u32) -> bool {
        match self.header(&buffer) {
            None => self.half.mistake(PeerError::HeaderLength),
            Some(header) if header.dst == NAME_SERVICE_ADDR => self.name_service(&buffer, header),
            Some(header) => {
                count(&self.nobody);
                self.last_nobody.set(header.dst);
            }
        }
        self.give_back(buffer, epoch);
        self.half.bear()
    }

    #[inline(never)]
    fn name_service(&self, buffer: &Buffer<'m>, header: Header) {
        let Some(announcement) = received::announcement(self.half.shm.coherency(), &buffer.span, header) else {
            self.half.mistake(PeerError::Announcement);
            return;
        };
        count(&self.announcements);
        if let Some(hear) = self.on_announcement.get() {
            hear(&announcement);
        }
    }

    /// Returns a buffer of attachment `epoch`; nothing was written to it.
    #[inline(never)]
    pub(super) fn give_back(&self, buffer: Buffer<'m>, epoch: u32) {
        if self.half.lends(epoch) {
            self.return_lent(buffer);
        }
    }

    /// The same, to be called when the attachment has just been found to be current.
    #[inline(always)]
    pub(super) fn return_lent(&self, buffer: Buffer<'m>) {
        self.half.ring.push(&self.half.shm, buffer, 0);
    }
}
