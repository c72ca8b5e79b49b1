// SPDX-License-Identifier: MIT OR Apache-2.0
//! Endpoints: who is reached at which address.
#![forbid(unsafe_code)]

use core::sync::atomic::AtomicU32;

use crate::arch::count_up;
use crate::wire::name_service::{ADDR_ANY, NAME_SERVICE_ADDR};

/// Lowest address that is given out; those below are reserved (`RPMSG_RESERVED_ADDRESSES`).
pub(super) const FIRST_DYNAMIC: u32 = 0x400;

/// Which address an endpoint gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// The lowest free one from 0x400 up.
    Dynamic,
    /// This one, if it is free and neither the name service's (53) nor 0xffff_ffff, which stands for no address
    /// (`RPMSG_ADDR_ANY`). Addresses below 0x400 may be used too: [`Dynamic`](Self::Dynamic) leaves them to services
    /// whose two sides have agreed on one.
    Fixed(u32),
}

/// Why an endpoint was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// All slots of the link's table are taken.
    Full,
    /// Another endpoint has the address, or had it and the peer was not told yet that it is gone.
    AddressInUse,
    /// No endpoint can have the address: see [`Address::Fixed`].
    AddressReserved,
    /// The name is empty, longer than 31 bytes or holds a NUL.
    Name,
}

impl Address {
    /// Whether no endpoint can have `address`.
    pub(super) fn is_reserved(address: u32) -> bool {
        address == NAME_SERVICE_ADDR || address == ADDR_ANY
    }
}

/// Names an endpoint among those of all links: each that is opened gets the next of 2^32 numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointId(u32);

impl EndpointId {
    /// No endpoint's name.
    pub(super) const NONE: Self = Self(0);

    /// The name of the next endpoint.
    pub(super) fn next() -> Self {
        static OPENED: AtomicU32 = AtomicU32::new(0);
        loop {
            let id = Self(count_up(&OPENED));
            if id != Self::NONE {
                return id;
            }
        }
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
    /// Its place among those of its link.
    pub(super) slot: u8,
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

    pub(super) fn with_state<T>(self, state: T) -> Endpoint<T> {
        Endpoint { id: self.id, slot: self.slot, addr: self.addr, state }
    }
}

impl Endpoint<Bound> {
    /// The peer's address.
    pub fn peer(&self) -> u32 {
        self.state.peer
    }

    /// Forgets the peer.
    pub fn unbind(self) -> Endpoint<Unbound> {
        self.with_state(Unbound)
    }
}
