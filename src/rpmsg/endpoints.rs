// SPDX-License-Identifier: MIT OR Apache-2.0
//! The endpoints of a link, of either role: where they receive, and what the peer has been told of them.
#![forbid(unsafe_code)]

use super::addresses::Addresses;
use super::channels::Channels;
use super::endpoint::{Address, Endpoint, OpenError, Unbound};
use super::grant::SendError;
use crate::wire::name_service::{Announcement, Name};

pub(super) struct Endpoints<'m, const N: usize> {
    pub(super) addresses: Addresses<N>,
    channels: Channels<'m, N>,
}

impl<'m, const N: usize> Endpoints<'m, N> {
    pub(super) fn new(link: u32) -> Self {
        Self { addresses: Addresses::new(link), channels: Channels::new() }
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

    /// Closes an endpoint, if it is of this link; its slot stays taken while the peer has to be told.
    pub(super) fn close<S>(&self, endpoint: Endpoint<S>) {
        if !self.addresses.has(endpoint.id) {
            return;
        }
        self.addresses.close(endpoint.id);
        let slot = endpoint.id.slot();
        if self.channels.close(slot) {
            self.addresses.free(slot);
        }
    }

    /// The address to send from.
    pub(super) fn source<S>(&self, endpoint: &Endpoint<S>) -> Result<u32, SendError> {
        if self.addresses.has(endpoint.id) { Ok(endpoint.addr) } else { Err(SendError::OtherLink) }
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
