// SPDX-License-Identifier: MIT OR Apache-2.0
//! The partner of Linux's `rpmsg_tty`: what is written to `/dev/ttyRPMSGn` comes back behind a prefix.
#![forbid(unsafe_code)]

use crate::rpmsg::{Grant, Message, SendError};
use crate::shm::Coherency;

/// Bytes of `TTY 0x0401: `.
const PREFIX_LEN: usize = 12;

/// Echoes with a prefix that names the endpoint, as the reference sample does.
pub struct Tty {
    prefix: [u8; PREFIX_LEN],
}

impl Tty {
    /// Channel name that the Linux driver binds to (`drivers/tty/rpmsg_tty.c`).
    pub const NAME: &'static str = "rpmsg-tty";

    /// Replies for the endpoint at `address`, of which the low 16 bits are shown.
    pub fn new(address: u32) -> Self {
        let mut prefix = *b"TTY 0x0000: ";
        for (i, digit) in prefix[6..10].iter_mut().enumerate() {
            let value = (address >> (12 - 4 * i)) as u8 & 0xf;
            *digit = if value < 10 { b'0' + value } else { b'a' + value - 10 };
        }
        Self { prefix }
    }

    /// Returns `message` to its sender behind the prefix. What does not fit beside the prefix follows
    /// in a second message, so that every byte of a full message comes back.
    pub fn respond<'l, 'm, C: Coherency>(
        &self,
        message: Message<'l, 'm, C>,
        [mut first, mut second]: [Grant<'l, 'm, C>; 2],
    ) -> Result<(), SendError> {
        let head = message.len().min(first.capacity().saturating_sub(PREFIX_LEN));
        let tail = message.len() - head;
        first.write(0, &self.prefix)?;
        first.copy(PREFIX_LEN, &message, 0, head)?;
        if tail == 0 {
            return message.reply(first, PREFIX_LEN + head);
        }
        second.copy(0, &message, head, tail)?;
        message.answer(first, PREFIX_LEN + head)?;
        message.reply(second, tail)
    }
}
