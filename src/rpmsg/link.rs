// SPDX-License-Identifier: MIT OR Apache-2.0
//! The link to Linux: its life, and what can be done while it is up.
#![forbid(unsafe_code)]

use core::cell::Cell;

use super::endpoint::{Address, Bound, Endpoint, EndpointId, OpenError, Table, Unbound};
use super::grant::{Grant, SendError};
use super::live_table::LiveTable;
use super::message::Message;
use super::rings::Rings;
use super::stats::{Stats, count};
use crate::mailbox::Doorbell;
use crate::shm::{Coherency, Shm};
use crate::vring::{AttachError, Buffer, RingAddress};
use crate::wire::header::{HEADER_LEN, Header};
use crate::wire::name_service::{ANNOUNCEMENT_LEN, Announcement, Change, NAME_SERVICE_ADDR, Name};

/// Where the ring addresses came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From the resource table, which Linux keeps current (`imx_dsp_rproc` after 6.1).
    Table,
    /// From the board file: Linux kicked without ever having written the table.
    Board,
}

/// Why the link went down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Down {
    /// Linux took its driver back.
    DriverGone,
    /// Linux set up the rings anew.
    RingsReset,
    /// A ring could not be trusted any more; the link waits for Linux to reset it.
    RingBroken,
}

/// A change in the life of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The link is up. Endpoints are announced; all are unbound.
    Up {
        /// Where the ring addresses came from.
        origin: Origin,
        /// Descriptors of each ring: vring0, vring1.
        num: [u16; 2],
        /// Linux's addresses of the rings.
        da: [u32; 2],
        /// Buffers that the rings say were used before this attachment.
        history: u16,
    },
    /// Linux described a ring that cannot be used: which, and why. Said once for each reason.
    Refused(usize, AttachError),
    /// The link is down.
    Down(Down),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Waiting for Linux's driver.
    Detached,
    /// Up.
    Ready(Origin),
    /// A ring was not to be trusted: waiting for Linux to reset it.
    Broken(Origin),
}

/// A link to Linux with up to `N` endpoints, over shared memory of coherency `C` and doorbell `D`.
///
/// All methods take `&self` and none waits, so that messages and grants of the same link can be held
/// side by side. The owner calls [`poll`](Self::poll) after each wake-up, receives and sends, and calls
/// [`flush`](Self::flush) before it sleeps.
pub struct Link<'m, C: Coherency, D: Doorbell, const N: usize> {
    rings: Rings<'m, C>,
    doorbell: D,
    table: LiveTable<'m>,
    fallback: Option<[RingAddress; 2]>,
    phase: Cell<Phase>,
    kicked: Cell<bool>,
    notifyids: Cell<[u32; 2]>,
    refused: Cell<Option<(usize, AttachError)>>,
    endpoints: Table<N>,
}

impl<'m, C: Coherency, D: Doorbell, const N: usize> Link<'m, C, D, N> {
    /// A detached link. `fallback` says where the rings are when Linux kicks without having written
    /// the resource table.
    pub fn new(shm: Shm<'m, C>, doorbell: D, table: LiveTable<'m>, fallback: Option<[RingAddress; 2]>) -> Self {
        Self {
            rings: Rings::new(shm),
            doorbell,
            table,
            fallback,
            phase: Cell::new(Phase::Detached),
            kicked: Cell::new(false),
            notifyids: Cell::new([0, 1]),
            refused: Cell::new(None),
            endpoints: Table::new(),
        }
    }

    /// Opens an endpoint and announces it as a channel called `name`, now or when the link comes up.
    pub fn open(&self, name: &str, address: Address) -> Result<Endpoint<Unbound>, OpenError> {
        let name = Name::new(name).ok_or(OpenError::Name)?;
        let endpoint = self.endpoints.open(Some(name), address)?;
        self.announce();
        Ok(endpoint)
    }

    /// Opens an endpoint of which the peer is not told.
    pub fn open_unannounced(&self, address: Address) -> Result<Endpoint<Unbound>, OpenError> {
        self.endpoints.open(None, address)
    }

    /// Closes an endpoint; a channel that was announced is announced gone.
    pub fn close<S>(&self, endpoint: Endpoint<S>) {
        self.endpoints.close(endpoint.id);
        self.announce();
    }

    /// Gives an endpoint its peer. It is bound until the link goes down.
    pub fn bind(&self, endpoint: Endpoint<Unbound>, peer: u32) -> Endpoint<Bound> {
        let state = Bound { peer, epoch: self.rings.epoch() };
        Endpoint { id: endpoint.id, addr: endpoint.addr, state }
    }

