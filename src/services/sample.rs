// SPDX-License-Identifier: MIT OR Apache-2.0
//! The partner of Linux's `rpmsg_client_sample`: every message comes back as it was.
#![forbid(unsafe_code)]

use crate::rpmsg::{Grant, Message, SendError};
use crate::shm::Coherency;

/// Echoes any number of messages, through any number of loads of the Linux module.
#[derive(Default)]
pub struct Sample {
    echoed: u32,
}

impl Sample {
    /// Channel name that the Linux driver binds to (`samples/rpmsg/rpmsg_client_sample.c`).
    pub const NAME: &'static str = "rpmsg-client-sample";

    /// Messages echoed so far; wraps.
    pub fn echoed(&self) -> u32 {
        self.echoed
    }

    /// Returns `message` to its sender; `Ok` is the number of messages echoed so far.
    pub fn respond<'l, 'm, C: Coherency>(
        &mut self,
        message: Message<'l, 'm, C>,
        grant: Grant<'l, 'm, C>,
    ) -> Result<u32, SendError> {
        super::echo(message, grant)?;
        self.echoed = self.echoed.wrapping_add(1);
        Ok(self.echoed)
    }
}
