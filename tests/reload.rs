// SPDX-License-Identifier: MIT OR Apache-2.0
//! The firmware is loaded anew over rings that go on, as `imx_dsp_rproc` does on resume, while the application before it
//! held messages and grants and gave them back in an order of its own. Linux's part is its own order of buffers
//! (`get_a_tx_buf` and `rpmsg_recv_done` in `drivers/rpmsg/virtio_rpmsg_bus.c`), and its one demand: what comes back
//! is lent (`virtqueue_get_buf`: "is not a head!" breaks the ring for good).
#[path = "common/cases.rs"]
mod cases;
mod common;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cases::config;
use common::{Linux, TestLink, events, ready};
use imx_rpmsg::rpmsg::{Address, Endpoint, Event, Grant, Message, SendError, Unbound};
use imx_rpmsg::vring::{AttachError, PeerError};
use proptest::prelude::*;

const PEER: u32 = 0x7c;
const ADDR: u32 = 0x400;

type Held = Message<'static, 'static, &'static common::Split>;
type Granted = Grant<'static, 'static, &'static common::Split>;

/// The firmware's life until it is loaded anew. What it holds then is not dropped: it is gone.
struct Life {
    link: &'static TestLink<'static>,
    endpoint: Endpoint<Unbound>,
    held: Vec<(u32, Held)>,
    grants: Vec<Granted>,
}

impl Life {
    fn new(linux: &'static Linux) -> Result<Self, AttachError> {
        let link: &'static TestLink<'static> = Box::leak(Box::new(linux.link()));
        let endpoint = link.open("test", Address::Fixed(ADDR)).unwrap();
        match events(link, true)[..] {
            [Event::Up { .. }] => Ok(Self { link, endpoint, held: Vec::new(), grants: Vec::new() }),
            [Event::Refused(_, why)] => Err(why),
            ref other => panic!("{other:?}"),
        }
    }

    fn end(self) {
        std::mem::forget((self.held, self.grants));
    }

    fn is_faultless(&self) -> bool {
        PeerError::ALL.into_iter().all(|kind| self.link.stats().errors(kind) == 0)
    }
}

struct World {
    linux: &'static Linux,
    num: u16,
    life: Life,
    /// Messages sent; each has its number as payload.
    sent: u32,
    /// Transmit buffers that were never lent, and those that came back, the first first.
    fresh: VecDeque<u16>,
    returned: VecDeque<u16>,
    /// Which buffers are lent; what message is in one.
    away: [BTreeSet<u16>; 2],
    messages: BTreeMap<u16, u32>,
    /// Receive buffers with something in them, in order.
    inbox: VecDeque<u16>,
    /// Payloads that the application sent and Linux has not seen.
    outbox: VecDeque<u32>,
    replies: u32,
    /// The last message that was lent before one that had got its buffer earlier.
    swapped: Option<u32>,
    /// A message went back before one that was received earlier.
    is_disordered: bool,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Send,
    /// Two tasks: the one that gets its buffer second lends first.
    SendTwo,
    /// A driver that is not Linux's sends in any buffer that it has.
    SendAny(u8),
    /// Linux looks at what it was sent, and lends so many of the buffers again.
    Relend(u8),
    /// A driver that is not Linux's looks at what it was sent, and lends any of the buffers again.
    RelendAny(u8),
    Receive,
    Drop(u8),
    Grant,
    DropGrant(u8),
    Reply(u8),
    Reload,
}

impl World {
    fn new(num: u16, gone_round: u16) -> Self {
        let linux = Linux::new();
        linux.set_up_rings(num, 4096);
        if gone_round > 0 {
            linux.go_round(gone_round);
        }
        linux.describe_rings();
        linux.set_status(7);
        let all = || (0..num).map(|i| gone_round.wrapping_add(i) % num).collect();
        let (fresh, returned) = if gone_round > 0 { (VecDeque::new(), all()) } else { (all(), VecDeque::new()) };
        let mut world = Self {
            linux,
            num,
            life: Life::new(linux).unwrap(),
            sent: 0,
            fresh,
            returned,
            away: [(0..num).collect(), BTreeSet::new()],
            messages: BTreeMap::new(),
            inbox: VecDeque::new(),
            outbox: VecDeque::new(),
            replies: 0,
            swapped: None,
            is_disordered: false,
        };
        world.greeted();
        world
    }

