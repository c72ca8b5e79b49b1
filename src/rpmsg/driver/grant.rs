// SPDX-License-Identifier: MIT OR Apache-2.0
//! The right to send one message to the device.
#![forbid(unsafe_code)]

use super::message::Message;
use super::rings::Rings;
use crate::rpmsg::SendError;
use crate::shm::Coherency;
use crate::vring::DriverBuffer;
use crate::wire::header::{HEADER_LEN, Header, LINUX_BUFFER_LEN};

/// A free buffer, to be filled in place. Dropping it frees the buffer.
pub struct Grant<'l, 'm, C: Coherency> {
    rings: &'l Rings<'m, C>,
    buffer: Option<DriverBuffer<'m>>,
    epoch: u32,
}

impl<'l, 'm, C: Coherency> Grant<'l, 'm, C> {
    pub(super) fn new(rings: &'l Rings<'m, C>, buffer: DriverBuffer<'m>) -> Self {
        Self { rings, buffer: Some(buffer), epoch: rings.epoch() }
    }

    /// Most bytes of payload: 496.
    pub const fn capacity(&self) -> usize {
        (LINUX_BUFFER_LEN - HEADER_LEN) as usize
    }

    /// Copies `bytes` to byte `offset` of the payload.
    pub fn write(&mut self, offset: usize, bytes: &[u8]) -> Result<(), SendError> {
        self.room(offset, bytes.len())?;
        let Some(buffer) = &self.buffer else { return Err(SendError::Stale) };
        let fits = buffer.span.write(self.rings.shm.coherency(), HEADER_LEN + offset as u32, bytes);
        if fits { Ok(()) } else { Err(SendError::TooLong) }
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
        let fits = buffer.span.copy_span(c, to, &source, from, len as u32);
        if fits { Ok(()) } else { Err(SendError::TooLong) }
    }

    fn room(&self, offset: usize, len: usize) -> Result<(), SendError> {
        if !self.rings.is_current(self.epoch) {
            return Err(SendError::Stale);
        }
        let capacity = self.capacity();
        if offset > capacity || len > capacity - offset { Err(SendError::TooLong) } else { Ok(()) }
    }

    /// Sends the first `len` bytes of the payload. On error the buffer is free again.
    pub(super) fn send(mut self, src: u32, dst: u32, len: usize) -> Result<(), SendError> {
        self.room(0, len)?;
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
