// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which endpoint receives at which address.
#![forbid(unsafe_code)]

use core::cell::Cell;

use super::endpoint::{Address, EndpointId, FIRST_DYNAMIC, OpenError};
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
    pub(super) const fn new() -> Self {
        const { assert!(N > 0 && N <= 255, "a link has 1 to 255 endpoints") };
        Self {
            receives: [const { Cell::new(NOBODY) }; N],
            ids: [const { Cell::new(EndpointId(0)) }; N],
            taken: [const { Cell::new(NOBODY) }; N],
        }
    }

    /// Takes a free slot, and the address for it.
    pub(super) fn open(&self, address: Address) -> Result<(EndpointId, u32), OpenError> {
        let free = |slot: usize| self.taken.get(slot).is_some_and(|taken| taken.get() == NOBODY);
        let any = (0..N).find(|&slot| free(slot)).ok_or(OpenError::Full)?;
        let addr = match address {
            Address::Fixed(addr) if self.is_taken(addr) => return Err(OpenError::AddressInUse),
            Address::Fixed(addr) => addr,
            // At most 255 addresses are taken, so one of these is free.
            Address::Dynamic => (FIRST_DYNAMIC..).find(|&addr| !self.is_taken(addr)).ok_or(OpenError::Full)?,
        };
        // Where `find` looks first.
        let own = addr.wrapping_sub(FIRST_DYNAMIC) as usize;
        let slot = if free(own) { own } else { any };
        let id = EndpointId::new(slot as u8, self.ids[slot].get().generation().wrapping_add(1));
        self.ids[slot].set(id);
        self.taken[slot].set(addr);
        self.receives[slot].set(addr);
        Ok((id, addr))
    }

    fn is_taken(&self, addr: u32) -> bool {
        addr == NAME_SERVICE_ADDR || self.taken.iter().any(|taken| taken.get() == addr)
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

    /// Receives nothing any more at an endpoint; its slot and address stay taken until [`free`](Self::free).
    pub(super) fn close(&self, id: EndpointId) {
        if let Some(receives) = self.receives.get(id.slot()) {
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