    /// The announcement is Linux's to hear.
    fn greeted(&mut self) {
        let heard = self.hear();
        // A ring with nothing left has no room for it; it is made up for later.
        assert!(heard <= 1);
    }

    /// Takes what came back in vring0; how many announcements there were.
    fn hear(&mut self) -> usize {
        let mut announced = 0;
        for (id, message) in self.linux.receive_and_keep() {
            assert!(self.away[0].remove(&id), "vring0: {id} is not a head!");
            self.inbox.push_back(id);
            if message.dst == 53 {
                announced += 1;
            } else {
                let number = self.outbox.pop_front().expect("something was sent");
                assert_eq!(message.payload, number.to_le_bytes());
            }
        }
        announced
    }

    /// A buffer for a message, got as Linux gets it.
    fn transmit_buffer(&mut self) -> Option<u16> {
        if let Some(id) = self.fresh.pop_front() {
            return Some(id);
        }
        self.reclaim();
        self.returned.pop_front()
    }

    fn reclaim(&mut self) {
        for id in self.linux.reclaim() {
            assert!(self.away[1].remove(&id), "vring1: {id} is not a head!");
            self.messages.remove(&id);
            self.returned.push_back(id);
        }
    }

    fn lend(&mut self, id: u16) {
        self.linux.fill_buffer(id, PEER, ADDR, &self.sent.to_le_bytes());
        self.linux.lend(1, id);
        self.away[1].insert(id);
        self.messages.insert(id, self.sent);
        self.sent += 1;
    }

    /// Messages of which Linux has not got the buffer back, in the order in which they were sent.
    fn outstanding(&mut self) -> BTreeSet<u32> {
        self.reclaim();
        self.messages.values().copied().collect()
    }

