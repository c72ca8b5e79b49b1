// SPDX-License-Identifier: MIT OR Apache-2.0
//! Counters of a link in the driver role.
#![forbid(unsafe_code)]

use core::cell::Cell;

use crate::rpmsg::stats::count;
use crate::vring::DeviceError;

/// What happened on a link; every counter wraps at 2^32.
#[derive(Default)]
pub struct Stats {
    pub(super) received: Cell<u32>,
    pub(super) sent: Cell<u32>,
    pub(super) nobody: Cell<u32>,
    pub(super) last_nobody: Cell<u32>,
    pub(super) announcements: Cell<u32>,
    pub(super) started: Cell<u32>,
    errors: [Cell<u32>; DeviceError::ALL.len()],
}

impl Stats {
    pub(super) fn error(&self, error: DeviceError) {
        count(&self.errors[error as usize]);
    }

    /// Messages handed to an endpoint.
    pub fn received(&self) -> u32 {
        self.received.get()
    }

    /// Messages sent, announcements among them.
    pub fn sent(&self) -> u32 {
        self.sent.get()
    }

    /// Messages for an address that no endpoint has; their buffers were lent again.
    pub fn nobody(&self) -> u32 {
        self.nobody.get()
    }

    /// The address that the last such message was for.
    pub fn last_nobody(&self) -> u32 {
        self.last_nobody.get()
    }

    /// Announcements handed to the caller.
    pub fn announcements(&self) -> u32 {
        self.announcements.get()
    }

    /// How often the link was started.
    pub fn started(&self) -> u32 {
        self.started.get()
    }

    /// Mistakes of the device of one kind.
    pub fn errors(&self, kind: DeviceError) -> u32 {
        self.errors[kind as usize].get()
    }
}
