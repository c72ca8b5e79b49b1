// SPDX-License-Identifier: MIT OR Apache-2.0
//! Linux, the link and the application, each step taken with the model and compared with it.

use std::collections::BTreeSet;

use imx_rpmsg::rpmsg::{Address, Bound, Endpoint, EndpointId, Event, Grant, Message, SendError, Unbound};
use imx_rpmsg::vring::PeerError;

use crate::common::{BUFFER_LEN, LINE, Linux, NO_INTERRUPT, TestLink, VRING0, VRING1, WRITE, announcement, events};
use crate::model::{Entry, Model, Out, Phase, Ring, Said, Text};
use crate::steps::{AppStep, LinuxStep, Step};

/// A message that the application holds, and what it is.
struct Held<'l> {
    message: Message<'l, 'static, &'static crate::common::Split>,
    id: u16,
    text: Text,
    epoch: u32,
}

struct Granted<'l> {
    grant: Grant<'l, 'static, &'static crate::common::Split>,
    id: u16,
    epoch: u32,
}

enum State {
    Unbound(Endpoint<Unbound>),
    /// With the attachment that it was bound in.
    Bound(Endpoint<Bound>, Option<u32>),
}

struct Open {
    state: State,
    id: EndpointId,
    addr: u32,
    slot: usize,
}

pub struct World<'l> {
    linux: &'static Linux,
    link: &'l TestLink<'static>,
    model: Model,
    held: Vec<Held<'l>>,
    grants: Vec<Granted<'l>>,
    open: Vec<Open>,
    /// Buffers that are Linux's, of vring0 and of vring1.
    free: [Vec<u16>; 2],
    /// What Linux last wrote into each transmit buffer; `None` when it scribbled over it.
    texts: Vec<Option<Text>>,
    described: bool,
    number: u32,
}

/// The `index`th of `items`, modulo how many there are.
fn pick<T>(items: &[T], index: u8) -> Option<usize> {
    (!items.is_empty()).then(|| usize::from(index) % items.len())
}

/// What the device may write to.
struct Lent {
    buffers: BTreeSet<u16>,
    /// The used rings.
    used: bool,
}

/// Whether a step takes what Linux lent. What is taken of rings that were set up anew, and not yet looked at, is
/// told by no more than where the old ones were; it is another test's.
fn takes(step: AppStep) -> bool {
    use AppStep::*;
    matches!(
        step,
        HasWork | Receive | ReceiveWithGrants(_) | Grant | SendTo { .. } | SendOrBind(..) | Open(_) | Close(_)
    )
}

impl<'l> World<'l> {
    pub fn new(linux: &'static Linux, link: &'l TestLink<'static>) -> Self {
        Self {
            linux,
            link,
            model: Model::new(),
            held: Vec::new(),
            grants: Vec::new(),
            open: Vec::new(),
            free: Default::default(),
            texts: Vec::new(),
            described: false,
            number: 0,
        }
    }

    pub fn step(&mut self, step: Step) {
        match step {
            Step::Linux(step) => self.linux_step(step),
            Step::App(step) => {
                if self.model.is_outdated() && takes(step) {
                    self.step(Step::App(AppStep::Poll(false)));
                }
                let lent = self.lent(step);
                let before = self.guarded(&lent);
                self.app_step(step);
                assert!(self.guarded(&lent) == before, "{step:?}: written where the device may not");
            }
        }
        self.compare();
    }

    // --- invariants -------------------------------------------------------------------------------

    fn compare(&self) {
        let stats = self.link.stats();
        let counters = crate::model::Counters {
            received: stats.received(),
            sent: stats.sent(),
            nobody: stats.nobody(),
            announcements: stats.announcements(),
            starved: stats.starved(),
            attached: stats.attached(),
            errors: PeerError::ALL.map(|kind| stats.errors(kind)),
        };
        assert_eq!(counters, self.model.counters);
        assert_eq!(self.link.is_up(), self.model.is_up());
        if self.model.attached {
            // Of rings that were set up anew the model begins with 0, as Linux does.
            for ring in 0..2 {
                assert_eq!(self.linux.used_idx(ring), self.model.rings[ring].given, "used index of ring {ring}");
            }
        }
    }