    fn receive(&mut self) -> Option<u32> {
        let message = self.life.link.receive()?;
        let mut number = [0; 4];
        assert_eq!((message.len(), message.read(0, &mut number)), (4, 4));
        let number = u32::from_le_bytes(number);
        assert!(self.outstanding().contains(&number), "a message again, or none");
        assert!(self.life.held.iter().all(|(held, _)| *held != number), "a message twice");
        self.life.held.push((number, message));
        Some(number)
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Send => {
                if let Some(id) = self.transmit_buffer() {
                    self.lend(id);
                }
            }
            Step::SendTwo => {
                if !self.fresh.is_empty() {
                    return;
                }
                let Some(first) = self.transmit_buffer() else { return };
                if let Some(second) = self.transmit_buffer() {
                    self.lend(second);
                    self.swapped = Some(self.sent);
                }
                self.lend(first);
            }
            Step::Relend(count) => {
                self.hear();
                for _ in 0..count {
                    let Some(id) = self.inbox.pop_front() else { return };
                    self.away[0].insert(id);
                    self.linux.lend(0, id);
                }
            }
            Step::SendAny(which) => {
                self.reclaim();
                let own = self.fresh.len() + self.returned.len();
                if own > 0 {
                    let which = usize::from(which) % own;
                    let later = which.checked_sub(self.fresh.len());
                    let id = later.map_or_else(|| self.fresh.remove(which), |which| self.returned.remove(which));
                    self.lend(id.unwrap());
                }
            }
            Step::RelendAny(which) => {
                self.hear();
                if !self.inbox.is_empty() {
                    let id = self.inbox.remove(usize::from(which) % self.inbox.len()).unwrap();
                    self.away[0].insert(id);
                    self.linux.lend(0, id);
                }
            }
            Step::Receive => drop(self.receive()),
            Step::Drop(which) => {
                if !self.life.held.is_empty() {
                    let which = usize::from(which) % self.life.held.len();
                    self.life.held.remove(which);
                    self.is_disordered |= which > 0;
                }
            }
            Step::Grant => self.life.grants.extend(self.life.link.grant()),
            Step::DropGrant(which) => {
                if !self.life.grants.is_empty() {
                    let which = usize::from(which) % self.life.grants.len();
                    self.life.grants.swap_remove(which);
                }
            }
            Step::Reply(which) => {
                if !self.life.grants.is_empty() {
                    let which = usize::from(which) % self.life.grants.len();
                    let grant = self.life.grants.swap_remove(which);
                    self.reply(grant);
                }
            }
            Step::Reload => {}
        }
        assert!(self.life.is_faultless(), "{step:?}: Linux is blamed");
    }

    fn reply(&mut self, mut grant: Granted) {
        grant.write(0, &self.replies.to_le_bytes()).unwrap();
        self.life.link.send_grant(&self.life.endpoint, PEER, grant, 4).unwrap();
        self.outbox.push_back(self.replies);
        self.replies += 1;
    }

    /// Gives back all that the application holds, the last first.
    fn let_go(&mut self) {
        while self.life.held.pop().is_some() {}
        while let Some(grant) = self.life.grants.pop() {
            self.reply(grant);
        }
    }

    /// Loads the firmware anew; `false` when it refuses the rings.
    fn reload(&mut self) -> Result<(), AttachError> {
        let life = Life::new(self.linux)?;
        std::mem::replace(&mut self.life, life).end();
        self.greeted();
        Ok(())
    }

    /// All that is outstanding is received again, the oldest first, and each buffer of vring0 can be used once.
    fn drain(&mut self) {
        let outstanding = self.outstanding();
        // What was lent a ring's length ago is in the ring no more, and comes first; so do those before it.
        let seen = self.sent.saturating_sub(u32::from(self.num) - 1);
        let received: Vec<u32> = std::iter::from_fn(|| self.receive()).collect();
        assert_eq!(received.iter().copied().collect::<BTreeSet<_>>(), outstanding);
        let recent: Vec<u32> = received.iter().copied().skip_while(|number| *number < seen).collect();
        assert!(self.swapped.is_some() || recent.is_sorted(), "{received:?}");
        assert!(recent.iter().all(|number| *number >= seen), "{received:?}");

        self.hear();
        let lent = self.away[0].len();
        let grants: Vec<Granted> = std::iter::from_fn(|| self.life.link.grant().ok()).collect();
        assert_eq!(grants.len(), lent, "buffers of vring0 that can be used");
        grants.into_iter().for_each(|grant| self.reply(grant));
        self.life.held.clear();
        self.hear();
        self.reclaim();
        assert!(self.away[0].is_empty() && self.away[1].is_empty(), "a buffer was lost");
        assert!(self.outbox.is_empty() && self.life.is_faultless());
    }

    /// Whether there are entries of the avail ring that two tasks wrote the other way round.
    fn has_swapped(&self) -> bool {
        self.swapped.is_some_and(|swapped| swapped + u32::from(self.num) >= self.sent)
    }
}

fn step(two: u32) -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => Just(Step::Send),
        two => Just(Step::SendTwo),
        8 => (0u8..4).prop_map(Step::Relend),
        10 => Just(Step::Receive),
        10 => any::<u8>().prop_map(Step::Drop),
        8 => Just(Step::Grant),
        4 => any::<u8>().prop_map(Step::DropGrant),
        8 => any::<u8>().prop_map(Step::Reply),
        1 => Just(Step::Reload),
    ]
}

/// What a driver does that lends in an order of its own, to an application that drops no grants.
fn any_order() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => any::<u8>().prop_map(Step::SendAny),
        8 => any::<u8>().prop_map(Step::RelendAny),
        10 => Just(Step::Receive),
        10 => any::<u8>().prop_map(Step::Drop),
        8 => Just(Step::Grant),
        8 => any::<u8>().prop_map(Step::Reply),
        1 => Just(Step::Reload),
    ]
}

