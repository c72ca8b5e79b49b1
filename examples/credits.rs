// SPDX-License-Identifier: MIT OR Apache-2.0
//! A stream that sends only what its reader in Linux has asked for. Linux empties the ring whether its program reads or
//! not, so a full ring does not slow the firmware down: the reader has to ask. It writes four bytes, the lowest first: for
//! how many more messages it has room. tests/credits.rs runs this.

use imx_rpmsg::mailbox::Doorbell;
use imx_rpmsg::rpmsg::{Endpoint, Event, Link, Message, Unbound};
use imx_rpmsg::shm::Coherency;

/// The most messages that a reader gets without asking again, whatever it asks for.
const MOST: u32 = 256;

/// The reader, and how many messages it has asked for and was not sent yet.
#[derive(Default)]
pub struct Credits {
    reader: u32,
    left: u32,
}

impl Credits {
    /// To be called with each message to the stream's endpoint: its sender asks for more.
    pub fn on_request<C: Coherency>(&mut self, message: &Message<'_, '_, C>) {
        let mut more = [0; 4];
        if message.read(0, &mut more) != more.len() {
            return;
        }
        if self.reader != message.source() {
            // What another reader has asked for does not count for this one.
            *self = Self { reader: message.source(), left: 0 };
        }
        self.left = self.left.saturating_add(u32::from_le_bytes(more)).min(MOST);
    }

    /// To be called with what `Link::poll` returns: after a reset the reader has to ask again.
    pub fn on_event(&mut self, event: Event) {
        if !matches!(event, Event::Refused(..)) {
            *self = Self::default();
        }
    }

    /// Sends `data` if it is wanted and there is a buffer. If not, returns `false`, and the application keeps or drops it.
    pub fn offer<'m, C: Coherency, D: Doorbell, const N: usize>(
        &mut self,
        link: &Link<'m, C, D, N>,
        stream: &Endpoint<Unbound>,
        data: &[u8],
    ) -> bool {
        if self.left == 0 || link.send_to(stream, self.reader, data).is_err() {
            return false;
        }
        self.left -= 1;
        true
    }
}
