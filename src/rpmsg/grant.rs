// SPDX-License-Identifier: MIT OR Apache-2.0
//! The right to send one message.
#![forbid(unsafe_code)]

use super::message::Message;
use super::sender::Sender;
use crate::shm::{Coherency, Span};
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
    /// The endpoint, or the grant, is of another link.
    OtherLink,
    /// The length is more than was written to the grant: what was in the buffer before is never sent.
    Unwritten,
}

/// A transmit buffer of Linux's, to be filled in place. Dropping it keeps the buffer for the next grant. When the firmware
/// is loaded anew under a link that goes on, what was put into it is lost and the buffer is not.
///
/// It may be written in any order; a gap before a write is filled with zeros. No more can be sent than was written since
/// it was granted ([`SendError::Unwritten`]).
pub struct Grant<'l, 'm, C: Coherency> {
    pub(super) sender: &'l Sender<'m, C>,
    buffer: Option<Buffer<'m>>,
    epoch: u32,
    /// How many bytes of the payload, from the first on, were written.
    written: u32,
}

impl<'l, 'm, C: Coherency> Grant<'l, 'm, C> {
    #[inline(always)]
    pub(super) fn new(sender: &'l Sender<'m, C>, buffer: Option<Buffer<'m>>, epoch: u32) -> Self {
        Self { sender, buffer, epoch, written: 0 }
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
        if !buffer.span.write(self.sender.half.shm.coherency(), place(offset), bytes) {
            return Err(SendError::TooLong);
        }
        self.wrote(offset as u32, bytes.len() as u32);
        Ok(())
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
        if !buffer.span.copy_span(self.sender.half.shm.coherency(), to, &source, from, len as u32) {
            return Err(SendError::TooLong);
        }
        self.wrote(offset as u32, len as u32);
        Ok(())
    }

    /// Notes that `len` bytes were written at `start`; all of them are in the buffer.
    #[inline(always)]
    fn wrote(&mut self, start: u32, len: u32) {
        if start > self.written {
            if let Some(buffer) = &self.buffer {
                clear(self.sender.half.shm.coherency(), buffer.span, self.written, start);
            }
        }
        self.written = self.written.max(start + len);
    }

    /// The buffer, while the link that lent it lives.
    #[inline(always)]
    fn current(&self) -> Option<&Buffer<'m>> {
        self.buffer.as_ref().filter(|_| self.sender.half.is_current(self.epoch))
    }

    /// [`send`](Self::send), if the buffer belongs to `sender`'s link.
    pub(super) fn send_for(self, sender: &Sender<'m, C>, src: u32, dst: u32, len: usize) -> Result<(), SendError> {
        if !core::ptr::eq(self.sender, sender) {
            return Err(SendError::OtherLink);
        }
        self.send(src, dst, len)
    }

    /// Sends the first `len` bytes of the payload. On error the buffer is kept for the next grant.
    #[inline(always)]
    pub(super) fn send(mut self, src: u32, dst: u32, len: usize) -> Result<(), SendError> {
        let Ok(len) = u16::try_from(len) else { return Err(SendError::TooLong) };
        if u32::from(len) > self.written {
            return Err(refusal(self.sender, self.epoch, self.capacity(), len));
        }
        if !self.sender.half.lends(self.epoch) {
            return Err(SendError::Stale);
        }
        let Some(buffer) = self.buffer.take() else { return Err(SendError::Stale) };
        self.sender.send(buffer, Header { src, dst, len, flags: 0 });
        Ok(())
    }
}

// The rare cases are no methods: a grant that is passed by reference to a function that is not inlined would always be in
// memory.

/// Writes zeros from byte `from` of the payload in `span` up to byte `to`, where a write has just begun.
#[cold]
#[inline(never)]
pub(super) fn clear<C: Coherency>(c: &C, span: Span<'_>, mut from: u32, to: u32) {
    while from < to {
        let zeros = &[0; 32][..(to - from).min(32) as usize];
        // It fits, as what was written after it does.
        let _ = span.write(c, HEADER_LEN + from, zeros);
        from += zeros.len() as u32;
    }
}

/// Why `len` bytes, which are more than were written, are not sent from a buffer with room for `capacity`.
#[cold]
#[inline(never)]
fn refusal<C: Coherency>(sender: &Sender<'_, C>, epoch: u32, capacity: usize, len: u16) -> SendError {
    if usize::from(len) > capacity {
        SendError::TooLong
    } else if !sender.half.lends(epoch) {
        SendError::Stale
    } else {
        SendError::Unwritten
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