fn start() -> impl Strategy<Value = (u16, u16)> {
    let gone_round = prop_oneof![2 => Just(0u16), 2 => 0xffe0u16..=0xffff, 1 => 16u16..=0xffff];
    ((2u32..=4).prop_map(|log| 1 << log), gone_round)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_outstanding_is_taken_up_once((num, gone_round) in start(), steps in prop::collection::vec(step(0), 1..300)) {
        let mut world = World::new(num, gone_round);
        for step in steps {
            if let Step::Reload = step {
                prop_assert_eq!(world.reload(), Ok(()));
            }
            world.step(step);
        }
        prop_assert_eq!(world.reload(), Ok(()));
        world.drain();
    }

    /// In whatever order a driver lends: when the application holds nothing, what is outstanding is told by the indices.
    #[test]
    fn a_driver_may_lend_in_any_order((num, gone_round) in start(), steps in prop::collection::vec(any_order(), 1..300)) {
        let mut world = World::new(num, gone_round);
        for step in steps.into_iter().chain([Step::Reload]) {
            if let Step::Reload = step {
                world.let_go();
                prop_assert_eq!(world.reload(), Ok(()));
            }
            world.step(step);
        }
        world.drain();
    }

    /// What two tasks of Linux's lent the other way round is told from what was held for a ring's length, or the ring is
    /// refused.
    #[test]
    fn linux_may_send_from_two_tasks((num, gone_round) in start(), steps in prop::collection::vec(step(6), 1..300)) {
        let mut world = World::new(num, gone_round);
        for step in steps.into_iter().chain([Step::Reload]) {
            let refused = matches!(step, Step::Reload) && world.reload().is_err();
            if refused {
                prop_assert!(world.has_swapped() && world.is_disordered, "refused for nothing");
                return Ok(());
            }
            world.step(step);
        }
        world.drain();
    }
}

/// As `rpmsg-demo` with the shell: two grants are dropped, then answers take as many as they need.
fn shell_turn(link: &TestLink<'_>, endpoint: &Endpoint<Unbound>, answers: &[&[u8]]) {
    while let Some((message, grants)) = link.receive_with_grants::<2>() {
        drop(grants);
        drop(message);
        for answer in answers {
            let mut grant = link.grant().unwrap();
            grant.write(0, answer).unwrap();
            link.send_grant(endpoint, PEER, grant, answer.len()).unwrap();
        }
    }
    link.flush();
}

#[test]
fn an_application_that_drops_grants_gives_no_buffer_twice_and_loses_none() {
    let (linux, link, endpoint) = ready(256);
    for _ in 0..300 {
        linux.send(PEER, ADDR, b"version\n");
        shell_turn(&link, &endpoint, &[b"one"]);
        assert_eq!(linux.receive().len(), 1);
    }
    let link = linux.link();
    let endpoint = link.open("test", Address::Fixed(ADDR)).unwrap();
    assert_eq!(events(&link, true).len(), 1);
    linux.receive();
    for n in 0..600 {
        let answers = ["a", "b", "c"].map(|name| format!("{name}{n}").into_bytes());
        linux.send(PEER, ADDR, b"help\n");
        shell_turn(&link, &endpoint, &answers.each_ref().map(Vec::as_slice));
        let received: Vec<Vec<u8>> = linux.receive().into_iter().map(|message| message.payload).collect();
        assert_eq!(received, answers, "turn {n}");
    }
    assert_eq!(link.stats().errors(PeerError::InFlight), 0);
}

