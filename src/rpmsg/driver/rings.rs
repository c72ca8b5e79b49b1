// SPDX-License-Identifier: MIT OR Apache-2.0
//! The two rings of a link in the driver role, and whose their buffers are.
#![forbid(unsafe_code)]

use core::cell::Cell;

use super::setup::{Setup, StartError};
use super::stats::Stats;
use crate::rpmsg::received;
use crate::rpmsg::stats::count;
use crate::shm::{Coherency, Shm};
use crate::vring::{Access, DeviceError, DriverBuffer, DriverRing, MAX_NUM};
use crate::wire::header::{HEADER_LEN, Header, LINUX_BUFFER_LEN};

/// How many more bad items a call passes over before its caller gets a turn.
pub(super) struct Patience(u16);

impl Patience {
    pub(super) fn new() -> Self {
        Self(MAX_NUM)
    }

    /// Uses some up; `None` when there is none left.
    pub(super) fn bear(&mut self) -> Option<()> {
        self.0 = self.0.checked_sub(1)?;
        Some(())
    }
}

/// The part of a link that messages and grants refer to.
pub struct Rings<'m, C> {
    pub(super) shm: Shm<'m, C>,
    /// vring0: buffers that the device fills for us.
    pub(super) receive: DriverRing<'m>,
    /// vring1: buffers that we fill for the device.
    pub(super) send: DriverRing<'m>,
    pub(super) stats: Stats,
    /// The number of the start, so that what outlives one is not given to the next; 0 while stopped.
    epoch: Cell<u32>,
    starts: Cell<u32>,
    broken: Cell<bool>,
}

impl<'m, C: Coherency> Rings<'m, C> {
    pub(super) fn new(shm: Shm<'m, C>) -> Self {
        Self {
            shm,
            receive: DriverRing::new(Access::Writable),
            send: DriverRing::new(Access::Readable),
            stats: Stats::default(),
            epoch: Cell::new(0),
            starts: Cell::new(0),
            broken: Cell::new(false),
        }
    }

    /// Sets both rings up, all receive buffers lent and no kick wanted for sent ones (`rpmsg_probe`).
    pub(super) fn start(&self, setup: &Setup) -> Result<(), StartError> {
        for (index, ring) in [&self.receive, &self.send].into_iter().enumerate() {
            let (address, buffers) = setup.ring(index);
            if let Err(error) = ring.set_up(&self.shm, address, buffers) {
                self.stop();
                return Err(StartError::Ring(index, error));
            }
        }
        while let Some(buffer) = self.receive.take_free() {
            self.lend_again(buffer);
        }
        self.send.set_quiet(&self.shm, true);
        // Not 0, which is no start's number.
        let epoch = self.starts.get().wrapping_add(1).max(1);
        self.starts.set(epoch);
        self.epoch.set(epoch);
        self.broken.set(false);
        Ok(())
    }

    pub(super) fn stop(&self) {
        self.epoch.set(0);
        self.receive.detach();
        self.send.detach();
    }

    pub(super) fn epoch(&self) -> u32 {
        self.epoch.get()
    }

    /// Whether the rings are still those of start `epoch`.
    pub(super) fn is_current(&self, epoch: u32) -> bool {
        self.epoch.get() == epoch
    }

    pub(super) fn are_up(&self) -> bool {
        self.epoch.get() != 0 && !self.broken.get()
    }

    pub(super) fn are_broken(&self) -> bool {
        self.epoch.get() != 0 && self.broken.get()
    }

    /// The ring in which nothing moves any more, if there is one.
    pub(super) fn stuck(&self) -> Option<usize> {
        if !self.are_up() {
            return None;
        }
        [&self.receive, &self.send].into_iter().position(|ring| ring.is_stuck(&self.shm))
    }

    /// Counts a mistake, and remembers it when the rings are not to be trusted after it.
    pub(super) fn mistake(&self, error: DeviceError) {
        self.stats.error(error);
        if error.is_fatal() {
            self.broken.set(true);
        }
    }

    /// The next buffer that came back in `ring`; bad entries are counted and passed over.
    fn next(&self, ring: &DriverRing<'m>, patience: &mut Patience) -> Option<(DriverBuffer<'m>, u32)> {
        while self.are_up() {
            match ring.take_back(&self.shm) {
                Ok(next) => return next,
                Err(error) => self.mistake(error),
            }
            patience.bear()?;
        }
        None
    }

    /// The next message whose header fits what the device wrote (`rpmsg_recv_single`).
    pub(super) fn next_message(&self, patience: &mut Patience) -> Option<(DriverBuffer<'m>, Header)> {
        loop {
            let (buffer, written) = self.next(&self.receive, patience)?;
            match received::header(self.shm.coherency(), &buffer.span) {
                Some(header) if u32::from(header.len) <= written - HEADER_LEN => return Some((buffer, header)),
                _ => self.mistake(DeviceError::HeaderLength),
            }
            self.lend_again(buffer);
            patience.bear()?;
        }
    }

    /// Lends a receive buffer.
    pub(super) fn lend_again(&self, buffer: DriverBuffer<'m>) {
        self.receive.lend(&self.shm, buffer, LINUX_BUFFER_LEN);
    }

    /// A buffer to send in. The device is only to kick for returned ones while none is free, as in Linux
    /// up to 6.12 (`rpmsg_upref_sleepers`).
    pub(super) fn take(&self) -> Option<DriverBuffer<'m>> {
        if let Some(buffer) = self.send.take_free() {
            return Some(buffer);
        }
        self.reclaim();
        if let Some(buffer) = self.send.take_free() {
            self.send.set_quiet(&self.shm, true);
            return Some(buffer);
        }
        // What is returned before the device sees the flag is found by looking once more.
        self.send.set_quiet(&self.shm, false);
        self.reclaim();
        self.send.take_free()
    }

    fn reclaim(&self) {
        let mut patience = Patience::new();
        while let Some((buffer, _)) = self.next(&self.send, &mut patience) {
            self.send.release(buffer);
        }
    }

    /// Hands a filled buffer to the device: header before it, `header.len` bytes of payload in it.
    pub(super) fn send(&self, buffer: DriverBuffer<'m>, header: Header) {
        // A buffer has 512 bytes, so the 16 of a header fit.
        let _ = buffer.span.write_words(self.shm.coherency(), 0, header.to_words());
        self.send.lend(&self.shm, buffer, HEADER_LEN + u32::from(header.len));
        count(&self.stats.sent);
    }
}
