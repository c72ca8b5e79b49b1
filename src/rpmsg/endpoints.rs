// SPDX-License-Identifier: MIT OR Apache-2.0
//! The endpoints of a link, of either role: where they receive, and what the peer has been told of them.
#![forbid(unsafe_code)]

use super::addresses::Addresses;
use super::channels::Channels;
use super::endpoint::{Address, Bound, Endpoint, OpenError, Unbound};
use super::grant::SendError;
use crate::wire::name_service::{Announcement, Name};

pub(super) struct Endpoints<'m, const N: usize> {
    pub(super) addresses: Addresses<N>,
    channels: Channels<'m, N>,
}

impl<'m, const N: usize> Endpoints<'m, N> {
    pub(super) fn new() -> Self {
        Self { addresses: Addresses::new(), channels: Channels::new() }
    }

    /// Opens an endpoint that is to be announced as `name`.
    pub(super) fn open(&self, name: &'m str, address: Address) -> Result<Endpoint<Unbound>, OpenError> {
        Name::new(name).ok_or(OpenError::Name)?;
        let endpoint = self.open_unannounced(address)?;
        self.channels.open(endpoint.slot.into(), name);
        Ok(endpoint)
    }

    pub(super) fn open_unannounced(&self, address: Address) -> Result<Endpoint<Unbound>, OpenError> {
        self.addresses.open(address)
    }

    /// Closes an endpoint, if it is of this link; its slot stays taken while the peer has to be told.
    pub(super) fn close<S>(&self, endpoint: Endpoint<S>) {
        if !self.addresses.has(&endpoint) {
            return;
        }
        let slot = endpoint.slot.into();
        self.addresses.close(slot);
        if self.channels.close(slot) {
            self.addresses.free(slot);
        }
    }

    /// Gives an endpoint its peer, for as long as attachment `epoch` lasts. An endpoint of another link gets no peer: the
    /// number may be that of an attachment of its own link too.
    pub(super) fn bind(&self, endpoint: Endpoint<Unbound>, peer: u32, epoch: u32) -> Endpoint<Bound> {
        let epoch = if self.addresses.has(&endpoint) { epoch } else { 0 };
        endpoint.with_state(Bound { peer, epoch })
    }

    /// The address to send from.
    pub(super) fn source<S>(&self, endpoint: &Endpoint<S>) -> Result<u32, SendError> {
        if self.addresses.has(endpoint) { Ok(endpoint.addr) } else { Err(SendError::OtherLink) }
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
