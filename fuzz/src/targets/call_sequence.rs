// SPDX-License-Identifier: MIT OR Apache-2.0
//! A whole link: any calls of the application, and a Linux that does anything before, after and in the
//! middle of them.

use imx_rpmsg::rpmsg::{Address, Bound, Down, Endpoint, Event, Grant, Message, SendError, Unbound};
use imx_rpmsg::vring::PeerError;

use crate::bus::{Bus, TestLink};
use crate::linux::{Linux, TABLE};
use crate::op::Op;
use crate::targets::steps::{FIRST, each};

/// Polls, `a` saying whether a kick came.
pub const POLL: u8 = FIRST;
/// Receives a message and keeps it.
pub const RECEIVE: u8 = FIRST + 1;
/// Receives one with `a % 3` grants and keeps all.
pub const RECEIVE_WITH: u8 = FIRST + 2;
/// Reads `b` bytes of message `a` from byte `word`.
pub const READ: u8 = FIRST + 3;
/// Drops message `a`.
pub const DROP_MESSAGE: u8 = FIRST + 4;
/// Takes a grant.
pub const GRANT: u8 = FIRST + 5;
/// Writes `b` bytes into grant `a` at `word`.
pub const WRITE_GRANT: u8 = FIRST + 6;
/// Copies `b` bytes of message `word` into grant `a`.
pub const COPY: u8 = FIRST + 7;
/// Replies to message `a` with `b` bytes of grant `word`.
pub const REPLY: u8 = FIRST + 8;
/// Answers message `a` with `b` bytes of grant `word` and keeps it.
pub const ANSWER: u8 = FIRST + 9;
/// Drops grant `a`.
pub const DROP_GRANT: u8 = FIRST + 10;
/// Opens an endpoint: announced when `a` is even, at `word` when `b` is odd.
pub const OPEN: u8 = FIRST + 11;
/// Closes endpoint `a`.
pub const CLOSE: u8 = FIRST + 12;
/// Binds endpoint `a` to `word`, or unbinds it.
pub const BIND: u8 = FIRST + 13;
/// Sends `b` bytes from endpoint `a` to its peer, or to `word`.
pub const SEND_FROM: u8 = FIRST + 14;
/// Sends `b` bytes of a grant from endpoint `a` to `word`.
pub const SEND_GRANT: u8 = FIRST + 15;
/// Kicks where due.
pub const FLUSH: u8 = FIRST + 16;
/// Echoes all there is, as a service does.
pub const ECHO: u8 = FIRST + 17;
const ALL: u8 = FIRST + 18;

enum Open {
    Unbound(Endpoint<Unbound>),
    Bound(Endpoint<Bound>),
}