    /// The buffers and rings that are the device's to write.
    fn lent(&self, step: AppStep) -> Lent {
        let good = |entry: &&Entry| {
            entry.what != Err(PeerError::DescriptorId) && self.model.descs[usize::from(entry.id)].is_none()
        };
        let entries = self.model.rings[0].entries.iter().filter(good).map(|entry| entry.id);
        // What the device has may be of larger rings.
        let is_bad = |id: &u16| self.model.descs.get(usize::from(*id)).is_some_and(Option::is_some);
        let bad = |id: &u16| self.model.bad.contains(id) && is_bad(id);
        let device = self.model.device.iter().copied().filter(|id| !bad(id));
        let outdated = self.model.is_outdated();
        Lent { buffers: entries.chain(device).collect(), used: !outdated || matches!(step, AppStep::Poll(_)) }
    }

    /// All that the device may not write: descriptors, avail rings, transmit buffers, those receive buffers
    /// that are Linux's, and what is around them.
    fn guarded(&self, lent: &Lent) -> Vec<u8> {
        let num = u32::from(self.model.num);
        let mut bytes = Vec::new();
        if !self.described {
            return bytes;
        }
        for (ring, start) in [VRING0, VRING1].into_iter().enumerate() {
            let used = self.linux.used(ring);
            // Linux's part; beyond what it has there is nothing between the two.
            bytes.extend(self.linux.read(start, (used - start).min(0x400)));
            bytes.extend(self.linux.read(used, if lent.used { 2 } else { 6 + 8 * num }));
            // The rest of the last line goes to memory with it, and is nobody's.
            bytes.extend(self.linux.read((used + 4 + 8 * num).next_multiple_of(LINE as u32), 0x200));
        }
        // Buffers of vring0 before those of vring1; of a larger vring0 of before, some are there.
        for id in (0..=2 * self.model.num).filter(|id| !lent.buffers.contains(id)) {
            bytes.extend(self.linux.read(self.linux.buffer(0, id), BUFFER_LEN));
        }
        bytes
    }

    // --- Linux ------------------------------------------------------------------------------------

