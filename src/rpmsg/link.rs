// SPDX-License-Identifier: MIT OR Apache-2.0
//! The link to Linux, and what can be done while it is up.
#![forbid(unsafe_code)]

use core::mem::offset_of;
use core::ptr;
use core::task::Waker;

use super::endpoint::{Address, Bound, Endpoint, OpenError, Unbound};
use super::endpoints::Endpoints;
use super::grant::{Grant, SendError};
use super::life::{Event, Life};
use super::live_table::LiveTable;
use super::message::Message;
use super::note::Note;
use super::receiver::{OnAnnouncement, Receiver};
use super::sender::Sender;
use super::stats::Stats;
use crate::mailbox::Doorbell;
use crate::shm::{Coherency, Shm};
use crate::vring::RingAddress;

/// A link to Linux with up to `N` endpoints, over shared memory of coherency `C` and doorbell `D`.
///
/// All methods take `&self`, so that messages and grants of the same link can be held side by side, and none waits but
/// those whose name ends in `_until`; [`AsyncLink`](super::AsyncLink) has those to await. The owner calls [`poll`](Self::poll) after each wake-up, receives and sends, and calls
/// [`flush`](Self::flush) before it sleeps.
// `are_of_one_link` relies on the order of the first two.
#[repr(C)]
pub struct Link<'m, C: Coherency, D: Doorbell, const N: usize> {
    pub(super) receiver: Receiver<'m, C>,
    pub(super) sender: Sender<'m, C>,
    pub(super) doorbell: D,
    pub(super) life: Life<'m>,
    pub(super) endpoints: Endpoints<'m, N>,
}

/// The first fields of every [`Link`] with coherency `C`.
#[repr(C)]
struct Beginning<'m, C> {
    receiver: Receiver<'m, C>,
    sender: Sender<'m, C>,
}

