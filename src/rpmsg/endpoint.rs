// SPDX-License-Identifier: MIT OR Apache-2.0
//! Endpoints: who is reached at which address.
#![forbid(unsafe_code)]

use core::cell::Cell;

use crate::wire::name_service::{NAME_SERVICE_ADDR, Name};

/// Lowest address that is given out; those below are reserved (`RPMSG_RESERVED_ADDRESSES`).
const FIRST_DYNAMIC: u32 = 0x400;

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

/// Names an endpoint of a link. Unlike an address it is not used again, before 2^32 endpoints were opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointId {
    pub(super) slot: u8,
    pub(super) generation: u32,
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

/// What the peer has been told of an endpoint.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Nothing: it has no name, or the announcement waits for a buffer.
    Nothing,
    /// That it exists.
    Created,
}

#[derive(Clone, Copy)]
pub(super) struct Slot {
    pub(super) addr: u32,
    pub(super) name: Option<Name>,
    pub(super) told: Told,
    /// Closed, but the peer still has to be told.
    pub(super) closing: bool,
}

/// Stands for "receives nothing" in [`Table::receives`]: messages for it never ask the table.
const NOBODY: u32 = NAME_SERVICE_ADDR;

pub(super) struct Table<const N: usize> {
    /// The address at which each slot receives, apart from the rest because every message looks here.
    receives: [Cell<u32>; N],
    slots: [Cell<Option<Slot>>; N],
    generations: [Cell<u32>; N],
}

impl<const N: usize> Table<N> {
    pub(super) const fn new() -> Self {
        const { assert!(N > 0 && N <= 255, "a link has 1 to 255 endpoints") };
        Self {
            receives: [const { Cell::new(NOBODY) }; N],
            slots: [const { Cell::new(None) }; N],
            generations: [const { Cell::new(0) }; N],
        }
    }

    pub(super) fn open(&self, name: Option<Name>, address: Address) -> Result<Endpoint<Unbound>, OpenError> {
        let slot = self.slots.iter().position(|slot| slot.get().is_none()).ok_or(OpenError::Full)?;
        let addr = match address {
            Address::Fixed(addr) if addr == NAME_SERVICE_ADDR || self.taken(addr) => {
                return Err(OpenError::AddressInUse);
            }
            Address::Fixed(addr) => addr,
            // At most 255 addresses are taken, so one of these is free.
            Address::Dynamic => (FIRST_DYNAMIC..).find(|&addr| !self.taken(addr)).ok_or(OpenError::Full)?,
        };
        let generation = self.generations[slot].get().wrapping_add(1);
        self.generations[slot].set(generation);
        self.slots[slot].set(Some(Slot { addr, name, told: Told::Nothing, closing: false }));
        self.receives[slot].set(addr);
        Ok(Endpoint { id: EndpointId { slot: slot as u8, generation }, addr, state: Unbound })
    }

    fn taken(&self, addr: u32) -> bool {
        self.slots.iter().any(|slot| slot.get().is_some_and(|slot| slot.addr == addr))
    }

    /// The open endpoint at `addr`, which is not the name service's.
    #[inline]
    pub(super) fn find(&self, addr: u32) -> Option<EndpointId> {
        let index = self.receives.iter().position(|receives| receives.get() == addr)?;
        Some(EndpointId { slot: index as u8, generation: self.generations[index].get() })
    }

    /// Closes an endpoint; its slot stays taken while the peer has to be told.
    pub(super) fn close(&self, id: EndpointId) {
        let index = usize::from(id.slot);
        if let (Some(cell), Some(receives)) = (self.slots.get(index), self.receives.get(index)) {
            receives.set(NOBODY);
            let slot = cell.get().filter(|slot| slot.told == Told::Created);
            cell.set(slot.map(|slot| Slot { closing: true, ..slot }));
        }
    }

    /// The peer knows nothing of any endpoint any more.
    pub(super) fn forget(&self) {
        for cell in &self.slots {
            cell.set(cell.get().filter(|slot| !slot.closing).map(|slot| Slot { told: Told::Nothing, ..slot }));
        }
    }

    /// Calls `tell` for each endpoint of which the peer has to be told something, until it says no.
    pub(super) fn tell_each(&self, mut tell: impl FnMut(Name, &Slot) -> bool) {
        for cell in &self.slots {
            let Some(slot) = cell.get() else { continue };
            let Some(name) = slot.name else { continue };
            if slot.told == Told::Created && !slot.closing {
                continue;
            }
            if !tell(name, &slot) {
                return;
            }
            cell.set(if slot.closing { None } else { Some(Slot { told: Told::Created, ..slot }) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn addresses_are_given_lowest_first_and_never_twice() {
        let table = Table::<4>::new();
        let mut open: Vec<_> = (0..4).map(|_| table.open(None, Address::Dynamic).unwrap()).collect();
        assert_eq!(open.iter().map(Endpoint::address).collect::<Vec<_>>(), [0x400, 0x401, 0x402, 0x403]);
        assert_eq!(table.open(None, Address::Dynamic).unwrap_err(), OpenError::Full);
        table.close(open.remove(1).id());
        let again = table.open(None, Address::Dynamic).unwrap();
        assert_eq!(again.address(), 0x401);
        assert!(open.iter().all(|e| e.id() != again.id()));
    }

    #[test]
    fn a_closed_endpoint_is_not_its_successor() {
        let table = Table::<1>::new();
        let first = table.open(None, Address::Dynamic).unwrap();
        let id = first.id();
        table.close(first.id());
        let second = table.open(None, Address::Dynamic).unwrap();
        assert_eq!(second.address(), 0x400);
        assert_ne!(second.id(), id);
    }

    #[test]
    fn fixed_addresses_are_taken_once() {
        let table = Table::<3>::new();
        assert_eq!(table.open(None, Address::Fixed(53)).unwrap_err(), OpenError::AddressInUse);
        assert_eq!(table.open(None, Address::Fixed(0x400)).unwrap().address(), 0x400);
        assert_eq!(table.open(None, Address::Fixed(0x400)).unwrap_err(), OpenError::AddressInUse);
        assert_eq!(table.open(None, Address::Dynamic).unwrap().address(), 0x401);
    }

    #[test]
    fn a_closed_endpoint_keeps_its_address_until_the_peer_was_told() {
        let table = Table::<2>::new();
        let endpoint = table.open(Name::new("a"), Address::Dynamic).unwrap();
        table.tell_each(|_, slot| !slot.closing);
        table.close(endpoint.id());
        assert_eq!(table.find(0x400), None);
        assert_eq!(table.open(None, Address::Dynamic).unwrap().address(), 0x401);
        let mut told = Vec::new();
        table.tell_each(|name, slot| {
            told.push((name, slot.closing));
            true
        });
        assert_eq!(told, [(Name::new("a").unwrap(), true)]);
        assert_eq!(table.open(None, Address::Dynamic).unwrap().address(), 0x400);
    }
}