    fn linux_step(&mut self, step: LinuxStep) {
        use LinuxStep::*;
        if let Start(log, wide) = step {
            return self.start(1 << log, if wide { 4096 } else { 128 });
        }
        if let (Send { to, .. }, true) =
            (step, !self.model.driver_ok || self.model.phase == Phase::Broken && !self.model.rings_reset)
        {
            // Not for long, or little would happen.
            return self.start(1 << (to % 5), 4096);
        }
        if !self.model.driver_ok {
            return;
        }
        match step {
            Start(..) => {}
            // What the device has is of other rings.
            SendAgain(_) | LendAgain(_) | Mend(_) | Scribble(..) if self.model.is_outdated() => {}
            Stop => {
                self.linux.stop();
                self.model.driver_ok = false;
            }
            Send { to, len } => {
                let dst = match (to % 8, pick(&self.open, to / 8)) {
                    (0, _) | (_, None) => 0x999,
                    (_, Some(index)) => self.open[index].addr,
                };
                let payload = (0..len).map(|i| (i as u8).wrapping_mul(7).wrapping_add(to)).collect();
                self.send(dst, payload, None, 0);
            }
            Announce(good) => self.send(53, announcement("raw", 0x400, if good { 1 } else { 2 }), None, 0),
            SendBad(kind, how) => {
                let dst = self.open.first().map_or(0x400, |open| open.addr);
                self.send(dst, b"evil".to_vec(), Some(kind), how);
            }
            SendAgain(which) => {
                let held = &self.model.held;
                let Some(id) = pick(held, which).map(|index| held[index]) else { return };
                let Some(text) = self.texts[usize::from(id)].clone() else { return };
                self.lend(1, Entry { id, what: Ok(text) });
            }
            Lend(which) => self.lend_buffer(which, BUFFER_LEN, WRITE, None, Ok(())),
            LendBad(PeerError::DescriptorId, which) => {
                let id = self.model.num + u16::from(which / 64) * u16::from(which);
                self.lend(0, Entry { id, what: Err(PeerError::DescriptorId) });
            }
            LendBad(kind, which) => {
                let (len, flags, address) = match kind {
                    PeerError::DescriptorFlags => (BUFFER_LEN, WRITE | u16::from(which) << 2 | 1, None),
                    PeerError::BufferLength => (2 * u32::from(which), WRITE, None),
                    _ => (BUFFER_LEN, WRITE, Some(VRING0 - 256 + u32::from(which))),
                };
                self.lend_buffer(which, len, flags, address, Err(kind));
            }
            Mend(which) => {
                let bad = &self.model.bad;
                let Some(id) = bad.iter().nth(usize::from(which) % bad.len().max(1)).copied() else { return };
                self.model.descs[usize::from(id)] = None;
                self.linux.set_desc(0, id, self.linux.buffer(0, id), BUFFER_LEN, WRITE);
            }
            LendAgain(which) => {
                let Some(id) = self.model.device.iter().nth(usize::from(which) % 8).copied() else { return };
                if self.model.rings[0].entries.iter().all(|entry| entry.id != id) {
                    let text = Text { src: 0, dst: 0, payload: Vec::new() };
                    self.lend(0, Entry { id, what: Ok(text) });
                }
            }
            Receive => self.receive(),
            Reclaim => self.reclaim(),
            Flags(ring, on) => {
                self.model.rings[usize::from(ring)].no_interrupt = on;
                self.linux.set_avail_flags(ring.into(), if on { NO_INTERRUPT } else { 0 });
            }
            // Before the link is up it is refused: see tests/hostile.rs.
            Jump(..) if !self.model.attached || self.model.rings_reset => {}
            Jump(ring, by) => {
                let state = &mut self.model.rings[usize::from(ring)];
                // From the end of the batch, so that it is a jump whenever the index is read again, and not
                // back to where the device has been.
                let most = u16::MAX - 2 * self.model.num;
                state.idx = state.batch.wrapping_add(self.model.num + 1).wrapping_add(by % most);
                self.linux.set_avail_idx(ring.into(), state.idx);
            }
            Scribble(which, value) => {
                let Some(id) = pick(&self.model.held, which).map(|index| self.model.held[index]) else { return };
                if self.model.rings[1].entries.iter().any(|entry| entry.id == id) {
                    return;
                }
                self.texts[usize::from(id)] = None;
                self.linux.set_desc(1, id, u32::from(value) << 16, value.into(), value);
                self.linux.write(self.linux.buffer(1, id), &[value as u8; 16]);
            }
        }
    }

    fn start(&mut self, num: u16, align: u32) {
        self.linux.set_up_rings(num, align);
        self.linux.describe_rings();
        self.linux.set_status(7);
        self.described = true;
        self.texts = vec![None; num.into()];
        self.free = [Vec::new(), (0..num).collect()];
        let model = &mut self.model;
        model.num = num;
        model.descs = vec![None; num.into()];
        model.entries = (0..num).collect();
        model.driver_ok = true;
        model.rings_reset = true;
        model.outs.clear();
        model.returned.clear();
        for ring in &mut model.rings {
            *ring = Ring::default();
        }
        for id in 0..num {
            let text = Text { src: 0, dst: 0, payload: Vec::new() };
            model.rings[0].entries.push_back(Entry { id, what: Ok(text) });
        }
        model.rings[0].idx = num;
    }

    /// Whether one buffer more, lent though the device has it, could be one too many for either ring.
    fn is_full(&self, ring: usize) -> bool {
        let out = match ring {
            0 => self.model.device.len() + self.model.outs.len(),
            _ => self.model.held.len() + self.model.returned.len(),
        };
        self.model.rings[ring].entries.len() + out >= usize::from(self.model.num)
    }

    /// Lends, unless the ring is full.
    fn lend(&mut self, ring: usize, entry: Entry) {
        // A ring that broke is set up anew, not mended: see
        // `a_broken_ring_that_is_mended_gives_no_buffer_twice`.
        if self.is_full(ring) || self.model.is_broken() {
            return;
        }
        let state = &mut self.model.rings[ring];
        if ring == 0 {
            // Where Linux is in its ring, which a jump of the index has not moved.
            let at = usize::from(state.taken) + state.entries.len();
            self.model.entries[at % usize::from(self.model.num)] = entry.id;
        }
        self.linux.lend(ring, entry.id);
        state.entries.push_back(entry);
        // A jump is healed by it.
        state.idx = state.taken.wrapping_add(state.entries.len() as u16);
    }

