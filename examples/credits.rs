// SPDX-License-Identifier: MIT OR Apache-2.0
//! A stream whose reader in Linux says how much of it it wants. Linux takes whatever comes off the ring, whether its
//! program reads or not, so a full ring holds up nobody: who reads must ask. The reader writes four bytes, the lowest
//! first: for how many more messages it has room. tests/credits.rs runs this.

use imx_rpmsg::mailbox::Doorbell;
use imx_rpmsg::rpmsg::{Endpoint, Event, Link, Message, Unbound};
use imx_rpmsg::shm::Coherency;

/// Whatever a reader asks for, it gets no more of it without asking again.
const MOST: u32 = 256;

/// Who reads, and how many messages it has asked for and not been sent.
#[derive(Default)]
pub struct Credits {
    reader: u32,
    left: u32,
}

impl Credits {
    /// A message to the stream's endpoint: more is wanted.
    pub fn hear<C: Coherency>(&mut self, message: &Message<'_, '_, C>) {
        let mut more = [0; 4];
        if message.read(0, &mut more) != more.len() {
            return;
        }
        if self.reader != message.source() {
            // What the reader before it has asked for is no business of this one.
            *self = Self { reader: message.source(), left: 0 };
        }
        self.left = self.left.saturating_add(u32::from_le_bytes(more)).min(MOST);
    }

    /// To be told of what `Link::poll` says: whoever reads after a reset has to ask.
    pub fn on_event(&mut self, event: Event) {
        if !matches!(event, Event::Refused(..)) {
            *self = Self::default();
        }
    }

    /// Sends `data` if it is wanted and there is a buffer; `false` if not: then it is the application's to keep or drop.
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
