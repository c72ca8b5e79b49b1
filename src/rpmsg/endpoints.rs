// SPDX-License-Identifier: MIT OR Apache-2.0
//! The endpoints of a link, of either role: where they receive, and what the peer has been told of them.
#![forbid(unsafe_code)]

use super::addresses::Addresses;
use super::channels::Channels;
use super::endpoint::{Address, Endpoint, OpenError, Unbound};
use crate::wire::name_service::{Announcement, Name};

pub(super) struct Endpoints<'m, const N: usize> {
    pub(super) addresses: Addresses<N>,
    channels: Channels<'m, N>,
}

impl<'m, const N: usize> Endpoints<'m, N> {
    pub(super) const fn new() -> Self {
        Self { addresses: Addresses::new(), channels: Channels::new() }
    }

    /// Opens an endpoint that is to be announced as `name`.
    pub(super) fn open(&self, name: &'m str, address: Address) -> Result<Endpoint<Unbound>, OpenError> {
        Name::new(name).ok_or(OpenError::Name)?;
        let endpoint = self.open_unannounced(address)?;
        self.channels.open(endpoint.id.slot(), name);
        Ok(endpoint)
    }

    pub(super) fn open_unannounced(&self, address: Address) -> Result<Endpoint<Unbound>, OpenError> {
        let (id, addr) = self.addresses.open(address)?;
        Ok(Endpoint { id, addr, state: Unbound })
    }

    /// Closes an endpoint; its slot stays taken while the peer has to be told.
    pub(super) fn close<S>(&self, endpoint: Endpoint<S>) {
        self.addresses.close(endpoint.id);
        let slot = endpoint.id.slot();
        if self.channels.close(slot) {
            self.addresses.free(slot);
        }
    }

    /// The peer knows of no channel any more.
    pub(super) fn forget(&self) {
        self.channels.forget(&self.addresses);
    }

    /// Calls `tell` for each channel of which the peer has to be told something, until it says no.
    pub(super) fn tell(&self, tell: impl FnMut(Announcement) -> bool) {
        self.channels.tell(&self.addresses, tell);
    }
}
