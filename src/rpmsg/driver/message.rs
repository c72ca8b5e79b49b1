// SPDX-License-Identifier: MIT OR Apache-2.0
//! A message that the device sent.
#![forbid(unsafe_code)]

use super::grant::Grant;
use super::rings::Rings;
use crate::rpmsg::{EndpointId, SendError};
use crate::shm::{Coherency, Span};
use crate::vring::DriverBuffer;
use crate::wire::header::{HEADER_LEN, Header};

/// A message in the buffer that was lent for it. Dropping it lends the buffer again.
///
/// The device may change the payload at any time until then, so it is copied out or on, never borrowed:
/// check what was copied, not what is still there.
pub struct Message<'l, 'm, C: Coherency> {
    rings: &'l Rings<'m, C>,
    buffer: Option<DriverBuffer<'m>>,
    epoch: u32,
    header: Header,
    endpoint: EndpointId,
}

impl<'l, 'm, C: Coherency> Message<'l, 'm, C> {
    pub(super) fn new(rings: &'l Rings<'m, C>, buffer: DriverBuffer<'m>, header: Header, endpoint: EndpointId) -> Self {
        Self { rings, buffer: Some(buffer), epoch: rings.epoch(), header, endpoint }
    }

    /// The endpoint that the message is for.
    pub fn endpoint(&self) -> EndpointId {
        self.endpoint
    }

    /// Address of the sender on the device's side.
    pub fn source(&self) -> u32 {
        self.header.src
    }

    /// Bytes of payload.
    pub fn len(&self) -> usize {
        self.header.len.into()
    }

    /// Whether the payload is empty.
    pub fn is_empty(&self) -> bool {
        self.header.len == 0
    }

    /// Copies payload from byte `offset` on into `out`, and returns how many bytes there were: 0 after the
    /// link was stopped.
    pub fn read(&self, offset: usize, out: &mut [u8]) -> usize {
        let Some(span) = self.span() else { return 0 };
        let n = out.len().min(self.len().saturating_sub(offset));
        if n == 0 {
            return 0;
        }
        span.read(self.rings.shm.coherency(), HEADER_LEN + offset as u32, &mut out[..n])
    }

    /// The buffer, while the rings that it is of exist.
    pub(super) fn span(&self) -> Option<Span<'m>> {
        self.buffer.as_ref().filter(|_| self.rings.is_current(self.epoch)).map(|buffer| buffer.span)
    }

    /// Sends the first `len` bytes that were written to `grant`, a grant of the same link, back to the sender, from the
    /// endpoint that the message was for.
    pub fn reply(self, grant: Grant<'l, 'm, C>, len: usize) -> Result<(), SendError> {
        if !self.rings.is_current(self.epoch) {
            return Err(SendError::Stale);
        }
        grant.send_for(self.rings, self.header.dst, self.header.src, len)
    }
}

impl<C: Coherency> Drop for Message<'_, '_, C> {
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            if self.rings.is_current(self.epoch) {
                self.rings.lend_again(buffer);
            }
        }
    }
}
