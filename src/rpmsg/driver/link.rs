// SPDX-License-Identifier: MIT OR Apache-2.0
//! The link to a device: start, stop, and what can be done in between.
#![forbid(unsafe_code)]

use super::grant::Grant;
use super::message::Message;
use super::rings::{Patience, Rings};
use super::setup::{Setup, StartError};
use super::stats::Stats;
use super::table::{ACKNOWLEDGE, DRIVER, DRIVER_OK, RemoteTable};
use crate::mailbox::Doorbell;
use crate::rpmsg::endpoint::{Address, Bound, Endpoint, OpenError, Unbound};
use crate::rpmsg::endpoints::Endpoints;
use crate::rpmsg::grant::SendError;
use crate::rpmsg::received;
use crate::rpmsg::stats::count;
use crate::shm::{Coherency, Shm};
use crate::vring::DeviceError;
use crate::wire::name_service::{Announcement, NAME_SERVICE_ADDR};

/// What the device sent.
pub enum Received<'l, 'm, C: Coherency> {
    /// A message for one of the endpoints.
    Message(Message<'l, 'm, C>),
    /// A channel that comes or goes, by name and address. The name is terminated and not empty; which names
    /// mean something is the caller's.
    Announced(Announcement),
}

/// A link to a device with up to `N` endpoints, over shared memory of coherency `C` and doorbell `D`.
///
/// All methods take `&self` and none waits, so that messages and grants of the same link can be held
/// side by side.
pub struct DriverLink<'m, C: Coherency, D: Doorbell, const N: usize> {
    rings: Rings<'m, C>,
    doorbell: D,
    table: Option<RemoteTable<'m>>,
    setup: Setup,
    endpoints: Endpoints<'m, N>,
}

impl<'m, C: Coherency, D: Doorbell, const N: usize> DriverLink<'m, C, D, N> {
    /// A link that is not started. Without the device's `table`, the device has to know by itself where the
    /// rings are, and takes the first kick for the start.
    pub fn new(shm: Shm<'m, C>, doorbell: D, table: Option<RemoteTable<'m>>, setup: Setup) -> Self {
        Self { rings: Rings::new(shm), doorbell, table, setup, endpoints: Endpoints::new() }
    }

    /// Resets the device and sets rings, buffers and table up as Linux does when its driver is bound
    /// (`rpmsg_probe`). A link that is up is stopped before. On error the link is stopped.
    pub fn start(&self) -> Result<(), StartError> {
        self.stop();
        let c = self.rings.shm.coherency();
        if !self.setup.is_disjoint() {
            return Err(StartError::Overlap);
        }
        if let Some(table) = &self.table {
            for index in 0..2 {
                let (ours, theirs) = (self.setup.ring(index).0, table.ring(c, index));
                if (ours.num, ours.align) != (theirs.num, theirs.align) {
                    return Err(StartError::Table(index, theirs));
                }
            }
            table.set_status(c, ACKNOWLEDGE);
            table.set_status(c, ACKNOWLEDGE | DRIVER);
            table.accept_features(c);
        }
        if let Err(error) = self.rings.start(&self.setup) {
            self.stop();
            return Err(error);
        }
        if let Some(table) = &self.table {
            for (index, da) in self.setup.rings.into_iter().enumerate() {
                table.describe(c, index, da);
            }
            table.set_status(c, ACKNOWLEDGE | DRIVER | DRIVER_OK);
        }
        count(&self.rings.stats.started);
        self.flush();
        Ok(())
    }

    /// Takes the link down: status 0. What is still held of it touches nothing any more.
    pub fn stop(&self) {
        if let Some(table) = &self.table {
            table.set_status(self.rings.shm.coherency(), 0);
        }
        self.rings.stop();
        self.endpoints.forget();
    }

    /// Whether messages can be exchanged.
    pub fn is_up(&self) -> bool {
        self.rings.are_up()
    }

    /// Whether the device broke a ring ([`DeviceError::IndexJump`]): nothing goes on before the next
    /// [`start`](Self::start).
    pub fn is_broken(&self) -> bool {
        self.rings.are_broken()
    }

    /// The ring in which nothing moves any more: instead of its buffers, the device has returned as many entries that name
    /// no lent buffer ([`DeviceError::DescriptorId`], [`DeviceError::NotLent`]). The ring stays stuck until the next
    /// [`start`](Self::start), or until the device returns a buffer after all.
    pub fn stuck(&self) -> Option<usize> {
        self.rings.stuck()
    }

    /// Opens an endpoint and announces it to the device as a channel called `name`, now or at the start.
    pub fn open(&self, name: &'m str, address: Address) -> Result<Endpoint<Unbound>, OpenError> {
        let endpoint = self.endpoints.open(name, address)?;
        self.announce();
        Ok(endpoint)
    }

