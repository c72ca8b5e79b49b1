// SPDX-License-Identifier: MIT OR Apache-2.0
//! The right to send one message to the device.
#![forbid(unsafe_code)]

use super::message::Message;
use super::rings::Rings;
use crate::rpmsg::SendError;
use crate::rpmsg::grant::clear;
use crate::shm::Coherency;
use crate::vring::DriverBuffer;
use crate::wire::header::{HEADER_LEN, Header, LINUX_BUFFER_LEN};

/// A free buffer, to be filled in place. Dropping it frees the buffer.
///
/// It may be written in any order; a gap before a write is filled with zeros. No more can be sent than was written since
/// it was granted ([`SendError::Unwritten`]).
pub struct Grant<'l, 'm, C: Coherency> {
    rings: &'l Rings<'m, C>,
    buffer: Option<DriverBuffer<'m>>,
    epoch: u32,
    /// How many bytes of the payload, from the first on, were written.
    written: usize,
}

impl<'l, 'm, C: Coherency> Grant<'l, 'm, C> {
    pub(super) fn new(rings: &'l Rings<'m, C>, buffer: DriverBuffer<'m>) -> Self {
        Self { rings, buffer: Some(buffer), epoch: rings.epoch(), written: 0 }
    }

    /// Most bytes of payload: 496.
    pub const fn capacity(&self) -> usize {
        (LINUX_BUFFER_LEN - HEADER_LEN) as usize
    }

    /// Copies `bytes` to byte `offset` of the payload.
    pub fn write(&mut self, offset: usize, bytes: &[u8]) -> Result<(), SendError> {
        self.room(offset, bytes.len())?;
        let Some(buffer) = &self.buffer else { return Err(SendError::Stale) };
        if !buffer.span.write(self.rings.shm.coherency(), HEADER_LEN + offset as u32, bytes) {
            return Err(SendError::TooLong);
        }
        self.wrote(offset, bytes.len());
        Ok(())
    }

    /// Copies `len` bytes of `message`, from its byte `from`, to byte `offset` of the payload.
    pub fn copy(
        &mut self,
        offset: usize,
        message: &Message<'_, '_, C>,
        from: usize,
        len: usize,
    ) -> Result<(), SendError> {
        self.room(offset, len)?;
        if from > message.len() || len > message.len() - from {
            return Err(SendError::TooLong);
        }
        let (Some(buffer), Some(source)) = (&self.buffer, message.span()) else { return Err(SendError::Stale) };
        let c = self.rings.shm.coherency();
        let (to, from) = (HEADER_LEN + offset as u32, HEADER_LEN + from as u32);
        if !buffer.span.copy_span(c, to, &source, from, len as u32) {
            return Err(SendError::TooLong);
        }
        self.wrote(offset, len);
        Ok(())
    }

    /// Notes that `len` bytes were written at `start`, and writes zeros before them where nothing was written.
    fn wrote(&mut self, start: usize, len: usize) {
        let Some(buffer) = &self.buffer else { return };
        if start > self.written {
            clear(self.rings.shm.coherency(), buffer.span, self.written as u32, start as u32);
        }
        self.written = self.written.max(start + len);
    }

    fn room(&self, offset: usize, len: usize) -> Result<(), SendError> {
        if !self.rings.is_current(self.epoch) {
            return Err(SendError::Stale);
        }
        let capacity = self.capacity();
        if offset > capacity || len > capacity - offset { Err(SendError::TooLong) } else { Ok(()) }
    }

    /// [`send`](Self::send), if the buffer belongs to `rings`.
    pub(super) fn send_for(self, rings: &Rings<'m, C>, src: u32, dst: u32, len: usize) -> Result<(), SendError> {
        if !core::ptr::eq(self.rings, rings) {
            return Err(SendError::OtherLink);
        }
        self.send(src, dst, len)
    }

    /// Sends the first `len` bytes of the payload. On error the buffer is free again.
    pub(super) fn send(mut self, src: u32, dst: u32, len: usize) -> Result<(), SendError> {
        self.room(0, len)?;
        if len > self.written {
            return Err(SendError::Unwritten);
        }
        let Some(buffer) = self.buffer.take() else { return Err(SendError::Stale) };
        self.rings.send(buffer, Header { src, dst, len: len as u16, flags: 0 });
        Ok(())
    }
}

impl<C: Coherency> Drop for Grant<'_, '_, C> {
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            if self.rings.is_current(self.epoch) {
                self.rings.send.release(buffer);
            }
        }
    }
}
