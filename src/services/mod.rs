// SPDX-License-Identifier: MIT OR Apache-2.0
//! Services to run on a link: plain users of the public API, to use or to copy.
#![forbid(unsafe_code)]

pub mod filter;
mod incoming;
pub mod nxp;
mod sample;
#[cfg(feature = "shell")]
pub mod shell;
mod tty;

pub use incoming::Incoming;
pub use sample::Sample;
pub use tty::Tty;

use crate::rpmsg::{Grant, Message, SendError};
use crate::shm::Coherency;

/// Returns a message to its sender as it was.
fn echo<'l, 'm, C: Coherency>(message: Message<'l, 'm, C>, mut grant: Grant<'l, 'm, C>) -> Result<(), SendError> {
    let len = message.len();
    grant.copy(0, &message, 0, len)?;
    message.reply(grant, len)
}
