// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a link has to do, said without memory: queues of what was lent, sets of what is held, lists of
//! what Linux has to find in its used rings.

use std::collections::{BTreeSet, VecDeque};

use imx_rpmsg::rpmsg::{Down, OpenError, SendError};
use imx_rpmsg::vring::PeerError;

use crate::common::announcement;

const NAME_SERVICE: u32 = 53;

/// A message as either side means it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub src: u32,
    pub dst: u32,
    pub payload: Vec<u8>,
}

/// What Linux lent.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: u16,
    pub what: Result<Text, PeerError>,
}

/// What Linux has to find in the used ring of vring0.
#[derive(Clone, Debug)]
pub enum Out {
    Sent(u16, Text),
    /// Sent, but Linux had lent the buffer once more, and what it says now is another message.
    Overwritten(u16),
}

/// A ring: what is lent and not taken, and the avail index that the batch began with.
#[derive(Default)]
pub struct Ring {
    pub entries: VecDeque<Entry>,
    pub idx: u16,
    pub taken: u16,
    pub batch: u16,
    pub given: u16,
    unannounced: bool,
    pub no_interrupt: bool,
    /// `no_interrupt` as it was read with the index, when nothing was given back since.
    read: Option<bool>,
}

impl Ring {
    fn look(&mut self, num: u16) -> Result<bool, PeerError> {
        if self.taken != self.batch {
            return Ok(true);
        }
        if self.unannounced {
            self.read = Some(self.no_interrupt);
        }
        match self.idx.wrapping_sub(self.taken) {
            0 => Ok(false),
            ahead if ahead > num => Err(PeerError::IndexJump),
            _ => {
                self.batch = self.idx;
                Ok(true)
            }
        }
    }

    fn give(&mut self) {
        self.given = self.given.wrapping_add(1);
        self.unannounced = true;
        self.read = None;
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Slot {
    pub addr: u32,
    name: Option<&'static str>,
    told: bool,
    closing: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    Detached,
    Ready,
    Broken,
}

/// Which event a poll has to return.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Said {
    Up,
    Down(Down),
    Stuck(usize),
    Moving(usize),
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counters {
    pub received: u32,
    pub sent: u32,
    pub nobody: u32,
    pub announcements: u32,
    pub starved: u32,
    pub attached: u32,
    pub errors: [u32; PeerError::ALL.len()],
}

/// The link, and what it knows of Linux.
pub struct Model {
    pub num: u16,
    pub phase: Phase,
    broken: [bool; 2],
    pub attached: bool,
    pub epoch: u32,
    pub driver_ok: bool,
    /// Linux has set up the rings since the link attached.
    pub rings_reset: bool,
    pub rings: [Ring; 2],
    /// What is wrong with each descriptor of vring0 as Linux last wrote it.
    pub descs: Vec<Option<PeerError>>,
    /// Buffers of dropped grants; the one taken first is granted first.
    spares: BTreeSet<u16>,
    /// Entries of vring0's avail ring, as they stand there.
    pub entries: Vec<u16>,
    /// Receive buffers of Linux's that the device took and did not use.
    pub device: BTreeSet<u16>,
    /// Those among them that wait for their descriptors to be good.
    pub bad: BTreeSet<u16>,
    /// Whether Linux did something wrong in a ring, and whether it was said that nothing moves there.
    suspect: [bool; 2],
    stuck: [bool; 2],
    /// Numbers of the messages that the application holds.
    pub held: Vec<u16>,
    pub outs: Vec<Out>,
    pub returned: Vec<u16>,
    pub slots: [Option<Slot>; 4],
    pub counters: Counters,
}

impl Model {
    pub fn new() -> Self {
        Self {
            num: 1,
            phase: Phase::Detached,
            broken: [false; 2],
            attached: false,
            epoch: 0,
            driver_ok: false,
            rings_reset: false,
            rings: Default::default(),
            descs: Vec::new(),
            spares: BTreeSet::new(),
            entries: Vec::new(),
            device: BTreeSet::new(),
            bad: BTreeSet::new(),
            suspect: [false; 2],
            stuck: [false; 2],
            held: Vec::new(),
            outs: Vec::new(),
            returned: Vec::new(),
            slots: [None; 4],
            counters: Counters::default(),
        }
    }

    pub fn is_up(&self) -> bool {
        self.is_usable(0) && self.is_usable(1)
    }

    /// Whether the device uses the ring.
    pub fn is_usable(&self, ring: usize) -> bool {
        self.phase == Phase::Ready && !self.broken[ring]
    }

    /// Linux has set up the rings anew, and the device has yet to look.
    pub fn is_outdated(&self) -> bool {
        self.attached && self.rings_reset
    }

    pub fn is_broken(&self) -> bool {
        self.broken != [false; 2]
    }

    /// A ring broke or got stuck, and the next poll says so.
    pub fn has_to_say_so(&mut self) -> bool {
        self.phase == Phase::Ready && (self.is_broken() || (0..2).any(|ring| !self.stuck[ring] && self.is_stuck(ring)))
    }

    fn mistake(&mut self, ring: usize, error: PeerError) {
        self.counters.errors[error as usize] += 1;
        self.suspect[ring] = true;
        if error == PeerError::IndexJump {
            self.broken[ring] = true;
        }
    }

    // --- vring1 -----------------------------------------------------------------------------------

    fn return_buffer(&mut self, id: u16) {
        self.returned.push(id);
        self.rings[1].give();
    }

    fn next_message(&mut self) -> Option<(u16, Text)> {
        loop {
            match self.rings[1].look(self.num) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.mistake(1, error);
                    return None;
                }
            }
            let entry = self.rings[1].entries.pop_front().expect("an entry for each step of the index");
            self.rings[1].taken = self.rings[1].taken.wrapping_add(1);
            match entry.what {
                Err(PeerError::DescriptorId) => self.mistake(1, PeerError::DescriptorId),
                _ if self.held.contains(&entry.id) => self.mistake(1, PeerError::InFlight),
                Err(error) => {
                    self.mistake(1, error);
                    self.return_buffer(entry.id);
                }
                Ok(text) => return Some((entry.id, text)),
            }
        }
    }