    /// Follows what Linux does with the link: call it after each wake-up until it returns `None`.
    /// `kicked` says whether a kick came since the last call.
    pub fn poll(&self, kicked: bool) -> Option<Event> {
        let kicked = kicked | self.kicked.get();
        self.kicked.set(kicked);
        self.rings.refresh();
        let c = self.rings.shm.coherency();
        let event = match self.phase.get() {
            Phase::Detached if self.table.driver_ok(c) => self.attach(Origin::Table),
            // Only a kernel that does not know the table kicks without having written it.
            Phase::Detached if kicked && self.table.is_pristine(c) => self.attach(Origin::Board),
            Phase::Detached => None,
            Phase::Ready(origin) => self.reset_seen(origin).or_else(|| {
                self.rings.is_broken().then(|| {
                    self.phase.set(Phase::Broken(origin));
                    self.endpoints.forget();
                    Event::Down(Down::RingBroken)
                })
            }),
            // The end of the link was said when the ring broke.
            Phase::Broken(origin) => {
                if self.reset_seen(origin).is_none() && self.rings.are_fresh() {
                    self.let_go();
                }
                if self.phase.get() == Phase::Detached { self.poll(false) } else { None }
            }
        };
        self.kicked.set(kicked && self.phase.get() == Phase::Detached);
        self.announce();
        event
    }

    /// Takes the link down when Linux has reset it.
    fn reset_seen(&self, origin: Origin) -> Option<Event> {
        let driver_ok = self.table.driver_ok(self.rings.shm.coherency());
        let why = match origin {
            Origin::Table if !driver_ok => Down::DriverGone,
            Origin::Board if driver_ok => Down::RingsReset,
            _ if !self.rings.are_ours() => Down::RingsReset,
            _ => return None,
        };
        self.let_go();
        Some(Event::Down(why))
    }

    fn let_go(&self) {
        self.rings.detach();
        self.endpoints.forget();
        self.phase.set(Phase::Detached);
    }

    fn attach(&self, origin: Origin) -> Option<Event> {
        let c = self.rings.shm.coherency();
        let (rings, notifyids) = match origin {
            Origin::Board => (self.fallback?, [0, 1]),
            Origin::Table => {
                // DRIVER_OK was read before the addresses that it vouches for.
                c.barrier();
                let [(ring0, id0), (ring1, id1)] = [self.table.ring(c, 0), self.table.ring(c, 1)];
                ([ring0, ring1], [id0, id1])
            }
        };
        match self.rings.attach(rings) {
            Ok(history) => {
                self.notifyids.set(notifyids);
                self.phase.set(Phase::Ready(origin));
                self.refused.set(None);
                count(&self.rings.stats.attached);
                let num = rings.map(|ring| ring.num as u16);
                Some(Event::Up { origin, num, da: rings.map(|ring| ring.da), history })
            }
            Err(refused) => {
                let news = self.refused.replace(Some(refused)) != Some(refused);
                news.then_some(Event::Refused(refused.0, refused.1))
            }
        }
    }

    /// Tells Linux of endpoints that came or went, as far as there are buffers.
    fn announce(&self) {
        if !self.is_up() {
            return;
        }
        self.endpoints.tell_each(|name, slot| {
            let change = if slot.closing { Change::Destroy } else { Change::Create };
            let bytes = Announcement { name, addr: slot.addr, change }.to_bytes();
            self.transmit(slot.addr, NAME_SERVICE_ADDR, &bytes).is_ok()
        });
    }

    /// Whether messages can be exchanged.
    #[inline]
    pub fn is_up(&self) -> bool {
        self.rings.are_up()
    }

    /// The next message for one of the endpoints. What the peer got wrong and what is for nobody is
    /// counted and given back on the way, 256 such items at most until [`poll`](Self::poll) is called again:
    /// [`has_work`](Self::has_work) then says that there is more.
    #[inline]
    pub fn receive(&self) -> Option<Message<'_, 'm, C>> {
        if !self.is_up() {
            return None;
        }
        let (buffer, header) = self.rings.next_message()?;
        match self.recipient(header) {
            Some(endpoint) => Some(self.deliver(buffer, header, endpoint)),
            None => self.receive_after(buffer, header),
        }
    }

    #[inline]
    fn recipient(&self, header: Header) -> Option<EndpointId> {
        if header.dst == NAME_SERVICE_ADDR { None } else { self.endpoints.find(header.dst) }
    }

    #[inline]
    fn deliver(&self, buffer: Buffer<'m>, header: Header, endpoint: EndpointId) -> Message<'_, 'm, C> {
        count(&self.rings.stats.received);
        Message::new(&self.rings, buffer, header, endpoint)
    }

