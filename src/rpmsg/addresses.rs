// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which endpoint receives at which address.
#![forbid(unsafe_code)]

use core::cell::Cell;

use super::endpoint::{Address, Endpoint, EndpointId, FIRST_DYNAMIC, OpenError, Unbound};
use crate::wire::name_service::NAME_SERVICE_ADDR;

/// Stands for "receives nothing": messages for it never ask the table.
const NOBODY: u32 = NAME_SERVICE_ADDR;

/// The slots of a link's endpoints.
#[derive(Clone)]
pub struct Addresses<const N: usize> {
    /// The address at which each slot receives, apart from the rest because every message looks here.
    receives: [Cell<u32>; N],
    ids: [Cell<EndpointId>; N],
    /// The address that each slot has: also while it receives nothing and the peer has yet to be told.
    taken: [Cell<u32>; N],
}

impl<const N: usize> Addresses<N> {
    pub(super) fn new() -> Self {
        const { assert!(N > 0 && N <= 255, "a link has 1 to 255 endpoints") };
        Self {
            receives: [const { Cell::new(NOBODY) }; N],
            ids: [const { Cell::new(EndpointId::NONE) }; N],
            taken: [const { Cell::new(NOBODY) }; N],
        }
    }

    /// Takes a free slot, and the address for it.
    pub(super) fn open(&self, address: Address) -> Result<Endpoint<Unbound>, OpenError> {
        let free = |slot: usize| self.taken.get(slot).is_some_and(|taken| taken.get() == NOBODY);
        let any = (0..N).find(|&slot| free(slot)).ok_or(OpenError::Full)?;
        let addr = match address {
            Address::Fixed(addr) if Address::is_reserved(addr) => return Err(OpenError::AddressReserved),
            Address::Fixed(addr) if self.is_taken(addr) => return Err(OpenError::AddressInUse),
            Address::Fixed(addr) => addr,
            // At most 255 addresses are taken, so one of these is free.
            Address::Dynamic => (FIRST_DYNAMIC..).find(|&addr| !self.is_taken(addr)).ok_or(OpenError::Full)?,
        };
        // Where `find` looks first.
        let own = addr.wrapping_sub(FIRST_DYNAMIC) as usize;
        let slot = if free(own) { own } else { any };
        let id = EndpointId::next();
        self.ids[slot].set(id);
        self.taken[slot].set(addr);
        self.receives[slot].set(addr);
        Ok(Endpoint { id, slot: slot as u8, addr, state: Unbound })
    }

    fn is_taken(&self, addr: u32) -> bool {
        self.taken.iter().any(|taken| taken.get() == addr)
    }

    /// The open endpoint at `addr`; none at the name service's.
    #[inline(always)]
    pub(super) fn find(&self, addr: u32) -> Option<EndpointId> {
        let own = addr.wrapping_sub(FIRST_DYNAMIC) as usize;
        match self.receives.get(own) {
            Some(receives) if receives.get() == addr => Some(self.ids[own].get()),
            _ => self.search(addr),
        }
    }

    #[cold]
    #[inline(never)]
    fn search(&self, addr: u32) -> Option<EndpointId> {
        let slot = self.receives.iter().position(|receives| receives.get() == addr && addr != NOBODY)?;
        Some(self.ids[slot].get())
    }

    /// Whether the endpoint is of this link: then it is open, as whoever closes it has it no more.
    pub(super) fn has<S>(&self, endpoint: &Endpoint<S>) -> bool {
        self.ids.get(usize::from(endpoint.slot)).is_some_and(|own| own.get() == endpoint.id)
    }

    /// Whether an endpoint of this link that is still open is called `id`.
    pub(super) fn is_open(&self, id: EndpointId) -> bool {
        self.ids.iter().zip(&self.receives).any(|(own, receives)| own.get() == id && receives.get() != NOBODY)
    }

    /// Stops receiving in a slot. The slot and its address stay taken until [`free`](Self::free).
    pub(super) fn close(&self, slot: usize) {
        if let Some(receives) = self.receives.get(slot) {
            receives.set(NOBODY);
        }
    }

    /// The address that a slot has.
    pub(super) fn taken(&self, slot: usize) -> u32 {
        self.taken.get(slot).map_or(NOBODY, Cell::get)
    }

    /// Lets a slot be used again.
    pub(super) fn free(&self, slot: usize) {
        if let Some(taken) = self.taken.get(slot) {
            taken.set(NOBODY);
        }
    }
}