    /// The next message for an endpoint, its slot beside it.
    pub fn receive(&mut self) -> Option<(u16, Text, usize)> {
        if !self.is_usable(1) {
            return None;
        }
        loop {
            let (id, text) = self.next_message()?;
            if text.dst == NAME_SERVICE {
                if text.payload.len() == 40 && text.payload[36] < 2 {
                    self.counters.announcements += 1;
                } else {
                    self.mistake(1, PeerError::Announcement);
                }
                self.return_buffer(id);
                continue;
            }
            let slot = self.slots.iter().position(|s| s.is_some_and(|s| s.addr == text.dst && !s.closing));
            if let Some(slot) = slot {
                self.counters.received += 1;
                self.held.push(id);
                return Some((id, text, slot));
            }
            self.counters.nobody += 1;
            self.return_buffer(id);
        }
    }

    pub fn has_message(&mut self) -> bool {
        self.is_usable(1)
            && self.rings[1].look(self.num).unwrap_or_else(|error| {
                self.mistake(1, error);
                false
            })
    }

    pub fn drop_message(&mut self, id: u16, epoch: u32) {
        if self.lends(1, epoch) {
            self.held.retain(|held| *held != id);
            self.return_buffer(id);
        }
    }

    // --- vring0 -----------------------------------------------------------------------------------

    /// A transmit buffer: a spare one that is still good, or the next that is lent.
    fn take(&mut self) -> Option<u16> {
        while let Some(id) = self.pop_spare() {
            match self.descs[usize::from(id)] {
                None => return Some(id),
                Some(error) => self.reject(id, error),
            }
        }
        self.next_buffer()
    }

    /// The spare buffer that is the furthest behind in the avail ring, or not in it any more.
    fn pop_spare(&mut self) -> Option<u16> {
        let (num, taken) = (usize::from(self.num), usize::from(self.rings[0].taken));
        let behind = |id: u16| (1..num).find(|n| self.entries[(taken + num - n) % num] == id).unwrap_or(num);
        let id = self.spares.iter().copied().max_by_key(|id| (behind(*id), std::cmp::Reverse(*id)))?;
        self.spares.remove(&id);
        Some(id)
    }

