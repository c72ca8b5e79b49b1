// SPDX-License-Identifier: MIT OR Apache-2.0
//! The partners of the two client drivers that NXP's Linux has in addition to mainline's: `imx_rpmsg_pingpong` and
//! `imx_rpmsg_tty`. NXP's examples for a Cortex-M answer them otherwise. Both greet with "hello world!" as soon as there
//! is a channel.
#![forbid(unsafe_code)]

use crate::rpmsg::{Grant, Message, SendError};
use crate::shm::Coherency;

/// The largest number that is answered: NXP's driver ends when a larger one comes back.
const LAST: u32 = 100;

/// Answers each number with the next one. It keeps no state, so the module may be loaded any number of times.
pub struct PingPong;

impl PingPong {
    /// Channel name that NXP's driver binds to (`drivers/rpmsg/imx_rpmsg_pingpong.c` of its kernel).
    pub const NAME: &'static str = "rpmsg-openamp-demo-channel";

    /// Answers a number of four bytes up to 100, and nothing else: not the greeting.
    pub fn respond<'l, 'm, C: Coherency>(
        message: Message<'l, 'm, C>,
        mut grant: Grant<'l, 'm, C>,
    ) -> Result<(), SendError> {
        let mut number = [0; 4];
        if message.len() != number.len() || message.read(0, &mut number) != number.len() {
            return Ok(());
        }
        let ping = u32::from_le_bytes(number);
        if ping > LAST {
            return Ok(());
        }
        grant.write(0, &(ping + 1).to_le_bytes())?;
        message.reply(grant, number.len())
    }
}

/// Sends back what is written to the tty, including the greeting.
pub struct VirtualTty;

impl VirtualTty {
    /// Channel name that NXP's driver binds to (`drivers/rpmsg/imx_rpmsg_tty.c` of its kernel).
    pub const NAME: &'static str = "rpmsg-virtual-tty-channel-1";

    /// The address in NXP's examples, after which its driver names the device: `/dev/ttyRPMSG30`.
    pub const ADDRESS: u32 = 30;

    /// Returns `message` to its sender.
    pub fn respond<'l, 'm, C: Coherency>(
        message: Message<'l, 'm, C>,
        grant: Grant<'l, 'm, C>,
    ) -> Result<(), SendError> {
        super::echo(message, grant)
    }
}
