// SPDX-License-Identifier: MIT OR Apache-2.0
//! What went over one endpoint, as the application counts it: a link counts all of its endpoints in one.
#![forbid(unsafe_code)]

use crate::rpmsg::Endpoint;

/// An endpoint's name, address and messages.
#[derive(Clone, Copy, Debug)]
pub struct Channel {
    pub(super) name: &'static str,
    pub(super) address: u32,
    pub(super) received: u32,
    pub(super) sent: u32,
}

impl Channel {
    /// Of an endpoint that nothing has gone over.
    pub fn new<S>(name: &'static str, endpoint: &Endpoint<S>) -> Self {
        Self { name, address: endpoint.address(), received: 0, sent: 0 }
    }

    /// Counts messages; both counts wrap.
    pub fn count(&mut self, received: u32, sent: u32) {
        self.received = self.received.wrapping_add(received);
        self.sent = self.sent.wrapping_add(sent);
    }
}