    fn reject(&mut self, id: u16, error: PeerError) {
        self.mistake(0, error);
        self.device.insert(id);
        self.bad.insert(id);
    }

    /// Whether nothing can move any more in a ring in which Linux did something wrong.
    fn is_stuck(&mut self, ring: usize) -> bool {
        let has_good = if ring == 0 { self.device != self.bad } else { !self.held.is_empty() };
        let is_looked_at = self.suspect[ring] && self.is_usable(ring) && !has_good;
        let state = &mut self.rings[ring];
        let is_out = state.taken.wrapping_sub(state.given) >= self.num;
        is_looked_at && is_out && !state.look(self.num).unwrap_or(true)
    }

    /// What is to be said of a ring in which nothing moves any more, or something does again.
    fn change(&mut self, ring: usize) -> Option<Said> {
        if !self.suspect[ring] || !self.is_usable(ring) {
            return None;
        }
        if ring == 0 {
            let good = |id: &u16| self.descs[usize::from(*id)].is_none();
            let mended: Vec<u16> = self.bad.iter().copied().filter(good).collect();
            for id in mended {
                self.bad.remove(&id);
                self.spares.insert(id);
            }
        }
        let is_stuck = self.is_stuck(ring);
        if std::mem::replace(&mut self.stuck[ring], is_stuck) == is_stuck {
            return None;
        }
        Some(if is_stuck { Said::Stuck(ring) } else { Said::Moving(ring) })
    }

