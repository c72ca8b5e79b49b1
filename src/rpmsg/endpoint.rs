// SPDX-License-Identifier: MIT OR Apache-2.0
//! Endpoints: who is reached at which address.
#![forbid(unsafe_code)]

/// Lowest address that is given out; those below are reserved (`RPMSG_RESERVED_ADDRESSES`).
pub(super) const FIRST_DYNAMIC: u32 = 0x400;

/// Which address an endpoint gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// The lowest free one from 0x400 up.
    Dynamic,
    /// This one, when it is free and not the name service's.
    Fixed(u32),
}

/// Why an endpoint was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// All slots of the link's table are taken.
    Full,
    /// Another endpoint or the name service has the address.
    AddressInUse,
    /// The name is empty, longer than 31 bytes or holds a NUL.
    Name,
}

/// Names an endpoint of a link: which of the links of one table it is of, a slot, and the number of its use, which is not
/// used again before 2^21 endpoints were opened in the slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointId(pub(super) u32);

impl EndpointId {
    /// The name that nothing has yet, in any slot of link `link`, which is below 8.
    pub(super) const fn none(link: u32) -> Self {
        Self(link << 29)
    }

    /// The next name for `slot` after this one, which was the last there.
    pub(super) fn next(self, slot: u8) -> Self {
        let uses = (self.0 >> 8).wrapping_add(1) & 0x1f_ffff;
        Self(self.0 & 7 << 29 | uses << 8 | u32::from(slot))
    }

    pub(super) fn slot(self) -> usize {
        (self.0 & 0xff) as usize
    }
}

/// The peer's address is not known: only replies and messages to an address can be sent. The name
/// service is one-way, so an endpoint is unbound until Linux has spoken first.
#[derive(Debug)]
pub struct Unbound;

/// The peer's address is known.
#[derive(Debug)]
pub struct Bound {
    pub(super) peer: u32,
    pub(super) epoch: u32,
}

/// An open endpoint. Not `Clone`: whoever has it may send from it and close it.
#[derive(Debug)]
#[must_use = "an endpoint stays open until it is closed with Link::close"]
pub struct Endpoint<S> {
    pub(super) id: EndpointId,
    pub(super) addr: u32,
    pub(super) state: S,
}

impl<S> Endpoint<S> {
    /// The endpoint in [`Message::endpoint`](super::Message::endpoint).
    pub fn id(&self) -> EndpointId {
        self.id
    }

    /// Its address on this side.
    pub fn address(&self) -> u32 {
        self.addr
    }
}

impl Endpoint<Bound> {
    /// The peer's address.
    pub fn peer(&self) -> u32 {
        self.state.peer
    }

    /// Forgets the peer.
    pub fn unbind(self) -> Endpoint<Unbound> {
        Endpoint { id: self.id, addr: self.addr, state: Unbound }
    }
}
