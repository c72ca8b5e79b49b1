// SPDX-License-Identifier: MIT OR Apache-2.0
//! The right to send one message.
#![forbid(unsafe_code)]

use super::message::Message;
use super::sender::Sender;
use crate::shm::Coherency;
use crate::vring::Buffer;
use crate::wire::header::{HEADER_LEN, Header};

/// Why a message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendError {
    /// The link is not up.
    Detached,
    /// No transmit buffer is free; Linux kicks when it has returned one.
    NoBuffer,
    /// The payload is longer than the buffer.
    TooLong,
    /// The link was reset since the endpoint was bound or the grant was made.
    Stale,
    /// The endpoint is of another link.
    OtherLink,
}

/// A transmit buffer of Linux's, to be filled in place. Dropping it keeps the buffer for the next grant. When the firmware
/// is loaded anew under a link that goes on, what was put into it is lost and the buffer is not.
pub struct Grant<'l, 'm, C: Coherency> {
    sender: &'l Sender<'m, C>,
    buffer: Option<Buffer<'m>>,
    epoch: u32,
}

impl<'l, 'm, C: Coherency> Grant<'l, 'm, C> {
    #[inline(always)]
    pub(super) fn new(sender: &'l Sender<'m, C>, buffer: Option<Buffer<'m>>, epoch: u32) -> Self {
        Self { sender, buffer, epoch }
    }

    /// Most bytes of payload: 496 in Linux's buffers of 512.
    #[inline(always)]
    pub fn capacity(&self) -> usize {
        // A header counts no more than 16 bits.
        self.buffer.as_ref().map_or(0, |buffer| (buffer.span.len() - HEADER_LEN).min(u16::MAX.into()) as usize)
    }

    /// Copies `bytes` to byte `offset` of the payload.
    #[inline(always)]
    pub fn write(&mut self, offset: usize, bytes: &[u8]) -> Result<(), SendError> {
        let Some(buffer) = self.current() else { return Err(SendError::Stale) };
        let fits = buffer.span.write(self.sender.half.shm.coherency(), place(offset), bytes);
        if fits { Ok(()) } else { Err(SendError::TooLong) }
    }

    /// Copies `len` bytes of `message`, from its byte `from`, to byte `offset` of the payload.
    #[inline(always)]
    pub fn copy(
        &mut self,
        offset: usize,
        message: &Message<'_, '_, C>,
        from: usize,
        len: usize,
    ) -> Result<(), SendError> {
        let (Some(buffer), Some(source)) = (self.current(), message.span()) else { return Err(SendError::Stale) };
        if from > message.len() || len > message.len() - from {
            return Err(SendError::TooLong);
        }
        let (to, from) = (place(offset), HEADER_LEN + from as u32);
        let fits = buffer.span.copy_span(self.sender.half.shm.coherency(), to, &source, from, len as u32);
        if fits { Ok(()) } else { Err(SendError::TooLong) }
    }

    /// The buffer, while the link that lent it lives.
    #[inline(always)]
    fn current(&self) -> Option<&Buffer<'m>> {
        self.buffer.as_ref().filter(|_| self.sender.half.is_current(self.epoch))
    }

    /// Sends the first `len` bytes of the payload. On error the buffer is kept for the next grant.
    #[inline(always)]
    pub(super) fn send(mut self, src: u32, dst: u32, len: usize) -> Result<(), SendError> {
        let Ok(len) = u16::try_from(len) else { return Err(SendError::TooLong) };
        if self.buffer.as_ref().is_some_and(|buffer| u32::from(len) > buffer.span.len() - HEADER_LEN) {
            return Err(SendError::TooLong);
        }
        if !self.sender.half.lends(self.epoch) {
            return Err(SendError::Stale);
        }
        let Some(buffer) = self.buffer.take() else { return Err(SendError::Stale) };
        self.sender.send(buffer, Header { src, dst, len, flags: 0 });
        Ok(())
    }
}

/// Where byte `offset` of a payload is in its buffer; no buffer is so long that one that is too large fits.
#[inline(always)]
fn place(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX).saturating_add(HEADER_LEN)
}

impl<C: Coherency> Drop for Grant<'_, '_, C> {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            self.sender.keep(buffer.id(), self.epoch);
        }
    }
}