    fn next_buffer(&mut self) -> Option<u16> {
        loop {
            match self.rings[0].look(self.num) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.mistake(0, error);
                    return None;
                }
            }
            let entry = self.rings[0].entries.pop_front().expect("an entry for each step of the index");
            self.rings[0].taken = self.rings[0].taken.wrapping_add(1);
            if let Err(PeerError::DescriptorId) = entry.what {
                self.mistake(0, PeerError::DescriptorId);
            } else if self.device.contains(&entry.id) {
                self.mistake(0, PeerError::InFlight);
            } else if let Some(error) = self.descs[usize::from(entry.id)] {
                self.reject(entry.id, error);
            } else {
                for out in &mut self.outs {
                    if matches!(out, Out::Sent(id, _) if *id == entry.id) {
                        *out = Out::Overwritten(entry.id);
                    }
                }
                self.device.insert(entry.id);
                return Some(entry.id);
            }
        }
    }

    pub fn can_take(&mut self) -> bool {
        self.is_usable(0) && (!self.spares.is_empty() || self.rings[0].look(self.num).unwrap_or(true))
    }

    /// The number of the buffer that is granted.
    pub fn grant(&mut self) -> Result<u16, SendError> {
        if !self.is_usable(0) {
            return Err(SendError::Detached);
        }
        self.take().ok_or(SendError::NoBuffer)
    }

    /// `k` buffers, or all that there are.
    pub fn grants(&mut self, k: usize) -> Vec<u16> {
        std::iter::from_fn(|| self.grant().ok()).take(k).collect()
    }

    /// Whether the device takes `ring` to be what it was in the attachment `epoch`.
    pub fn is_current(&self, ring: usize, epoch: u32) -> bool {
        self.is_usable(ring) && epoch == self.epoch
    }

    /// Whether it is.
    pub fn lends(&self, ring: usize, epoch: u32) -> bool {
        self.is_current(ring, epoch) && !self.rings_reset
    }

    /// The attachment that an endpoint is bound in.
    pub fn sending(&self) -> Option<u32> {
        self.is_usable(0).then_some(self.epoch)
    }

    pub fn keep_grant(&mut self, id: u16, epoch: u32) {
        if self.is_current(0, epoch) {
            self.spares.insert(id);
        }
    }

    pub fn sent(&mut self, id: u16, text: Text) {
        self.counters.sent += 1;
        self.device.remove(&id);
        self.outs.push(Out::Sent(id, text));
        self.rings[0].give();
    }

    /// What the flush has to kick.
    pub fn flush(&mut self) -> Vec<u32> {
        let attached = self.attached;
        let kick = |(index, ring): (usize, &mut Ring)| {
            let news = attached && std::mem::take(&mut ring.unannounced);
            let no_interrupt = ring.read.take().unwrap_or(ring.no_interrupt);
            (news && !no_interrupt).then_some(index as u32)
        };
        self.rings.iter_mut().enumerate().filter_map(kick).collect()
    }

    // --- endpoints --------------------------------------------------------------------------------

    pub fn open(&mut self, name: Option<&'static str>, fixed: Option<u32>) -> Result<(u32, usize), OpenError> {
        let any = self.slots.iter().position(Option::is_none).ok_or(OpenError::Full)?;
        let taken = |addr| self.slots.iter().any(|slot| slot.is_some_and(|slot| slot.addr == addr));
        let addr = match fixed {
            Some(addr) if addr == NAME_SERVICE => return Err(OpenError::AddressReserved),
            Some(addr) if taken(addr) => return Err(OpenError::AddressInUse),
            Some(addr) => addr,
            None => (0x400..).find(|addr| !taken(*addr)).unwrap(),
        };
        // Channels are announced by slot, and an address from 0x400 up has a slot of its own, if that is free.
        let own = addr.wrapping_sub(0x400) as usize;
        let slot = if self.slots.get(own).is_some_and(Option::is_none) { own } else { any };
        self.slots[slot] = Some(Slot { addr, name, told: false, closing: false });
        if name.is_some() {
            self.announce();
        }
        Ok((addr, slot))
    }

    pub fn close(&mut self, slot: usize) {
        self.slots[slot] = self.slots[slot].filter(|slot| slot.told).map(|slot| Slot { closing: true, ..slot });
        self.announce();
    }

    fn forget(&mut self) {
        for slot in &mut self.slots {
            *slot = slot.filter(|slot| !slot.closing).map(|slot| Slot { told: false, ..slot });
        }
    }

    fn announce(&mut self) {
        for index in 0..self.slots.len() {
            let Some(slot) = self.slots[index] else { continue };
            let Some(name) = slot.name else { continue };
            if slot.told && !slot.closing {
                continue;
            }
            let Ok(id) = self.grant() else { return };
            let payload = announcement(name, slot.addr, slot.closing.into());
            self.sent(id, Text { src: slot.addr, dst: NAME_SERVICE, payload });
            self.slots[index] = (!slot.closing).then_some(Slot { told: true, ..slot });
        }
    }

    // --- life -------------------------------------------------------------------------------------

    /// What polling until nothing happens has to say.
    pub fn poll(&mut self) -> Vec<Said> {
        let mut said = Vec::new();
        while let Some(event) = self.poll_once() {
            said.push(event);
        }
        said
    }

    fn poll_once(&mut self) -> Option<Said> {
        let event = match self.phase {
            Phase::Detached => self.driver_ok.then(|| self.attach()),
            Phase::Ready => match self.reset_seen() {
                None if self.is_broken() => {
                    self.phase = Phase::Broken;
                    self.forget();
                    Some(Said::Down(Down::RingBroken))
                }
                seen => seen.map(Said::Down),
            },
            Phase::Broken => match self.reset_seen() {
                Some(_) => self.poll_once(),
                None => None,
            },
        };
        let event = event.or_else(|| self.change(0)).or_else(|| self.change(1));
        self.announce();
        event
    }

    fn reset_seen(&mut self) -> Option<Down> {
        let why = match () {
            () if !self.driver_ok => Down::DriverGone,
            () if self.rings_reset => Down::RingsReset,
            () => return None,
        };
        self.detach();
        self.forget();
        self.phase = Phase::Detached;
        Some(why)
    }

    fn detach(&mut self) {
        self.epoch += 1;
        self.attached = false;
        self.broken = [false; 2];
        self.spares.clear();
        self.device.clear();
        self.bad.clear();
        self.suspect = [false; 2];
        self.stuck = [false; 2];
        self.held.clear();
    }

    fn attach(&mut self) -> Said {
        self.detach();
        self.attached = true;
        self.rings_reset = false;
        self.phase = Phase::Ready;
        self.counters.attached += 1;
        for ring in &mut self.rings {
            (ring.taken, ring.batch, ring.given, ring.unannounced, ring.read) = (0, 0, 0, false, None);
        }
        Said::Up
    }
}
