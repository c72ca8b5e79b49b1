// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is counted: the device's way from a kick to its answer.

use imx_rpmsg::mailbox::Doorbell;
use imx_rpmsg::rpmsg::{Grant, Link, Message, SendError};
use imx_rpmsg::shm::Coherency;

/// Endpoints that are open; the messages go to them in turn.
pub const ENDPOINTS: usize = 4;

/// Messages of each case where instructions are counted: once round the rings.
pub const MESSAGES: u16 = 256;

/// What the application does with a payload.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Into an array of its own, and from there into the reply: moved twice.
    Array,
    /// From buffer to buffer: moved once, as by the C libraries' send from a receive callback.
    Copy,
    /// Nothing: the answer is empty, and no payload is moved.
    Empty,
}

/// How much of the application's loop is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// From the first look at the ring to the kick: receive until there is nothing, reply, flush.
    Drain,
    /// One turn of the application's loop: also `poll` before it and `has_work` after it.
    Turn,
}

/// One case.
#[derive(Clone, Copy)]
pub struct Case {
    pub kind: Kind,
    pub scope: Scope,
    /// Bytes of payload.
    pub len: u16,
    /// Messages for each kick of Linux.
    pub burst: u16,
    /// Whether Linux wants to hear of its transmit buffers: no up to 6.12, yes from 7.x on.
    pub tx_interrupts: bool,
}

const LENGTHS: [u16; 4] = [12, 16, 64, 496];
const BURSTS: [u16; 2] = [1, 16];
const KINDS: [Kind; 3] = [Kind::Array, Kind::Copy, Kind::Empty];

/// Every case, in the order in which they run.
pub fn all() -> impl Iterator<Item = Case> {
    let drain = |kind, len, burst| Case { kind, scope: Scope::Drain, len, burst, tx_interrupts: false };
    let matrix = KINDS.into_iter().flat_map(move |kind| {
        BURSTS.into_iter().flat_map(move |b| LENGTHS.into_iter().map(move |len| drain(kind, len, b)))
    });
    let turns = BURSTS.into_iter().map(move |b| Case { scope: Scope::Turn, ..drain(Kind::Copy, 16, b) });
    let heard = BURSTS.into_iter().map(move |b| Case { tx_interrupts: true, ..drain(Kind::Copy, 16, b) });
    matrix.chain(turns).chain(heard)
}

impl Case {
    /// Bytes of payload of the answer.
    pub fn answered(&self) -> u16 {
        if self.kind == Kind::Empty { 0 } else { self.len }
    }
}

impl core::fmt::Display for Case {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let kind = match self.kind {
            Kind::Array => "array",
            Kind::Copy => "copy",
            Kind::Empty => "empty",
        };
        let scope = if self.scope == Scope::Turn { "-turn" } else { "" };
        let heard = if self.tx_interrupts { "-7.x" } else { "" };
        write!(f, "{kind}{scope}{heard}/{}/{}", self.len, self.burst)
    }
}

/// The application's array, aligned as the payload is.
#[repr(align(16))]
pub struct Scratch(pub [u8; 496]);

/// Answers `message`. A failure shows: Linux misses its answer.
#[inline(always)]
fn answer<'l, 'm, C: Coherency>(
    kind: Kind,
    message: Message<'l, 'm, C>,
    mut grant: Grant<'l, 'm, C>,
    scratch: &mut Scratch,
) -> Result<(), SendError> {
    let len = message.len();
    match kind {
        Kind::Array => {
            let n = message.read(0, &mut scratch.0);
            grant.write(0, &scratch.0[..n])?;
        }
        Kind::Copy => grant.copy(0, &message, 0, len)?,
        Kind::Empty => return message.reply(grant, 0),
    }
    message.reply(grant, len)
}

/// [`Scope::Drain`]. The kind is a constant where it is called.
#[inline(always)]
pub fn drain<C: Coherency, D: Doorbell, const N: usize>(kind: Kind, link: &Link<'_, C, D, N>, scratch: &mut Scratch) {
    while let Some((message, [grant])) = link.receive_with_grants::<1>() {
        if answer(kind, message, grant, scratch).is_err() {
            break;
        }
    }
    link.flush();
}

/// [`Scope::Turn`]; whether the owner would go to sleep now.
#[inline(always)]
pub fn turn<C: Coherency, D: Doorbell, const N: usize>(
    kind: Kind,
    link: &Link<'_, C, D, N>,
    scratch: &mut Scratch,
) -> bool {
    while link.poll(true).is_some() {}
    drain(kind, link, scratch);
    !link.has_work()
}
