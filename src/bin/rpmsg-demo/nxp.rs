// SPDX-License-Identifier: MIT OR Apache-2.0
//! The demo's services under NXP's names.

use imx_rpmsg::firmware::{BoardLink, Cache};
use imx_rpmsg::rpmsg::{Address, Endpoint, Grant, Message, SendError, Unbound};
use imx_rpmsg::services::Incoming;
use imx_rpmsg::services::nxp::{PingPong, VirtualTty};

pub const ENDPOINTS: usize = 2;

pub struct Nxp {
    tty: Endpoint<Unbound>,
    ping_pong: Endpoint<Unbound>,
}

impl Nxp {
    /// Opens both endpoints. NXP's ping-pong example has address 30 as well, but is a firmware of its own; its driver
    /// takes any.
    pub fn open<const N: usize>(link: &BoardLink<'_, N>) -> Self {
        let (Ok(tty), Ok(ping_pong)) = (
            link.open(VirtualTty::NAME, Address::Fixed(VirtualTty::ADDRESS)),
            link.open(PingPong::NAME, Address::Dynamic),
        ) else {
            panic!("they fit the table, and nobody else has the address")
        };
        Self { tty, ping_pong }
    }

    pub fn endpoints(&self) -> [(&'static str, &Endpoint<Unbound>); ENDPOINTS] {
        [(VirtualTty::NAME, &self.tty), (PingPong::NAME, &self.ping_pong)]
    }

    pub fn respond<'l>(
        &self,
        message: Message<'l, 'static, Cache>,
        [grant, _]: [Grant<'l, 'static, Cache>; 2],
        incoming: &mut Incoming,
    ) -> Result<(), SendError> {
        if message.endpoint() == self.tty.id() {
            incoming.note("NXP's TTY", None, &message);
            VirtualTty::respond(message, grant)
        } else {
            incoming.note("NXP's ping-pong", None, &message);
            PingPong::respond(message, grant)
        }
    }

    pub fn into_endpoints(self) -> [Endpoint<Unbound>; ENDPOINTS] {
        [self.tty, self.ping_pong]
    }
}
