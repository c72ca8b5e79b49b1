// SPDX-License-Identifier: MIT OR Apache-2.0
//! The two halves of a link, for two owners: an interrupt handler that receives and a main loop that sends, say.
#![forbid(unsafe_code)]

use super::addresses::Addresses;
use super::endpoint::{Bound, Endpoint, Unbound};
use super::endpoints::Endpoints;
use super::grant::{Grant, SendError};
use super::life::{Event, Life};
use super::link::Link;
use super::message::Message;
use super::receiver::Receiver;
use super::sender::Sender;
use crate::mailbox::Doorbell;
use crate::shm::Coherency;

/// The half that receives. It can be given to another context (it is `Send`); its messages stay there.
///
/// The halves share no private memory, only what each reads of Linux's: each follows Linux on its own, by
/// [`poll`](Self::poll), and for a moment one may be up when the other is not. A message that is sent in between
/// goes to the rings that the sending half is attached to, or nowhere.
pub struct Incoming<'l, 'm, C: Coherency, D: Doorbell, const N: usize> {
    receiver: &'l mut Receiver<'m, C>,
    doorbell: &'l D,
    life: Life<'m>,
    addresses: Addresses<N>,
}

/// The half that sends and announces. It can be given to another context (it is `Send`); its grants stay there.
pub struct Outgoing<'l, 'm, C: Coherency, D: Doorbell, const N: usize> {
    sender: &'l mut Sender<'m, C>,
    doorbell: &'l D,
    life: &'l mut Life<'m>,
    endpoints: &'l mut Endpoints<'m, N>,
}

impl<'m, C: Coherency, D: Doorbell, const N: usize> Link<'m, C, D, N> {
    /// Lends the halves of the link. Endpoints are opened before and closed after; with the halves gone the link goes
    /// on as a whole. The doorbell has to be one that both owners may use at a time (`Sync`).
    pub fn split(&mut self) -> (Incoming<'_, 'm, C, D, N>, Outgoing<'_, 'm, C, D, N>)
    where
        D: Sync,
    {
        let (life, addresses) = (self.life.clone(), self.endpoints.addresses.clone());
        let doorbell = &self.doorbell;
        (
            Incoming { receiver: &mut self.receiver, doorbell, life, addresses },
            Outgoing { sender: &mut self.sender, doorbell, life: &mut self.life, endpoints: &mut self.endpoints },
        )
    }
}

impl<'m, C: Coherency, D: Doorbell, const N: usize> Incoming<'_, 'm, C, D, N> {
    /// As [`Link::poll`], for the receive ring.
    pub fn poll(&self, kicked: bool) -> Option<Event> {
        let event = self.life.step(&[&self.receiver.half], kicked);
        event.or_else(|| if self.receiver.half.is_suspect() { self.receiver.half.change() } else { None })
    }

    /// As [`Link::receive`].
    #[inline(always)]
    pub fn receive(&self) -> Option<Message<'_, 'm, C>> {
        if self.receiver.has_lent() { self.receiver.receive(&self.addresses) } else { None }
    }

    /// Kicks Linux for the messages given back since the last call, where it wants to know.
    #[inline(always)]
    pub fn flush(&self) {
        self.receiver.half.flush(self.doorbell);
    }

    /// Whether there is a message to receive, or the ring broke or got stuck and [`poll`](Self::poll) has not said so yet:
    /// the owner should not sleep.
    pub fn has_work(&self) -> bool {
        self.receiver.has_lent() || self.receiver.half.has_failed()
    }
}

impl<'m, C: Coherency, D: Doorbell, const N: usize> Outgoing<'_, 'm, C, D, N> {
    /// As [`Link::poll`], for the transmit ring.
    pub fn poll(&self, kicked: bool) -> Option<Event> {
        let event = self.life.step(&[&self.sender.half], kicked);
        if event.is_some() {
            self.sender.forget();
            self.endpoints.forget();
        }
        let event = event.or_else(|| if self.sender.half.is_suspect() { self.sender.change() } else { None });
        self.sender.announce(self.endpoints);
        event
    }

    /// As [`Link::bind`].
    pub fn bind(&self, endpoint: Endpoint<Unbound>, peer: u32) -> Endpoint<Bound> {
        self.endpoints.bind(endpoint, peer, self.sender.half.epoch())
    }

    /// As [`Link::grant`].
    #[inline(always)]
    pub fn grant(&self) -> Result<Grant<'_, 'm, C>, SendError> {
        self.sender.grant()
    }

    /// As [`Link::send`].
    pub fn send(&self, endpoint: &Endpoint<Bound>, payload: &[u8]) -> Result<(), SendError> {
        self.sender.send_bound(self.endpoints.source(endpoint)?, &endpoint.state, payload)
    }

    /// As [`Link::send_to`].
    pub fn send_to<S>(&self, endpoint: &Endpoint<S>, dst: u32, payload: &[u8]) -> Result<(), SendError> {
        self.sender.transmit(self.endpoints.source(endpoint)?, dst, payload)
    }

    /// As [`Link::send_grant`].
    pub fn send_grant<S>(
        &self,
        endpoint: &Endpoint<S>,
        dst: u32,
        grant: Grant<'_, 'm, C>,
        len: usize,
    ) -> Result<(), SendError> {
        grant.send_for(self.sender, self.endpoints.source(endpoint)?, dst, len)
    }

    /// Kicks Linux for the messages sent since the last call, where it wants to know.
    #[inline(always)]
    pub fn flush(&self) {
        self.sender.half.flush(self.doorbell);
    }

    /// Whether [`grant`](Self::grant) has something to try, or the ring broke or got stuck and [`poll`](Self::poll) has not
    /// said so yet: an owner that waits for room should not sleep.
    pub fn has_room(&self) -> bool {
        self.sender.can_grant(1) || self.sender.half.has_failed()
    }
}