    fn send(&mut self, dst: u32, payload: Vec<u8>, mistake: Option<PeerError>, how: u16) {
        if self.is_full(1) || self.model.is_broken() {
            return;
        }
        if mistake == Some(PeerError::DescriptorId) {
            let id = self.model.num.saturating_add(if how % 4 == 0 { 0 } else { how });
            return self.lend(1, Entry { id, what: Err(PeerError::DescriptorId) });
        }
        let Some(id) = self.free[1].pop() else { return };
        self.number += 1;
        let text = Text { src: 0x1000 + self.number, dst, payload };
        let at = self.linux.buffer(1, id);
        let mut bytes = Vec::new();
        bytes.extend(text.src.to_le_bytes());
        bytes.extend(text.dst.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend((text.payload.len() as u16).to_le_bytes());
        bytes.extend([0; 2]);
        bytes.extend(&text.payload);
        self.linux.write(at, &bytes);
        let len = bytes.len() as u32;
        match mistake {
            Some(PeerError::DescriptorFlags) => self.linux.set_desc(1, id, at, len, how.max(1)),
            Some(PeerError::BufferLength) => self.linux.set_desc(1, id, at, u32::from(how % 16), 0),
            Some(PeerError::BufferAddress) => {
                let address = [0, VRING0 - 4, at + 1, at + 2, 0x9240_0000, 0xffff_fffc][usize::from(how % 6)];
                self.linux.set_desc(1, id, address, len, 0);
            }
            _ => self.linux.set_desc(1, id, at, len, 0),
        }
        if mistake == Some(PeerError::HeaderLength) {
            self.linux.write(at + 12, &how.max(text.payload.len() as u16 + 1).to_le_bytes());
        }
        self.texts[usize::from(id)] = mistake.is_none().then(|| text.clone());
        self.lend(1, Entry { id, what: mistake.map_or(Ok(text), Err) });
    }

    fn lend_buffer(&mut self, which: u8, len: u32, flags: u16, address: Option<u32>, what: Result<(), PeerError>) {
        let Some(index) = pick(&self.free[0], which).filter(|_| !self.is_full(0) && !self.model.is_broken()) else {
            return;
        };
        let id = self.free[0].swap_remove(index);
        self.model.descs[usize::from(id)] = what.err();
        self.linux.set_desc(0, id, address.unwrap_or(self.linux.buffer(0, id)), len, flags);
        let what = what.map(|()| Text { src: 0, dst: 0, payload: Vec::new() });
        self.lend(0, Entry { id, what });
    }

    /// Takes what the device sent: what the model says, where and in the order that it says.
    fn receive(&mut self) {
        let outs = std::mem::take(&mut self.model.outs);
        let received = self.linux.receive_and_keep();
        assert_eq!(received.len(), outs.len());
        for ((id, message), out) in received.into_iter().zip(outs) {
            match out {
                Out::Overwritten(sent) => assert_eq!(id, sent),
                Out::Sent(sent, text) => {
                    assert_eq!((id, message.used_len), (sent, 16 + text.payload.len() as u32));
                    assert_eq!(Text { src: message.src, dst: message.dst, payload: message.payload }, text);
                }
            }
            if self.model.rings[0].entries.iter().all(|entry| entry.id != id) && !self.free[0].contains(&id) {
                self.free[0].push(id);
            }
        }
    }

    /// Takes transmit buffers back: those that the model says, in its order.
    fn reclaim(&mut self) {
        let returned = std::mem::take(&mut self.model.returned);
        for back in 1..=returned.len() as u16 {
            let slot = self.linux.used_idx(1).wrapping_sub(back) % self.model.num;
            let len = self.linux.read(self.linux.used(1) + 8 + 8 * u32::from(slot), 4);
            assert_eq!(len, [0; 4], "nothing is written into a transmit buffer");
        }
        assert_eq!(self.linux.reclaim(), returned);
        for id in returned {
            let lent = self.model.rings[1].entries.iter().any(|entry| entry.id == id) || self.model.held.contains(&id);
            if !lent && !self.free[1].contains(&id) {
                self.free[1].push(id);
            }
        }
    }

    // --- the application --------------------------------------------------------------------------

    fn app_step(&mut self, step: AppStep) {
        match step {
            AppStep::Poll(kicked) => self.poll(kicked),
            AppStep::Flush => {
                self.link.flush();
                let (kicks, expected) = (self.linux.kicks.take(), self.model.flush());
                // For what was given back to the rings of before there may be kicks, or none.
                assert!(kicks == expected || self.model.is_outdated(), "{kicks:?}, not {expected:?}");
            }
            AppStep::HasWork => {
                let expected = (self.model.has_message() && self.model.can_take()) || self.model.has_to_say_so();
                assert_eq!(self.link.has_work(), expected);
            }
            AppStep::Receive => {
                let expected = self.model.receive();
                let message = self.link.receive();
                self.hold(message, expected);
            }
            AppStep::ReceiveWithGrants(false) => self.receive_with_grants::<1>(),
            AppStep::ReceiveWithGrants(true) => self.receive_with_grants::<2>(),
            AppStep::DropMessage(which) => {
                let Some(index) = pick(&self.held, which) else { return };
                let held = self.held.swap_remove(index);
                drop(held.message);
                self.model.drop_message(held.id, held.epoch);
            }
            AppStep::Reply(which, grant, len) => self.reply(which, grant, len),
            AppStep::Grant => self.take_grant(),
            AppStep::DropGrant(which) => {
                let Some(index) = pick(&self.grants, which) else { return };
                let Granted { grant, id, epoch } = self.grants.swap_remove(index);
                drop(grant);
                self.model.keep_grant(id, epoch);
            }
            AppStep::SendGrant { grant, endpoint, len } => {
                let (Some(grant), Some(endpoint)) = (pick(&self.grants, grant), pick(&self.open, endpoint)) else {
                    return;
                };
                let granted = self.grants.swap_remove(grant);
                self.send_grant(granted, endpoint, len);
            }
            AppStep::SendTo { endpoint, len } => {
                let Some(index) = pick(&self.open, endpoint) else { return };
                let payload = self.payload(len);
                let open = &self.open[index];
                let result = match &open.state {
                    State::Unbound(endpoint) => self.link.send_to(endpoint, 0x777, &payload),
                    State::Bound(endpoint, _) => self.link.send_to(endpoint, 0x777, &payload),
                };
                let text = Text { src: open.addr, dst: 0x777, payload };
                self.transmitted(result, text);
            }
            AppStep::SendOrBind(which, len) => self.send_or_bind(which, len),
            AppStep::Open(how) => self.open(how),
            AppStep::Close(which) => {
                let Some(index) = pick(&self.open, which) else { return };
                let open = self.open.swap_remove(index);
                match open.state {
                    State::Unbound(endpoint) => self.link.close(endpoint),
                    State::Bound(endpoint, _) => self.link.close(endpoint),
                }
                self.model.close(open.slot);
            }
        }
    }

    fn poll(&mut self, kicked: bool) {
        // Without a table there is nothing that a kick could mean but an old kernel, which is another test's.
        let events: Vec<Said> = events(self.link, kicked && self.described)
            .into_iter()
            .map(|event| match event {
                Event::Up { num, history, .. } => {
                    assert_eq!((num, history), ([self.model.num; 2], 0));
                    Said::Up
                }
                Event::Down(why) => Said::Down(why),
                Event::Stuck(ring) => Said::Stuck(ring),
                Event::Moving(ring) => Said::Moving(ring),
                Event::Refused(ring, why) => panic!("ring {ring}: {why}"),
            })
            .collect();
        assert_eq!(events, self.model.poll());
    }

    fn hold(
        &mut self,
        message: Option<Message<'l, 'static, &'static crate::common::Split>>,
        expected: Option<(u16, Text, usize)>,
    ) {
        let Some((id, text, slot)) = expected else {
            return assert!(message.is_none(), "a message from nothing");
        };
        let message = message.expect("the message that Linux sent");
        assert_eq!((message.source(), message.len()), (text.src, text.payload.len()));
        let endpoint = self.open.iter().find(|open| open.slot == slot).expect("an open endpoint");
        assert_eq!(message.endpoint(), endpoint.id);
        let mut payload = vec![0; 600];
        let len = message.read(0, &mut payload);
        assert_eq!(payload[..len], text.payload);
        self.held.push(Held { message, id, text, epoch: self.model.epoch });
    }

    fn receive_with_grants<const K: usize>(&mut self) {
        let received = self.link.receive_with_grants::<K>();
        if !self.model.has_message() {
            return assert!(received.is_none());
        }
        let epoch = self.model.epoch;
        let ids = self.model.grants(K);
        if ids.len() < K {
            self.model.counters.starved += 1;
            ids.into_iter().for_each(|id| self.model.keep_grant(id, epoch));
            return assert!(received.is_none());
        }
        let expected = self.model.receive();
        if expected.is_none() {
            ids.iter().for_each(|id| self.model.keep_grant(*id, epoch));
        }
        let message = received.map(|(message, grants)| {
            self.grants.extend(grants.into_iter().zip(ids).map(|(grant, id)| Granted { grant, id, epoch }));
            message
        });
        self.hold(message, expected);
    }

    fn take_grant(&mut self) {
        let expected = self.model.grant();
        let epoch = self.model.epoch;
        match (self.link.grant(), expected) {
            (Ok(grant), Ok(id)) => self.grants.push(Granted { grant, id, epoch }),
            (granted, expected) => assert_eq!(granted.err(), expected.err()),
        }
    }

    fn reply(&mut self, which: u8, grant: u8, len: u16) {
        let Some(index) = pick(&self.held, which) else { return };
        if self.grants.is_empty() && !self.model.is_outdated() {
            self.take_grant();
        }
        let Some(grant) = pick(&self.grants, grant) else { return };
        let Held { message, id, text, epoch } = self.held.swap_remove(index);
        let Granted { mut grant, id: buffer, epoch: granted } = self.grants.swap_remove(grant);
        let len = usize::from(len) % (message.len().min(grant.capacity()) + 1);
        let result = |good| if good { Ok(()) } else { Err(SendError::Stale) };
        let current = self.model.is_current(1, epoch);
        // Into rings that were set up anew and not looked at since, no payload: see docs/architecture.md.
        let len = if self.model.is_outdated() { 0 } else { len };
        assert_eq!(grant.copy(0, &message, 0, len), result(current && self.model.is_current(0, granted)));
        let sends = current && self.model.lends(0, granted);
        assert_eq!(message.reply(grant, len), result(sends));
        if sends {
            let payload = text.payload[..len].to_vec();
            self.model.sent(buffer, Text { src: text.dst, dst: text.src, payload });
        } else {
            self.model.keep_grant(buffer, granted);
        }
        self.model.drop_message(id, epoch);
    }

    fn payload(&mut self, len: u16) -> Vec<u8> {
        self.number += 1;
        (0..len).map(|i| (i as u32 * 3 + self.number) as u8).collect()
    }

    fn send_grant(&mut self, granted: Granted<'l>, endpoint: usize, len: u16) {
        let Granted { mut grant, id, epoch } = granted;
        // As in reply.
        let payload = self.payload(if self.model.is_outdated() { 0 } else { len });
        let fits = payload.len() <= grant.capacity();
        let result = |good: bool| match fits {
            _ if !good => Err(SendError::Stale),
            true => Ok(()),
            false => Err(SendError::TooLong),
        };
        assert_eq!(grant.write(0, &payload), result(self.model.is_current(0, epoch)));
        // What is too long is not even tried.
        let expected = result(!fits || self.model.lends(0, epoch));
        let open = &self.open[endpoint];
        let result = match &open.state {
            State::Unbound(endpoint) => self.link.send_grant(endpoint, 0x778, grant, payload.len()),
            State::Bound(endpoint, _) => self.link.send_grant(endpoint, 0x778, grant, payload.len()),
        };
        assert_eq!(result, expected);
        match expected {
            Ok(()) => self.model.sent(id, Text { src: open.addr, dst: 0x778, payload }),
            Err(_) => self.model.keep_grant(id, epoch),
        }
    }

    /// A send that took a buffer of its own.
    fn transmitted(&mut self, result: Result<(), SendError>, text: Text) {
        let fits = text.payload.len() <= (BUFFER_LEN - 16) as usize;
        match self.model.grant() {
            Err(error) => assert_eq!(result, Err(error)),
            Ok(id) if fits => {
                assert_eq!(result, Ok(()));
                self.model.sent(id, text);
            }
            Ok(id) => {
                assert_eq!(result, Err(SendError::TooLong));
                self.model.keep_grant(id, self.model.epoch);
            }
        }
    }

    fn send_or_bind(&mut self, which: u8, len: u16) {
        let Some(index) = pick(&self.open, which) else { return };
        let payload = self.payload(len);
        let Open { state, id, addr, slot } = self.open.swap_remove(index);
        let state = match state {
            State::Unbound(endpoint) => State::Bound(self.link.bind(endpoint, 0x779), self.model.sending()),
            State::Bound(endpoint, epoch) => {
                let result = self.link.send(&endpoint, &payload);
                if self.model.sending() == epoch {
                    self.transmitted(result, Text { src: addr, dst: 0x779, payload });
                    State::Bound(endpoint, epoch)
                } else {
                    assert_eq!(result, Err(SendError::Stale));
                    State::Unbound(endpoint.unbind())
                }
            }
        };
        self.open.push(Open { state, id, addr, slot });
    }

    fn open(&mut self, how: u8) {
        const NAMES: [&str; 3] = ["a", "rpmsg-tty", "0123456789012345678901234567890"];
        let fixed = match how {
            0..3 => None,
            3 => Some(0x401),
            4 => Some(53),
            _ => Some(0x20),
        };
        let address = fixed.map_or(Address::Dynamic, Address::Fixed);
        let name = (how != 5).then_some(NAMES[usize::from(how % 3)]);
        let opened = match name {
            Some(name) => self.link.open(name, address),
            None => self.link.open_unannounced(address),
        };
        match (opened, self.model.open(name, fixed)) {
            (Ok(endpoint), Ok((addr, slot))) => {
                assert_eq!(endpoint.address(), addr);
                let id = endpoint.id();
                assert!(self.open.iter().all(|open| open.id != id && open.addr != addr));
                self.open.push(Open { state: State::Unbound(endpoint), id, addr, slot });
            }
            (opened, expected) => assert_eq!(opened.err(), expected.err()),
        }
    }

    // --- the end ----------------------------------------------------------------------------------

    /// Everything is let go of; then, after a reset, all buffers are Linux's and service is as at first.
    pub fn end(&mut self) {
        while !self.held.is_empty() {
            self.step(Step::App(AppStep::DropMessage(0)));
        }
        while !self.grants.is_empty() {
            self.step(Step::App(AppStep::DropGrant(0)));
        }
        for step in [LinuxStep::Receive, LinuxStep::Reclaim, LinuxStep::Stop] {
            self.step(Step::Linux(step));
        }
        self.step(Step::App(AppStep::Poll(true)));
        self.step(Step::Linux(LinuxStep::Start(4, true)));
        self.step(Step::App(AppStep::Poll(true)));
        assert!(self.link.is_up());
        while !self.open.is_empty() {
            self.step(Step::App(AppStep::Close(0)));
        }
        self.step(Step::App(AppStep::Open(0)));
        for len in [0, 12, 496] {
            self.step(Step::Linux(LinuxStep::Send { to: 1, len }));
            self.step(Step::App(AppStep::ReceiveWithGrants(false)));
            assert_eq!((self.held.len(), self.grants.len()), (1, 1), "no service after a reset");
            self.step(Step::App(AppStep::Reply(0, 0, len)));
            self.step(Step::App(AppStep::Flush));
        }
        self.step(Step::Linux(LinuxStep::Receive));
        self.step(Step::Linux(LinuxStep::Reclaim));
        assert_eq!(self.free[1].len(), 16);
        let lent = self.model.rings[0].entries.len();
        assert_eq!(self.free[0].len() + lent, 16);
        assert!(self.model.device.is_empty());
    }
}