    /// Deals with a message that is for no endpoint, and goes on.
    #[cold]
    fn receive_after(&self, mut buffer: Buffer<'m>, mut header: Header) -> Option<Message<'_, 'm, C>> {
        loop {
            self.unclaimed(buffer, header);
            if !self.rings.bear() {
                return None;
            }
            (buffer, header) = self.rings.next_message()?;
            if let Some(endpoint) = self.recipient(header) {
                return Some(self.deliver(buffer, header, endpoint));
            }
        }
    }

    fn unclaimed(&self, buffer: Buffer<'m>, header: Header) {
        if header.dst == NAME_SERVICE_ADDR {
            self.name_service(&buffer, header);
        } else {
            count(&self.rings.stats.nobody);
            self.rings.stats.last_nobody.set(header.dst);
        }
        self.rings.give_back(buffer);
    }

    /// Like [`receive`](Self::receive), with `K` grants for the reply: a message is only taken when
    /// there are that many transmit buffers, so that no reply can run out of them half-way.
    #[inline]
    pub fn receive_with_grants<const K: usize>(&self) -> Option<(Message<'_, 'm, C>, [Grant<'_, 'm, C>; K])> {
        if !self.is_up() || !self.rings.receive.has_lent(&self.rings.shm) {
            return None;
        }
        let mut grants = heapless::Vec::<_, K>::new();
        while grants.len() < K {
            let Ok(grant) = self.grant() else {
                count(&self.rings.stats.starved);
                return None;
            };
            // Below its capacity, so it is taken.
            let _ = grants.push(grant);
        }
        let grants = grants.into_array().ok()?;
        self.receive().map(|message| (message, grants))
    }

    fn name_service(&self, buffer: &Buffer<'m>, header: Header) {
        let mut bytes = [0; ANNOUNCEMENT_LEN];
        let exact = usize::from(header.len) == ANNOUNCEMENT_LEN;
        let read = buffer.span.read(self.rings.shm.coherency(), HEADER_LEN, &mut bytes);
        match Announcement::parse(&bytes[..read]) {
            Some(_) if exact => count(&self.rings.stats.announcements),
            _ => self.rings.malformed_announcement(),
        }
    }

    /// A transmit buffer to fill in place.
    #[inline]
    pub fn grant(&self) -> Result<Grant<'_, 'm, C>, SendError> {
        if !self.is_up() {
            return Err(SendError::Detached);
        }
        let buffer = self.rings.take().ok_or(SendError::NoBuffer)?;
        Ok(Grant::new(&self.rings, buffer))
    }

    /// Sends `payload` from `endpoint` to its peer.
    pub fn send(&self, endpoint: &Endpoint<Bound>, payload: &[u8]) -> Result<(), SendError> {
        if !self.rings.is_current(endpoint.state.epoch) {
            return Err(SendError::Stale);
        }
        self.transmit(endpoint.addr, endpoint.state.peer, payload)
    }

    /// Sends `payload` from `endpoint` to address `dst` of the peer.
    pub fn send_to<S>(&self, endpoint: &Endpoint<S>, dst: u32, payload: &[u8]) -> Result<(), SendError> {
        self.transmit(endpoint.addr, dst, payload)
    }

    /// Sends the first `len` bytes put into `grant` from `endpoint` to address `dst` of the peer.
    pub fn send_grant<S>(
        &self,
        endpoint: &Endpoint<S>,
        dst: u32,
        grant: Grant<'_, 'm, C>,
        len: usize,
    ) -> Result<(), SendError> {
        grant.send(endpoint.addr, dst, len)
    }

    fn transmit(&self, src: u32, dst: u32, payload: &[u8]) -> Result<(), SendError> {
        let mut grant = self.grant()?;
        grant.write(0, payload)?;
        grant.send(src, dst, payload.len())
    }

    /// Kicks Linux for what was sent and given back since the last call: at most once for each ring,
    /// and not at all where Linux said that it does not want to know.
    #[inline]
    pub fn flush(&self) {
        let [transmit, receive] = self.notifyids.get();
        if self.rings.transmit.take_kick(&self.rings.shm) {
            self.doorbell.kick(transmit);
        }
        if self.rings.receive.take_kick(&self.rings.shm) {
            self.doorbell.kick(receive);
        }
    }

    /// Whether there is a message to receive and a buffer to reply with: the owner should not sleep.
    pub fn has_work(&self) -> bool {
        self.is_up() && self.rings.receive.has_lent(&self.rings.shm) && self.rings.can_take()
    }

    /// The coherency of this link's memory.
    pub fn coherency(&self) -> &C {
        self.rings.shm.coherency()
    }

    /// The counters of this link.
    pub fn stats(&self) -> &Stats {
        &self.rings.stats
    }
}