    /// Opens an endpoint of which the device is not told, as Linux does for a channel of the device.
    pub fn open_unannounced(&self, address: Address) -> Result<Endpoint<Unbound>, OpenError> {
        self.endpoints.open_unannounced(address)
    }

    /// Closes an endpoint; a channel that was announced is announced gone. An endpoint of another link stays open there,
    /// for good.
    pub fn close<S>(&self, endpoint: Endpoint<S>) {
        self.endpoints.close(endpoint);
        self.announce();
    }

    /// Gives an endpoint its peer, such as the address of an announcement, until the link is stopped.
    pub fn bind(&self, endpoint: Endpoint<Unbound>, peer: u32) -> Endpoint<Bound> {
        self.endpoints.bind(endpoint, peer, self.rings.epoch())
    }

    /// Tells the device of endpoints that came or went, as far as there are buffers.
    fn announce(&self) {
        if !self.is_up() {
            return;
        }
        self.endpoints.tell(|told| self.transmit(told.addr, NAME_SERVICE_ADDR, &told.to_bytes()).is_ok());
    }

    /// The next announcement, or message for one of the endpoints. What the device got wrong and what is for
    /// nobody is counted and its buffer lent again on the way, 256 such items at most in one call:
    /// [`has_work`](Self::has_work) then says that there is more.
    ///
    /// To be sure of a buffer for a reply, ask for the grant first.
    pub fn receive(&self) -> Option<Received<'_, 'm, C>> {
        let mut patience = Patience::new();
        loop {
            let (buffer, header) = self.rings.next_message(&mut patience)?;
            if header.dst == NAME_SERVICE_ADDR {
                let announcement = received::announcement(self.rings.shm.coherency(), &buffer.span, header);
                self.rings.lend_again(buffer);
                match announcement {
                    Some(announcement) => {
                        count(&self.rings.stats.announcements);
                        return Some(Received::Announced(announcement));
                    }
                    None => self.rings.mistake(DeviceError::Announcement),
                }
            } else if let Some(endpoint) = self.endpoints.addresses.find(header.dst) {
                count(&self.rings.stats.received);
                return Some(Received::Message(Message::new(&self.rings, buffer, header, endpoint)));
            } else {
                count(&self.rings.stats.nobody);
                self.rings.stats.last_nobody.set(header.dst);
                self.rings.lend_again(buffer);
            }
            patience.bear()?;
        }
    }

    /// A free buffer to fill in place. After [`SendError::NoBuffer`] the device kicks when it has returned
    /// one.
    pub fn grant(&self) -> Result<Grant<'_, 'm, C>, SendError> {
        if !self.is_up() {
            return Err(SendError::Detached);
        }
        let buffer = self.rings.take().ok_or(if self.is_up() { SendError::NoBuffer } else { SendError::Detached })?;
        Ok(Grant::new(&self.rings, buffer))
    }

    /// Sends `payload` from `endpoint` to its peer.
    pub fn send(&self, endpoint: &Endpoint<Bound>, payload: &[u8]) -> Result<(), SendError> {
        let source = self.endpoints.source(endpoint)?;
        if !self.rings.is_current(endpoint.state.epoch) {
            return Err(SendError::Stale);
        }
        self.transmit(source, endpoint.state.peer, payload)
    }

    /// Sends `payload` from `endpoint` to address `dst` of the device.
    pub fn send_to<S>(&self, endpoint: &Endpoint<S>, dst: u32, payload: &[u8]) -> Result<(), SendError> {
        self.transmit(self.endpoints.source(endpoint)?, dst, payload)
    }

    /// Sends the first `len` bytes that were written to `grant`, a grant of this link, from `endpoint` to address `dst` of
    /// the device.
    pub fn send_grant<S>(
        &self,
        endpoint: &Endpoint<S>,
        dst: u32,
        grant: Grant<'_, 'm, C>,
        len: usize,
    ) -> Result<(), SendError> {
        grant.send_for(&self.rings, self.endpoints.source(endpoint)?, dst, len)
    }

    fn transmit(&self, src: u32, dst: u32, payload: &[u8]) -> Result<(), SendError> {
        let mut grant = self.grant()?;
        grant.write(0, payload)?;
        grant.send(src, dst, payload.len())
    }

    /// Kicks the device for what was sent and lent since the last call: at most once for each ring, and not
    /// at all where the device said that it does not want to know. Announcements that had to wait for a
    /// buffer go out before.
    pub fn flush(&self) {
        self.announce();
        for (vqid, ring) in [&self.rings.receive, &self.rings.send].into_iter().enumerate() {
            if ring.take_kick(&self.rings.shm) {
                self.doorbell.kick(vqid as u32);
            }
        }
    }

    /// Whether there is something to receive: the owner should not sleep.
    pub fn has_work(&self) -> bool {
        self.is_up() && self.rings.receive.has_used(&self.rings.shm)
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