#[test]
fn dropped_grants_are_sent_in_the_order_in_which_linux_lent_them() {
    let (linux, link, endpoint) = ready(8);
    let [first, second, third] = [(); 3].map(|()| link.grant().unwrap());
    drop(third);
    drop(first);
    drop(second);
    for _ in 0..16 {
        link.send_to(&endpoint, PEER, b"").unwrap();
        let kept = linux.receive_and_keep();
        kept.iter().for_each(|(id, _)| linux.lend(0, *id));
    }
    // One announcement came before: entry 17 is of buffer 0, as at first.
    let slots: Vec<u32> = (0..8).map(|slot| linux.used_id(0, slot)).collect();
    assert_eq!(slots, [0, 1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn a_message_held_while_a_later_one_was_answered_is_received_again_and_the_later_one_is_not() {
    let (linux, link, _endpoint) = ready(256);
    linux.send(PEER, ADDR, b"first");
    linux.send(PEER, ADDR, b"second");
    let first = link.receive().unwrap();
    drop(link.receive().unwrap());
    let back = linux.reclaim();
    std::mem::forget(first);
    let link = linux.link();
    let _endpoint = link.open("test", Address::Fixed(ADDR)).unwrap();
    assert_eq!(events(&link, true).len(), 1);
    let mut text = [0; 16];
    let message = link.receive().unwrap();
    let len = message.read(0, &mut text);
    assert_eq!(&text[..len], b"first");
    drop(message);
    assert!(link.receive().is_none());
    let again = linux.reclaim();
    assert_eq!((again.len(), again.iter().any(|id| back.contains(id))), (1, false));
}

#[test]
fn a_message_held_for_more_than_a_ring_is_received_again() {
    let mut world = World::new(256, 0);
    world.step(Step::Send);
    let held = world.receive().unwrap();
    for _ in 0..1000 {
        world.step(Step::Send);
        world.receive().unwrap();
        world.life.held.pop();
    }
    world.reload().unwrap();
    assert_eq!((world.receive(), world.receive()), (Some(held), None));
    // Again, in the middle of it.
    world.reload().unwrap();
    world.step(Step::Send);
    assert_eq!((world.receive(), world.receive(), world.receive()), (Some(held), Some(1001), None));
    world.life.held.clear();
    world.reclaim();
    assert!(world.away[1].is_empty(), "a buffer was lost");
}

/// The indices have gone round, and entries and indices are as they may be in a ring that has just been set up.
#[test]
fn a_ring_that_looks_like_new_is_taken_up_twice() {
    let mut world = World::new(8, 0xfff8);
    for _ in 0..8 {
        world.step(Step::Send);
        world.step(Step::Receive);
    }
    // All but the last.
    for _ in 0..7 {
        world.step(Step::Drop(0));
        world.step(Step::Send);
    }
    // 0, lent anew, goes back before 7.
    world.step(Step::Receive);
    world.step(Step::Drop(1));
    world.reload().unwrap();
    world.reload().unwrap();
    world.drain();
}

/// The task that got its buffer first has not lent it yet.
#[test]
fn in_the_middle_of_two_tasks_sends_the_link_waits_for_the_second() {
    let mut world = World::new(8, 800);
    // The firmware holds a message for longer than the next: the indices alone do not tell what is outstanding.
    for step in [Step::Send, Step::Send, Step::Receive, Step::Receive, Step::Drop(1)] {
        world.step(step);
    }
    let (first, second) = (world.transmit_buffer().unwrap(), world.transmit_buffer().unwrap());
    world.lend(second);
    assert_eq!(world.reload(), Err(AttachError::History));
    let life = world.linux.link();
    assert_eq!(events(&life, true), [Event::Refused(1, AttachError::History)]);
    assert_eq!(events(&life, true), [], "said once");
    world.lend(first);
    assert!(matches!(events(&life, true)[..], [Event::Up { .. }]));
    world.reload().unwrap();
    world.drain();
}

/// As virtio allows, and Linux does not.
#[test]
fn a_driver_that_uses_the_last_buffer_first_is_gone_on_with_when_nothing_is_held() {
    for (sent, lengths) in [(1, vec![3]), (2, vec![3, 1]), (3, vec![2, 1, 3])] {
        let (linux, link, _endpoint) = ready(8);
        for round in 0..20 {
            let burst = lengths[round % lengths.len()];
            (0..burst).for_each(|_| linux.send(PEER, ADDR, b"x"));
            let messages: Vec<_> = (0..burst).map(|_| link.receive().unwrap()).collect();
            messages.into_iter().rev().for_each(drop);
            linux.receive();
        }
        let back = linux.used_idx(1);
        let names: Vec<Vec<u8>> = (0..sent).map(|n| vec![n; 3]).collect();
        names.iter().for_each(|name| linux.send(PEER, ADDR, name));
        let link = linux.link();
        let _endpoint = link.open("test", Address::Fixed(ADDR)).unwrap();
        assert!(matches!(events(&link, true)[..], [Event::Up { .. }]), "{lengths:?}");
        for name in names {
            let message = link.receive().unwrap();
            let mut text = [0; 3];
            message.read(0, &mut text);
            assert_eq!(text, name[..]);
        }
        assert!(link.receive().is_none());
        assert_eq!((linux.used_idx(1) - back, linux.free()), (u16::from(sent), 8));
    }
}

/// What a look at a ring costs, in reads of shared memory.
#[test]
fn a_ring_that_is_refused_is_not_looked_at_again_until_its_indices_change_and_not_for_ever() {
    let mut world = World::new(256, 0);
    for _ in 0..300 {
        [Step::Send, Step::Receive, Step::Drop(0)].into_iter().for_each(|step| world.step(step));
    }
    for step in [Step::Send, Step::Send, Step::Receive, Step::Receive, Step::Drop(1)] {
        world.step(step);
    }
    // In the middle of two tasks' sends.
    let (_, second) = (world.transmit_buffer().unwrap(), world.transmit_buffer().unwrap());
    world.lend(second);
    let linux = world.linux;
    let next = linux.link();
    let reads = || {
        let before = next.coherency().invalidated.get();
        let said = next.poll(true);
        (next.coherency().invalidated.get() - before, said)
    };
    let (first, said) = reads();
    assert_eq!(said, Some(Event::Refused(1, AttachError::History)));
    assert!(first > 250, "the ring was not examined: {first}");
    for _ in 0..3 {
        let (again, said) = reads();
        assert!(again < 20 && said.is_none(), "{again} reads for nothing new, {said:?}");
    }
    let mut examined = 0;
    for n in 0..1000 {
        // An index that goes to and fro.
        linux.set_avail_idx(1, linux.used_idx(1) + 2 + n % 2);
        let (again, said) = reads();
        assert_eq!(said, None);
        examined += usize::from(again > 250);
    }
    assert!((1..=256).contains(&examined), "examined {examined} times");
    // It is the ring that is given up, not the link.
    linux.stop();
    linux.start(8);
    assert!(matches!(events(&next, true)[..], [Event::Up { .. }]));
}

/// The mark tells the next firmware that the indices alone do not say what is outstanding, and when they do again.
#[test]
fn a_ring_is_marked_while_something_is_held_longer_than_what_came_behind_it() {
    let (linux, link, _endpoint) = ready(8);
    for _ in 0..9 {
        linux.send(PEER, ADDR, b"x");
        link.receive().unwrap();
    }
    let in_order = linux.mark(1);
    linux.send(PEER, ADDR, b"first");
    linux.send(PEER, ADDR, b"second");
    let (first, second) = (link.receive().unwrap(), link.receive().unwrap());
    assert_eq!(linux.mark(1), in_order);
    drop(second);
    let out_of_order = linux.mark(1);
    assert!(out_of_order != in_order && out_of_order != 0);
    drop(first);
    assert_eq!(linux.mark(1), in_order);
}

#[test]
fn a_used_ring_that_linux_wrote_over_is_refused() {
    let (linux, link, _endpoint) = ready(8);
    for _ in 0..20 {
        linux.send(PEER, ADDR, b"x");
        drop(link.receive().unwrap());
    }
    linux.send(PEER, ADDR, b"y");
    linux.write(linux.used(1) + 4, &[0xff; 8 * 8]);
    let link = linux.link();
    assert_eq!(events(&link, true), [Event::Refused(1, AttachError::History)]);
    assert!(!link.is_up() && link.receive().is_none());
    assert_eq!(link.grant().err(), Some(SendError::Detached));
}
