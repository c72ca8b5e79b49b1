// SPDX-License-Identifier: MIT OR Apache-2.0
//! A received message.
#![forbid(unsafe_code)]

use super::endpoint::EndpointId;
use super::grant::{Grant, SendError};
use super::link::are_of_one_link;
use super::receiver::Receiver;
use crate::shm::{Coherency, Span};
use crate::vring::Buffer;
use crate::wire::header::{HEADER_LEN, Header};

/// A message in the buffer that Linux lent for it. It may be held for as long as the link lives; dropping it gives
/// the buffer back.
///
/// One that is held when the firmware is loaded anew under a link that goes on, as on resume from suspend, is received
/// again by the firmware of then: at least once, that is, and not exactly once.
///
/// Linux may change the payload at any time until then, so it is copied out or on, never borrowed:
/// check what was copied, not what is still there.
pub struct Message<'l, 'm, C: Coherency> {
    receiver: &'l Receiver<'m, C>,
    buffer: Option<Buffer<'m>>,
    epoch: u32,
    header: Header,
    endpoint: EndpointId,
}

impl<'l, 'm, C: Coherency> Message<'l, 'm, C> {
    #[inline(always)]
    pub(super) fn new(
        receiver: &'l Receiver<'m, C>,
        buffer: Buffer<'m>,
        epoch: u32,
        header: Header,
        endpoint: EndpointId,
    ) -> Self {
        Self { receiver, buffer: Some(buffer), epoch, header, endpoint }
    }

    /// The endpoint that the message is for.
    pub fn endpoint(&self) -> EndpointId {
        self.endpoint
    }

    /// Address of the sender on Linux's side.
    pub fn source(&self) -> u32 {
        self.header.src
    }

    /// Bytes of payload.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.header.len.into()
    }

    /// Whether the payload is empty.
    pub fn is_empty(&self) -> bool {
        self.header.len == 0
    }

    /// Copies payload from byte `offset` on into `out`, and returns how many bytes there were.
    #[inline(always)]
    pub fn read(&self, offset: usize, out: &mut [u8]) -> usize {
        let Some(span) = self.span() else { return 0 };
        let n = out.len().min(self.len().saturating_sub(offset));
        if n == 0 {
            return 0;
        }
        span.read(self.receiver.half.shm.coherency(), HEADER_LEN + offset as u32, &mut out[..n])
    }

    /// The buffer, while the link that lent it lives.
    #[inline(always)]
    pub(super) fn span(&self) -> Option<Span<'m>> {
        self.buffer.as_ref().filter(|_| self.receiver.half.is_current(self.epoch)).map(|buffer| buffer.span)
    }

    /// Sends the first `len` bytes that were written to `grant`, a grant of the same link, back to the sender, from the
    /// endpoint that the message was for.
    #[inline(always)]
    pub fn reply(mut self, grant: Grant<'l, 'm, C>, len: usize) -> Result<(), SendError> {
        self.answer(grant, len)?;
        // The grant has just found its ring in place, and Linux sets up both rings of a link or none.
        if let Some(buffer) = self.buffer.take() {
            self.receiver.return_lent(buffer);
        }
        Ok(())
    }

    /// Like [`reply`](Self::reply), keeping the message: for answers of several messages.
    #[inline(always)]
    pub fn answer(&self, grant: Grant<'l, 'm, C>, len: usize) -> Result<(), SendError> {
        // Whoever has the sender's address now is not who sent it.
        if !self.receiver.half.is_current(self.epoch) {
            return Err(SendError::Stale);
        }
        // The sender's address means nothing on another link.
        if !are_of_one_link(grant.sender, self.receiver) {
            return Err(SendError::OtherLink);
        }
        grant.send(self.header.dst, self.header.src, len)
    }
}

impl<C: Coherency> Drop for Message<'_, '_, C> {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            self.receiver.give_back(buffer, self.epoch);
        }
    }
}