/// What the application holds; `era` is the attachment that something is of.
struct App<'l, 'b> {
    bus: &'b Bus,
    link: &'l TestLink<'b>,
    era: u32,
    /// Most grants held at a time in this era.
    most: usize,
    messages: Vec<(u32, Message<'l, 'b, &'b Bus>)>,
    grants: Vec<(u32, Grant<'l, 'b, &'b Bus>)>,
    endpoints: Vec<Open>,
}

fn pick<T>(from: &[T], which: u32) -> Option<usize> {
    (!from.is_empty()).then(|| which as usize % from.len())
}

impl<'l> App<'l, '_> {
    fn poll(&mut self, kicked: bool) -> Option<Event> {
        let event = self.link.poll(kicked);
        // A broken ring is still there until Linux resets it.
        if let Some(Event::Up { .. } | Event::Down(Down::DriverGone | Down::RingsReset)) = event {
            self.era += 1;
            self.most = 0;
        }
        if let Some(Event::Up { .. }) = event {
            assert!((0..2).all(|ring| self.bus.started(ring) != Some(false)), "up without a mark");
        }
        event
    }

    fn step(&mut self, op: Op) {
        let len = usize::from(op.b) % 700;
        let bytes = [op.a; 700];
        match op.code {
            POLL => drop(self.poll(op.a % 2 == 1)),
            RECEIVE => {
                if let Some(message) = self.link.receive() {
                    self.messages.push((self.era, message));
                }
            }
            RECEIVE_WITH => match op.a % 3 {
                0 => self.receive_with::<0>(),
                1 => self.receive_with::<1>(),
                _ => self.receive_with::<2>(),
            },
            READ => {
                if let Some(i) = pick(&self.messages, op.a.into()) {
                    let message = &self.messages[i].1;
                    let mut out = [0; 700];
                    let n = message.read(op.word as usize, &mut out[..len]);
                    let rest = message.len().saturating_sub(op.word as usize);
                    assert!(n == rest.min(len) || self.messages[i].0 != self.era || n == 0);
                }
            }
            DROP_MESSAGE => {
                if let Some(i) = pick(&self.messages, op.a.into()) {
                    self.messages.swap_remove(i);
                }
            }
            GRANT => {
                let before = self.bus.held(0).filter(|_| self.link.is_up());
                let mistakes = self.mistakes();
                let granted = self.grants.iter().filter(|grant| grant.0 == self.era).count();
                let grant = self.link.grant();
                if let (Some(before), Some(held)) = (before, self.bus.held(0)) {
                    // What came back unsent is granted before anything is taken from Linux, if it is still good.
                    let kept = held == before && grant.is_ok() || self.mistakes() != mistakes;
                    assert!(before <= granted || kept, "a kept buffer was not granted");
                }
                if let Ok(grant) = grant {
                    self.grants.push((self.era, grant));
                }
            }
            WRITE_GRANT => {
                if let Some(i) = pick(&self.grants, op.a.into()) {
                    let (era, grant) = &mut self.grants[i];
                    let fits = u64::from(op.word) + len as u64 <= grant.capacity() as u64;
                    match grant.write(op.word as usize, &bytes[..len]) {
                        Ok(()) => assert!(fits && *era == self.era),
                        Err(SendError::TooLong) => assert!(!fits),
                        Err(error) => assert_eq!(error, SendError::Stale),
                    }
                }
            }
            COPY => {
                if let (Some(g), Some(m)) = (pick(&self.grants, op.a.into()), pick(&self.messages, op.word & 0xff)) {
                    let from = (op.word >> 8) as usize % 600;
                    let (message, grant) = (&self.messages[m].1, &mut self.grants[g].1);
                    if grant.copy(op.a.into(), message, from, len).is_ok() {
                        assert!(from + len <= message.len() && usize::from(op.a) + len <= grant.capacity());
                    }
                }
            }
            REPLY | ANSWER => {
                if let (Some(m), Some(g)) = (pick(&self.messages, op.a.into()), pick(&self.grants, op.word)) {
                    let (grant_era, grant) = self.grants.swap_remove(g);
                    let fits = len <= grant.capacity();
                    let sent = if op.code == REPLY {
                        self.messages.swap_remove(m).1.reply(grant, len)
                    } else {
                        self.messages[m].1.answer(grant, len)
                    };
                    assert!(sent.is_err() || fits && grant_era == self.era);
                }
            }
            DROP_GRANT => {
                if let Some(i) = pick(&self.grants, op.a.into()) {
                    self.grants.swap_remove(i);
                }
            }
            OPEN => self.open(op),
            CLOSE => {
                if let Some(i) = pick(&self.endpoints, op.a.into()) {
                    match self.endpoints.swap_remove(i) {
                        Open::Unbound(endpoint) => self.link.close(endpoint),
                        Open::Bound(endpoint) => self.link.close(endpoint),
                    }
                }
            }
            BIND => {
                if let Some(i) = pick(&self.endpoints, op.a.into()) {
                    let other = match self.endpoints.swap_remove(i) {
                        Open::Unbound(endpoint) => Open::Bound(self.link.bind(endpoint, op.word)),
                        Open::Bound(endpoint) => Open::Unbound(endpoint.unbind()),
                    };
                    self.endpoints.push(other);
                }
            }
            SEND_FROM => {
                if let Some(i) = pick(&self.endpoints, op.a.into()) {
                    let _ = match &self.endpoints[i] {
                        Open::Unbound(endpoint) => self.link.send_to(endpoint, op.word, &bytes[..len]),
                        Open::Bound(endpoint) => self.link.send(endpoint, &bytes[..len]),
                    };
                }
            }
            SEND_GRANT => {
                if let (Some(i), Some(g)) = (pick(&self.endpoints, op.a.into()), pick(&self.grants, op.a.into())) {
                    let (_, grant) = self.grants.swap_remove(g);
                    let _ = match &self.endpoints[i] {
                        Open::Unbound(endpoint) => self.link.send_grant(endpoint, op.word, grant, len),
                        Open::Bound(endpoint) => self.link.send_grant(endpoint, op.word, grant, len),
                    };
                }
            }
            FLUSH => {
                self.bus.quiet();
                self.link.flush();
                self.bus.flushed(self.link.is_up());
            }
            _ => {
                while let Some((message, [mut grant])) = self.link.receive_with_grants::<1>() {
                    let len = message.len().min(grant.capacity());
                    if grant.copy(0, &message, 0, len).is_err() || message.reply(grant, len).is_err() {
                        break;
                    }
                }
                let _ = self.link.has_work_for(u16::from(op.a) % 4);
            }
        }
    }

    fn mistakes(&self) -> u32 {
        PeerError::ALL.into_iter().map(|kind| self.link.stats().errors(kind)).sum()
    }

    fn receive_with<const K: usize>(&mut self) {
        if let Some((message, grants)) = self.link.receive_with_grants::<K>() {
            self.messages.push((self.era, message));
            self.grants.extend(grants.map(|grant| (self.era, grant)));
        }
    }

    fn open(&mut self, op: Op) {
        let address = if op.b % 2 == 1 { Address::Fixed(op.word) } else { Address::Dynamic };
        let opened = if op.a % 2 == 0 {
            self.link.open(["rpmsg-tty", "a", "0123456789012345678901234567890"][usize::from(op.a / 2 % 3)], address)
        } else {
            self.link.open_unannounced(address)
        };
        if let Ok(endpoint) = opened {
            let taken = |other: &Open| match other {
                Open::Unbound(other) => other.address() == endpoint.address(),
                Open::Bound(other) => other.address() == endpoint.address(),
            };
            assert!(!self.endpoints.iter().any(taken), "an address was given twice");
            self.endpoints.push(Open::Unbound(endpoint));
        }
    }

    /// What is held here is what the bus saw taken: nothing lost, nothing doubled.
    fn balance(&mut self) {
        self.bus.settle();
        self.bus.compare(|kind| self.link.stats().errors(kind));
        let granted = self.grants.iter().filter(|grant| grant.0 == self.era).count();
        self.most = self.most.max(granted);
        if !self.link.is_up() {
            return;
        }
        if let Some(held) = self.bus.held(1) {
            let messages = self.messages.iter().filter(|message| message.0 == self.era).count();
            assert_eq!(held, messages, "received buffers");
        }
        if let Some(held) = self.bus.held(0) {
            // One call takes two at most, and nothing while there are kept ones.
            assert!((granted..=self.most + 2).contains(&held), "{granted} grants, {held} buffers");
        }
    }
}

/// After a reset, a driver that keeps to the rules is served: its message comes back.
pub fn resumes(bus: &Bus, link: &TestLink<'_>) {
    bus.catch_up();
    Linux::set_status(&bus.memory, 0);
    for _ in 0..8 {
        let _ = link.poll(false);
    }
    bus.linux.start(&bus.memory, 8, 64);
    for _ in 0..8 {
        let _ = link.poll(true);
    }
    assert!(link.is_up(), "the link does not come up again");
    // Room in the endpoint table, or an endpoint that is there: either will do.
    let fresh = link.open_unannounced(Address::Dynamic);
    let addr = fresh.as_ref().map_or(0x400, Endpoint::address);
    bus.linux.collect(&bus.memory);
    assert!(bus.linux.send(&bus.memory, 0x777, addr, 5, 5, b"hello"));
    let nobody = link.stats().nobody();
    match link.receive_with_grants::<1>() {
        Some((message, [mut grant])) => {
            grant.copy(0, &message, 0, 5).expect("room for 5 bytes");
            message.reply(grant, 5).expect("a link that is up");
            assert_eq!(bus.linux.collect(&bus.memory).pop(), Some((addr, 0x777, b"hello".to_vec())));
        }
        None => assert!(fresh.is_err() && link.stats().nobody() == nobody + 1, "no service after a reset"),
    }
    bus.linux.collect(&bus.memory);
    assert_eq!(bus.linux.free(), 8, "a buffer was lost");
    if let Ok(endpoint) = fresh {
        link.close(endpoint);
    }
    bus.settle();
}

/// Runs one input: the first byte says whether there is a fallback and a driver already, then steps.
pub fn run(data: &[u8]) {
    let Some((&start, data)) = data.split_first() else { return };
    let bus = Bus::new(&TABLE.bytes());
    let link = bus.link(Some(256).filter(|_| start & 1 == 1));
    let mut app = App {
        bus: &bus,
        link: &link,
        era: 0,
        most: 0,
        messages: Vec::new(),
        grants: Vec::new(),
        endpoints: Vec::new(),
    };
    if start & 2 == 0 {
        app.open(Op { code: OPEN, a: 0, b: 0, word: 0 });
        bus.linux.start(&bus.memory, 8, 64);
        while app.poll(true).is_some() {}
    }
    each(&bus, data, ALL, |op| {
        app.step(op);
        app.balance();
    });
    // What is still held is held over the reset, and touches nothing after it.
    resumes(&bus, &link);
    app.messages.clear();
    app.grants.clear();
    bus.settle();
}