/// Whether both halves belong to one link, in which they lie side by side. The compiler knows it where message and grant
/// have just been taken from one link, so a reply pays nothing for it.
#[inline(always)]
pub(super) fn are_of_one_link<C>(sender: &Sender<'_, C>, receiver: &Receiver<'_, C>) -> bool {
    let distance = offset_of!(Beginning<'_, C>, sender);
    ptr::from_ref(receiver).addr().wrapping_add(distance) == ptr::from_ref(sender).addr()
}

impl<'m, C: Coherency + Clone, D: Doorbell, const N: usize> Link<'m, C, D, N> {
    /// A detached link. `fallback` says where the rings are when Linux kicks without having written
    /// the resource table. Several links at one doorbell have none: a kick says nothing about which of them it is for.
    pub fn new(shm: Shm<'m, C>, doorbell: D, table: LiveTable<'m>, fallback: Option<[RingAddress; 2]>) -> Self {
        const {
            assert!(offset_of!(Self, sender) == offset_of!(Beginning<'_, C>, sender));
            assert!(offset_of!(Self, receiver) == offset_of!(Beginning<'_, C>, receiver));
        }
        Self {
            sender: Sender::new(shm.clone()),
            receiver: Receiver::new(shm),
            doorbell,
            life: Life::new(table, fallback),
            endpoints: Endpoints::new(),
        }
    }

    /// Notes in `note` where the rings are while the link is up, and goes on with those that a firmware of before has
    /// noted there: when Linux has not written the table since, and both still carry that firmware's mark. No kick is
    /// needed for that.
    pub fn with_note(self, note: Note<'m>) -> Self {
        Self { life: self.life.with_note(note), ..self }
    }
}

impl<'m, C: Coherency, D: Doorbell, const N: usize> Link<'m, C, D, N> {
    /// Opens an endpoint and announces it as a channel called `name`, now or when the link comes up.
    #[inline(never)]
    pub fn open(&self, name: &'m str, address: Address) -> Result<Endpoint<Unbound>, OpenError> {
        let endpoint = self.endpoints.open(name, address)?;
        self.announce();
        Ok(endpoint)
    }

    /// Opens an endpoint of which the peer is not told.
    pub fn open_unannounced(&self, address: Address) -> Result<Endpoint<Unbound>, OpenError> {
        self.endpoints.open_unannounced(address)
    }

    /// Closes an endpoint; a channel that was announced is announced gone. One of another link stays open there, for good.
    pub fn close<S>(&self, endpoint: Endpoint<S>) {
        self.endpoints.close(endpoint);
        self.announce();
    }

    /// Calls `hear` for each channel that the peer announces or takes back, while it is received: a match by name
    /// tells the address to bind an endpoint to. It replaces what was given earlier.
    pub fn on_announcement(&self, hear: OnAnnouncement<'m>) {
        self.receiver.on_announcement.set(Some(hear));
    }

    /// Gives an endpoint its peer. It is bound until the link goes down.
    pub fn bind(&self, endpoint: Endpoint<Unbound>, peer: u32) -> Endpoint<Bound> {
        self.endpoints.bind(endpoint, peer, self.sender.half.epoch())
    }

    /// Follows what Linux does with the link: call it after each wake-up until it returns `None`. Until then a link
    /// whose rings Linux has set up anew goes on with its old indices: nothing that it holds or sends reaches the new
    /// rings, but a message in them may be received now and, after this call, again.
    /// `kicked` says whether a kick came since the last call.
    #[inline(never)]
    pub fn poll(&self, kicked: bool) -> Option<Event> {
        let suspect = self.sender.half.is_suspect() || self.receiver.half.is_suspect();
        if suspect {
            return self.poll_suspect(kicked);
        }
        let event = self.step(kicked);
        self.announce();
        event
    }

    /// The same when Linux did something wrong in a ring. It is a function of its own so that the good case pays nothing.
    #[cold]
    #[inline(never)]
    fn poll_suspect(&self, kicked: bool) -> Option<Event> {
        let event = self.step(kicked).or_else(|| self.sender.change()).or_else(|| self.receiver.half.change());
        self.announce();
        event
    }

    #[inline(always)]
    fn step(&self, kicked: bool) -> Option<Event> {
        let event = self.life.step(&[&self.sender.half, &self.receiver.half], kicked);
        if event.is_some() {
            // Whatever happened, no spare buffer and no announcement is of the attachment that is now.
            self.sender.forget();
            self.endpoints.forget();
        }
        event
    }

    /// Tells Linux of endpoints that came or went, as far as there are buffers.
    fn announce(&self) {
        self.sender.announce(&self.endpoints);
    }

    /// Has `follower` woken, once, at the next mistake in a ring.
    pub(super) fn follow(&self, follower: Option<&Waker>) {
        self.sender.half.follow(follower.cloned());
        self.receiver.half.follow(follower.cloned());
    }

    /// Whether messages can be exchanged.
    #[inline(always)]
    pub fn is_up(&self) -> bool {
        self.sender.half.epoch() != 0 && self.receiver.half.epoch() != 0
    }

    /// The next message for one of the endpoints. What the peer got wrong and what is for nobody is
    /// counted and given back on the way, 256 such items at most until [`poll`](Self::poll) is called again:
    /// [`has_work`](Self::has_work) then says that there is more.
    #[inline(always)]
    pub fn receive(&self) -> Option<Message<'_, 'm, C>> {
        if self.receiver.has_lent() { self.receiver.receive(&self.endpoints.addresses) } else { None }
    }

    /// Like [`receive`](Self::receive), with `K` grants for the reply: a message is only taken when
    /// there are that many transmit buffers, so that no reply can run out of them half-way.
    #[inline(always)]
    pub fn receive_with_grants<const K: usize>(&self) -> Option<(Message<'_, 'm, C>, [Grant<'_, 'm, C>; K])> {
        if !self.receiver.has_lent() {
            return None;
        }
        let grants = self.sender.grants()?;
        self.receiver.receive(&self.endpoints.addresses).map(|message| (message, grants))
    }

    /// A transmit buffer to fill in place.
    #[inline(always)]
    pub fn grant(&self) -> Result<Grant<'_, 'm, C>, SendError> {
        self.sender.grant()
    }

    /// Sends `payload` from `endpoint` to its peer.
    pub fn send(&self, endpoint: &Endpoint<Bound>, payload: &[u8]) -> Result<(), SendError> {
        self.sender.send_bound(self.endpoints.source(endpoint)?, &endpoint.state, payload)
    }

    /// Sends `payload` from `endpoint` to address `dst` of the peer.
    pub fn send_to<S>(&self, endpoint: &Endpoint<S>, dst: u32, payload: &[u8]) -> Result<(), SendError> {
        self.sender.transmit(self.endpoints.source(endpoint)?, dst, payload)
    }

    /// Sends the first `len` bytes that were written to `grant`, a grant of this link, from `endpoint` to address `dst` of
    /// the peer.
    pub fn send_grant<S>(
        &self,
        endpoint: &Endpoint<S>,
        dst: u32,
        grant: Grant<'_, 'm, C>,
        len: usize,
    ) -> Result<(), SendError> {
        grant.send_for(&self.sender, self.endpoints.source(endpoint)?, dst, len)
    }

    /// Kicks Linux for what was sent and given back since the last call: at most once for each ring,
    /// and not at all where Linux said that it does not want to know.
    #[inline(always)]
    pub fn flush(&self) {
        self.sender.half.flush(&self.doorbell);
        self.receiver.half.flush(&self.doorbell);
    }

    /// Whether there is a message to receive and a buffer to reply with, or a ring broke or got stuck and
    /// [`poll`](Self::poll) has not said so yet: the owner should not sleep. An owner that takes several grants with a
    /// message asks [`has_work_for`](Self::has_work_for).
    pub fn has_work(&self) -> bool {
        self.has_work_for(1)
    }

    /// The same for `grants` buffers: the owner, who calls [`receive_with_grants`](Self::receive_with_grants) for as many,
    /// should not sleep. While there are fewer it may: Linux kicks when it has lent another.
    #[inline(never)]
    pub fn has_work_for(&self, grants: u16) -> bool {
        (self.receiver.has_lent() && self.sender.can_grant(grants)) || self.has_failed()
    }

    /// The coherency of this link's memory.
    pub fn coherency(&self) -> &C {
        self.receiver.half.shm.coherency()
    }

    /// The counters of this link.
    pub fn stats(&self) -> Stats<'_, 'm, C> {
        Stats { sender: &self.sender, receiver: &self.receiver }
    }
}
