// SPDX-License-Identifier: MIT OR Apache-2.0
//! The forms of the calls that wait: with a deadline, and as futures. Linux keeps to the rules.
mod common;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use common::{Kicks, Linux, Split, TestLink, ready};
use imx_rpmsg::mailbox::{Seen, Signals};
use imx_rpmsg::rpmsg::{self, Address, AsyncLink, Down, Endpoint, Event, Idle, Interrupted, SendError, Unbound};

const PEER: u32 = 0x400;
const FIRST: u32 = 0x400;
const SECOND: u32 = 0x401;

type Waiting<const W: usize = 8> = AsyncLink<'static, 'static, &'static Split, &'static Kicks, 4, W>;

// --- deadlines ------------------------------------------------------------------------------------

/// Does one thing at each idle, then lets the time be up.
struct Script<'a> {
    steps: Vec<Box<dyn FnOnce() -> rpmsg::Wake + 'a>>,
    idles: usize,
}

impl<'a> Script<'a> {
    fn new(steps: Vec<Box<dyn FnOnce() -> rpmsg::Wake + 'a>>) -> Self {
        Self { steps, idles: 0 }
    }

    fn empty() -> Self {
        Self::new(Vec::new())
    }
}

impl Idle for Script<'_> {
    fn idle(&mut self) -> rpmsg::Wake {
        self.idles += 1;
        if self.steps.is_empty() { rpmsg::Wake::TimeUp } else { self.steps.remove(0)() }
    }
}

fn payload<C: imx_rpmsg::shm::Coherency>(message: &rpmsg::Message<'_, '_, C>) -> Vec<u8> {
    let mut bytes = vec![0; message.len()];
    assert_eq!(message.read(0, &mut bytes), bytes.len());
    bytes
}

#[test]
fn what_is_there_is_received_without_idling() {
    let (linux, link, _endpoint) = ready(8);
    linux.send(PEER, FIRST, b"there");
    let mut script = Script::empty();
    assert_eq!(payload(&link.receive_until(&mut script).unwrap()), b"there");
    assert_eq!(script.idles, 0);
}

#[test]
fn a_message_ends_the_wait_and_none_ends_it_in_time() {
    let (linux, link, _endpoint) = ready(8);
    let mut script = Script::new(vec![
        Box::new(|| rpmsg::Wake::Other),
        Box::new(|| {
            linux.send(PEER, FIRST, b"late");
            rpmsg::Wake::Kicked
        }),
    ]);
    assert_eq!(payload(&link.receive_until(&mut script).unwrap()), b"late");
    assert_eq!(link.receive_until(&mut script).err(), Some(Interrupted::TimeUp));
    assert_eq!(script.idles, 3);
    assert_eq!(linux.free(), 8);
}

#[test]
fn what_came_with_the_end_of_the_time_is_received() {
    let (linux, link, _endpoint) = ready(8);
    let mut script = Script::new(vec![Box::new(|| {
        linux.send(PEER, FIRST, b"just in time");
        rpmsg::Wake::TimeUp
    })]);
    assert_eq!(payload(&link.receive_until(&mut script).unwrap()), b"just in time");
}

/// A peer that kicks for nothing, again and again.
struct Storm {
    /// Idles that begin before the time is over.
    in_time: usize,
    idles: usize,
}

impl Idle for Storm {
    fn idle(&mut self) -> rpmsg::Wake {
        self.idles += 1;
        assert!(self.idles < 100, "the wait goes on over its time");
        rpmsg::Wake::Kicked
    }

    fn was_over(&self) -> bool {
        self.idles > self.in_time
    }
}

#[test]
fn a_storm_of_kicks_does_not_hold_up_the_end_of_the_time() {
    let (linux, link, endpoint) = ready(1);
    for in_time in [0, 5] {
        let mut storm = Storm { in_time, idles: 0 };
        assert_eq!(link.receive_until(&mut storm).err(), Some(Interrupted::TimeUp));
        assert_eq!(storm.idles, in_time + 1);
    }
    let _held = link.grant().unwrap();
    assert_eq!(link.grant_until(&mut Storm { in_time: 5, idles: 0 }).err(), Some(Interrupted::TimeUp));
    // What one of the kicks was for is found.
    linux.send(PEER, FIRST, b"in the storm");
    let message = link.receive_until(&mut Storm { in_time: 0, idles: 0 }).unwrap();
    assert_eq!((payload(&message), message.endpoint()), (b"in the storm".to_vec(), endpoint.id()));
    // And that a link comes up is told, when it did so by the last of them.
    drop(message);
    linux.stop();
    assert_eq!(link.poll(false), Some(Event::Down(Down::DriverGone)));
    linux.start(1);
    assert_eq!(link.up_until(&mut Storm { in_time: 0, idles: 0 }), Ok(()));
}

#[test]
fn linux_is_kicked_before_the_core_idles() {
    let (linux, link, _endpoint) = ready(8);
    linux.send(PEER, FIRST, b"x");
    let mut script = Script::new(vec![Box::new(|| {
        assert_eq!(linux.kicks.take(), [0, 1]);
        rpmsg::Wake::Other
    })]);
    let (message, [grant]) = link.receive_with_grants_until::<1>(&mut script).unwrap();
    message.reply(grant, 0).unwrap();
    assert_eq!(linux.kicks.take(), []);
    assert!(link.receive_with_grants_until::<1>(&mut script).is_err());
    assert_eq!(script.idles, 2);
}

#[test]
fn a_message_waits_for_all_the_buffers_of_its_reply() {
    let (linux, link, _endpoint) = ready(2);
    let held = link.grant().unwrap();
    linux.send(PEER, FIRST, b"two, please");
    assert_eq!(link.receive_with_grants_until::<2>(&mut Script::empty()).err(), Some(Interrupted::TimeUp));
    drop(held);
    assert!(link.receive_with_grants_until::<2>(&mut Script::empty()).is_ok());
}

#[test]
fn every_change_of_the_links_life_ends_a_wait() {
    let linux = Linux::new();
    let link = linux.link();
    let _endpoint = link.open("test", Address::Dynamic).unwrap();
    let mut script = Script::new(vec![
        Box::new(|| {
            linux.start(8);
            rpmsg::Wake::Kicked
        }),
        Box::new(|| {
            linux.stop();
            rpmsg::Wake::Other
        }),
        Box::new(|| {
            linux.start(8);
            rpmsg::Wake::Kicked
        }),
    ]);
    assert!(matches!(link.receive_until(&mut script), Err(Interrupted::Life(Event::Up { .. }))));
    assert_eq!(linux.kicks.take(), [0], "the announcement is told");
    let gone = Interrupted::Life(Event::Down(Down::DriverGone));
    assert_eq!(link.receive_with_grants_until::<1>(&mut script).err(), Some(gone));
    assert_eq!(link.up_until(&mut script), Ok(()));
    assert_eq!(link.up_until(&mut Script::empty()), Ok(()));
    linux.stop();
    assert_eq!(link.grant_until(&mut Script::empty()).err(), None, "not looked at before a buffer is wanted");
}

#[test]
fn a_ring_that_breaks_ends_a_wait_before_it_idles() {
    for ring in [0, 1] {
        let (linux, link, _endpoint) = ready(1);
        linux.set_avail_idx(ring, 0x4000);
        linux.send(PEER, FIRST, b"x");
        linux.set_avail_idx(ring, 0x4000);
        let mut script = Script::empty();
        let broken = Interrupted::Life(Event::Down(Down::RingBroken));
        assert_eq!(link.receive_with_grants_until::<1>(&mut script).err(), Some(broken), "ring {ring}");
        assert_eq!(script.idles, 0);
        let stays_down = link.receive_with_grants_until::<1>(&mut script).err();
        assert_eq!(stays_down, Some(Interrupted::TimeUp));
    }
}

#[test]
fn nothing_is_granted_on_a_link_that_is_down() {
    let linux = Linux::new();
    let link = linux.link();
    let mut script = Script::empty();
    assert_eq!(link.grant_until(&mut script).err(), Some(Interrupted::Refused(SendError::Detached)));
    assert_eq!(script.idles, 0);
    assert_eq!(link.up_until(&mut script), Err(Interrupted::TimeUp));
}

#[test]
fn sending_waits_for_a_buffer_and_for_nothing_else() {
    let (linux, link, endpoint) = ready(1);
    let endpoint = link.bind(endpoint, PEER);
    assert_eq!(link.send_until(&endpoint, b"1", &mut Script::empty()), Ok(()));
    let mut script = Script::new(vec![Box::new(|| {
        assert_eq!(linux.receive().len(), 1);
        rpmsg::Wake::Kicked
    })]);
    assert_eq!(link.send_until(&endpoint, b"2", &mut script), Ok(()));
    assert_eq!(link.send_until(&endpoint, b"3", &mut script), Err(Interrupted::TimeUp));
    assert_eq!(linux.receive()[0].payload, b"2");
    let too_long = Err(Interrupted::Refused(SendError::TooLong));
    assert_eq!(link.send_until(&endpoint, &[0; 497], &mut Script::empty()), too_long);
    assert!(link.grant_until(&mut Script::empty()).is_ok());
    linux.start(1);
    assert!(matches!(link.poll(true), Some(Event::Down(_))));
    assert!(matches!(link.poll(true), Some(Event::Up { .. })));
    let stale = Err(Interrupted::Refused(SendError::Stale));
    assert_eq!(link.send_until(&endpoint, b"4", &mut Script::empty()), stale);
}

// --- futures --------------------------------------------------------------------------------------

/// A mailbox that a test kicks.
#[derive(Default)]
struct Mailbox {
    kicks: Cell<u32>,
    listeners: RefCell<Vec<Waker>>,
}

impl Mailbox {
    fn kick(&self) {
        self.kicks.set(self.kicks.get() + 1);
        self.listeners.take().into_iter().for_each(Waker::wake);
    }
}

impl Signals for Mailbox {
    fn poll_signals(&self, seen: &mut Seen, context: &mut Context<'_>) -> Poll<bool> {
        self.listeners.borrow_mut().push(context.waker().clone());
        if seen.is_news(self.kicks.get()) { Poll::Ready(true) } else { Poll::Pending }
    }
}

/// Counts its wakes.
#[derive(Default)]
struct Bell(AtomicU32);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A future that a test polls by hand.
struct Task<'a, T> {
    future: Pin<Box<dyn Future<Output = T> + 'a>>,
    bell: Arc<Bell>,
    seen: u32,
}

impl<'a, T> Task<'a, T> {
    fn new(future: impl Future<Output = T> + 'a) -> Self {
        Self { future: Box::pin(future), bell: Arc::default(), seen: 0 }
    }

    fn is_woken(&self) -> bool {
        self.bell.0.load(Ordering::Relaxed) != self.seen
    }

    fn poll(&mut self) -> Option<T> {
        self.seen = self.bell.0.load(Ordering::Relaxed);
        match self.future.as_mut().poll(&mut Context::from_waker(&Waker::from(self.bell.clone()))) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        }
    }
}

/// Polls who was woken until nobody is; none of them ends.
fn settle(tasks: &mut [&mut Task<'_, ()>]) {
    for _ in 0..1000 {
        match tasks.iter_mut().find(|task| task.is_woken()) {
            Some(task) => assert!(task.poll().is_none()),
            None => return,
        }
    }
    panic!("the tasks keep waking each other");
}

/// A link that is up, with two endpoints.
struct World<const W: usize> {
    linux: &'static Linux,
    link: &'static TestLink<'static>,
    waiting: Waiting<W>,
    first: Endpoint<Unbound>,
    second: Endpoint<Unbound>,
    mailbox: Mailbox,
    events: RefCell<Vec<Event>>,
}

impl<const W: usize> World<W> {
    fn new(num: u16) -> Self {
        let linux = Linux::new();
        let link: &'static TestLink<'static> = Box::leak(Box::new(linux.link()));
        let first = link.open_unannounced(Address::Fixed(FIRST)).unwrap();
        let second = link.open_unannounced(Address::Fixed(SECOND)).unwrap();
        linux.start(num);
        assert!(matches!(link.poll(true), Some(Event::Up { .. })));
        let waiting = AsyncLink::new(link);
        Self { linux, link, waiting, first, second, mailbox: Mailbox::default(), events: RefCell::default() }
    }

    fn follow(&self) -> Task<'_, ()> {
        let mut task = Task::new(async {
            self.waiting.run(&self.mailbox, |event| self.events.borrow_mut().push(event)).await;
        });
        assert!(task.poll().is_none());
        task
    }

    /// Answers every message at an endpoint with its payload; waits already.
    fn echo<'a>(&'a self, endpoint: &'a Endpoint<Unbound>) -> Task<'a, ()> {
        let mut task = Task::new(async {
            loop {
                let (message, [mut grant]) = self.waiting.receive_with_grants::<1>(endpoint.id()).await;
                assert_eq!(message.endpoint(), endpoint.id());
                let len = message.len();
                grant.copy(0, &message, 0, len).unwrap();
                message.reply(grant, len).unwrap();
            }
        });
        assert!(task.poll().is_none());
        task
    }

    fn answers(&self) -> Vec<(u32, Vec<u8>)> {
        self.linux.receive().into_iter().map(|message| (message.src, message.payload)).collect()
    }
}

#[test]
fn a_task_sleeps_until_linux_kicks() {
    let world = World::<8>::new(8);
    let (mut follow, mut echo) = (world.follow(), world.echo(&world.first));
    world.linux.send(PEER, FIRST, b"hello");
    assert!(!follow.is_woken() && !echo.is_woken());
    world.mailbox.kick();
    assert!(follow.is_woken() && !echo.is_woken());
    settle(&mut [&mut follow, &mut echo]);
    assert_eq!(world.answers(), [(FIRST, b"hello".to_vec())]);
    assert_eq!(world.linux.kicks.take(), [0, 1]);
    assert_eq!(world.linux.free(), 8);
    world.mailbox.kick();
    settle(&mut [&mut follow, &mut echo]);
    assert_eq!(world.linux.kicks.take(), []);
}

#[test]
fn each_task_gets_what_is_for_its_endpoint_in_order() {
    for reversed in [false, true] {
        let world = World::<8>::new(16);
        let mut follow = world.follow();
        let (mut first, mut second) = (world.echo(&world.first), world.echo(&world.second));
        let sent: Vec<(u32, Vec<u8>)> =
            [FIRST, SECOND, SECOND, FIRST, FIRST, FIRST, SECOND].map(|to| (to, vec![to as u8; 5])).to_vec();
        for (to, payload) in &sent {
            world.linux.send(PEER, *to, payload);
        }
        world.mailbox.kick();
        if reversed {
            settle(&mut [&mut follow, &mut second, &mut first]);
        } else {
            settle(&mut [&mut first, &mut second, &mut follow]);
        }
        assert_eq!(world.answers(), sent);
        assert_eq!(world.linux.free(), 16);
    }
}

#[test]
fn a_message_for_an_endpoint_that_nobody_receives_from_holds_up_the_others() {
    let world = World::<8>::new(8);
    let (mut follow, mut first) = (world.follow(), world.echo(&world.first));
    world.linux.send(PEER, SECOND, b"parked");
    world.linux.send(PEER, FIRST, b"behind");
    world.mailbox.kick();
    settle(&mut [&mut follow, &mut first]);
    assert_eq!(world.answers(), []);
    let message = Task::new(world.waiting.receive(&world.second)).poll().unwrap();
    assert_eq!(payload(&message), b"parked");
    settle(&mut [&mut follow, &mut first]);
    assert_eq!(world.answers(), [(FIRST, b"behind".to_vec())]);
}

#[test]
fn whoever_receives_for_all_gets_what_was_parked() {
    let world = World::<8>::new(8);
    let mut any = Task::new(world.waiting.receive_any());
    assert!(any.poll().is_none());
    let mut first = world.echo(&world.first);
    world.linux.send(PEER, SECOND, b"parked");
    assert!(first.poll().is_none());
    assert!(any.is_woken());
    assert_eq!(payload(&any.poll().unwrap()), b"parked");
}

#[test]
fn a_dropped_future_loses_no_message_and_no_other_wait() {
    let world = World::<8>::new(8);
    let mut follow = world.follow();
    let mut first = world.echo(&world.first);
    let mut second = Task::new(world.waiting.receive(&world.second));
    assert!(second.poll().is_none());
    world.linux.send(PEER, SECOND, b"for the second");
    world.linux.send(PEER, FIRST, b"for the first");
    world.mailbox.kick();
    settle(&mut [&mut follow, &mut first]);
    assert!(second.is_woken());
    drop(second);
    assert_eq!(world.answers(), []);
    let mut again = Task::new(world.waiting.receive(&world.second));
    assert_eq!(payload(&again.poll().unwrap()), b"for the second");
    settle(&mut [&mut follow, &mut first]);
    assert_eq!(world.answers(), [(FIRST, b"for the first".to_vec())]);
    assert_eq!(world.linux.free(), 8);
}

#[test]
fn a_dropped_future_is_forgotten() {
    let world = World::<8>::new(8);
    let mut follow = world.follow();
    let mut dropped = Task::new(world.waiting.receive(&world.first));
    assert!(dropped.poll().is_none());
    let bell = dropped.bell.clone();
    drop(dropped);
    assert_eq!(Arc::strong_count(&bell), 1, "its waker is let go of");
    world.linux.send(PEER, FIRST, b"x");
    world.mailbox.kick();
    settle(&mut [&mut follow]);
    assert_eq!(bell.0.load(Ordering::Relaxed), 0);
}

#[test]
fn a_reset_ends_what_was_parked_and_no_wait_for_a_message() {
    let world = World::<8>::new(8);
    let (mut follow, mut first) = (world.follow(), world.echo(&world.first));
    world.linux.send(PEER, SECOND, b"of the old life");
    world.mailbox.kick();
    settle(&mut [&mut follow, &mut first]);
    world.linux.stop();
    world.linux.start(8);
    world.linux.send(PEER, FIRST, b"of the new life");
    world.mailbox.kick();
    settle(&mut [&mut follow, &mut first]);
    assert!(matches!(world.events.borrow()[..], [Event::Down(_), Event::Up { .. }]), "{:?}", world.events);
    assert_eq!(world.answers(), [(FIRST, b"of the new life".to_vec())]);
    assert_eq!(world.linux.free(), 8);
    assert!(Task::new(world.waiting.receive(&world.second)).poll().is_none());
}

#[test]
fn a_parked_message_of_a_closed_endpoint_is_given_back() {
    let world = World::<8>::new(8);
    let World { linux, link, waiting, first, second, .. } = world;
    let mut task = Task::new(waiting.receive(&first));
    linux.send(PEER, SECOND, b"parked");
    linux.send(PEER, FIRST, b"behind");
    assert!(task.poll().is_none());
    assert_eq!(linux.free(), 6);
    link.close(second);
    assert!(!task.is_woken());
    waiting.nudge();
    assert!(task.is_woken());
    assert_eq!(payload(&task.poll().unwrap()), b"behind");
    assert_eq!(linux.free(), 8);
}

#[test]
fn a_grant_is_awaited_until_linux_returns_a_buffer() {
    let world = World::<8>::new(1);
    let mut follow = world.follow();
    let endpoint = world.link.bind(world.link.open_unannounced(Address::Dynamic).unwrap(), PEER);
    assert_eq!(Task::new(world.waiting.send(&endpoint, b"1")).poll(), Some(Ok(())));
    let mut grant = Task::new(world.waiting.grant());
    assert!(grant.poll().is_none());
    assert_eq!(world.linux.kicks.take(), [0], "what was sent is told before the wait");
    world.mailbox.kick();
    settle(&mut [&mut follow]);
    assert!(!grant.is_woken());
    world.linux.receive();
    world.mailbox.kick();
    settle(&mut [&mut follow]);
    assert!(grant.is_woken());
    assert!(grant.poll().unwrap().is_ok());
}

#[test]
fn a_reply_of_two_buffers_waits_for_both() {
    let world = World::<8>::new(2);
    let mut follow = world.follow();
    let held = world.link.grant().unwrap();
    let id = world.first.id();
    let mut two = Task::new(world.waiting.receive_with_grants::<2>(id));
    let mut also_two = Task::new(world.waiting.receive_with_grants::<2>(world.second.id()));
    assert!(two.poll().is_none() && also_two.poll().is_none());
    world.linux.send(PEER, FIRST, b"x");
    world.mailbox.kick();
    for _ in 0..3 {
        settle(&mut [&mut follow]);
        assert!(!two.is_woken() || two.poll().is_none());
        assert!(!also_two.is_woken() || also_two.poll().is_none());
    }
    assert!(!two.is_woken() && !also_two.is_woken(), "waiting for the same buffers, they do not keep each other awake");
    drop(held);
    world.waiting.nudge();
    assert!(two.is_woken());
    let (message, grants) = two.poll().unwrap();
    assert_eq!((payload(&message), grants.len()), (b"x".to_vec(), 2));
}

#[test]
fn the_next_call_of_any_task_passes_on_a_grant_that_was_dropped() {
    let world = World::<8>::new(1);
    let held = world.link.grant().unwrap();
    let mut grant = Task::new(world.waiting.grant());
    assert!(grant.poll().is_none());
    drop(held);
    assert!(!grant.is_woken());
    assert!(Task::new(world.waiting.receive(&world.first)).poll().is_none());
    assert!(grant.is_woken());
}

#[test]
fn who_waits_for_a_grant_hears_that_the_link_went_down() {
    let world = World::<8>::new(1);
    let mut follow = world.follow();
    let _held = world.link.grant().unwrap();
    let mut grant = Task::new(world.waiting.grant());
    assert!(grant.poll().is_none());
    let mut up = Task::new(world.waiting.up());
    assert!(up.poll().is_some());
    world.linux.stop();
    world.mailbox.kick();
    settle(&mut [&mut follow]);
    assert_eq!(grant.poll().unwrap().err(), Some(SendError::Detached));
    let mut up = Task::new(world.waiting.up());
    assert!(up.poll().is_none());
    world.linux.start(1);
    world.mailbox.kick();
    settle(&mut [&mut follow]);
    assert!(up.is_woken() && up.poll().is_some());
}

#[test]
fn a_ring_that_breaks_is_followed_without_a_kick() {
    let world = World::<8>::new(8);
    let mut follow = world.follow();
    world.linux.set_avail_idx(0, 0x4000);
    let mut grant = Task::new(world.waiting.grant());
    assert!(grant.poll().is_none());
    settle(&mut [&mut follow]);
    assert_eq!(world.events.borrow()[..], [Event::Down(Down::RingBroken)]);
    assert_eq!(grant.poll().unwrap().err(), Some(SendError::Detached));
    settle(&mut [&mut follow]);
}

/// Any call may be the one that finds a ring broken, also one that then succeeds or is none of the waiting ones.
#[test]
fn whichever_call_finds_a_ring_broken_the_link_is_followed_without_a_kick() {
    type Find = fn(&World<8>);
    let sends = |world: &World<8>| {
        let endpoint = world.link.bind(world.link.open_unannounced(Address::Dynamic).unwrap(), PEER);
        assert_eq!(Task::new(world.waiting.send(&endpoint, b"x")).poll(), Some(Ok(())));
    };
    let ways: [(usize, Find); 8] = [
        (1, sends),
        (1, |world| assert!(Task::new(world.waiting.grant()).poll().unwrap().is_ok())),
        (1, |world| assert!(Task::new(world.waiting.up()).poll().is_none())),
        (1, |world| world.waiting.nudge()),
        (1, |world| assert!(!world.link.has_work() || world.link.receive().is_none())),
        (0, |world| assert!(world.link.grant().is_err())),
        (0, |world| assert!(world.link.send_to(&world.first, PEER, b"x").is_err())),
        (0, |world| assert!(Task::new(world.waiting.grant()).poll().is_none())),
    ];
    for (at, (ring, find)) in ways.into_iter().enumerate() {
        let world = World::<8>::new(8);
        let mut follow = world.follow();
        // Somebody waits for a message, so that a nudge looks for one.
        let mut waits = Task::new(world.waiting.receive(&world.first));
        assert!(waits.poll().is_none());
        world.linux.set_avail_idx(ring, 0x4000);
        find(&world);
        settle(&mut [&mut follow]);
        assert_eq!(world.events.borrow()[..], [Event::Down(Down::RingBroken)], "way {at}");
        // Once is enough.
        world.waiting.nudge();
        settle(&mut [&mut follow]);
        assert_eq!(world.events.borrow().len(), 1, "way {at}");
    }
}

#[test]
fn a_loop_of_its_own_is_told_of_a_ring_that_broke_before_it_sleeps() {
    for ring in [0, 1] {
        let World { linux, link, .. } = World::<8>::new(8);
        linux.set_avail_idx(ring, 0x4000);
        let found = if ring == 0 { link.grant().is_err() } else { link.receive().is_none() };
        assert!(found && link.has_work(), "ring {ring}");
        assert_eq!(link.poll(false), Some(Event::Down(Down::RingBroken)));
        assert!(!link.has_work() && link.poll(false).is_none(), "ring {ring}");
    }
}

/// Linux may never kick again for a ring in which it takes everything for lent.
#[test]
fn a_ring_that_gets_stuck_is_told_without_a_kick() {
    let damage = |linux: &Linux| (0..8).for_each(|id| linux.set_desc(0, id, 0x9240_0000, 512, 2));

    let World { linux, link, .. } = World::<8>::new(8);
    damage(linux);
    assert!(link.grant().is_err() && link.has_work());
    assert_eq!(link.poll(false), Some(Event::Stuck(0)));
    assert!(!link.has_work() && link.poll(false).is_none());

    let World { linux, link, .. } = World::<8>::new(8);
    let mut script = Script::new(vec![Box::new(|| {
        // Entries that name no buffers, which the wait finds after it has polled the link.
        (0..8).for_each(|id| linux.lend(1, id | 0x4000));
        rpmsg::Wake::Kicked
    })]);
    assert_eq!(link.receive_until(&mut script).err(), Some(Interrupted::Life(Event::Stuck(1))));
    assert_eq!(script.idles, 1);

    let world = World::<8>::new(8);
    let mut follow = world.follow();
    damage(world.linux);
    assert!(Task::new(world.waiting.grant()).poll().is_none());
    settle(&mut [&mut follow]);
    assert_eq!(world.events.borrow()[..], [Event::Stuck(0)]);
}

/// Two links behind one mailbox, each with a follower: a kick says nothing about which of them it is for.
#[test]
fn every_follower_of_a_mailbox_is_told_of_every_kick() {
    let mut worlds = [World::<8>::new(8), World::<8>::new(8)];
    let shared = Mailbox::default();
    for reversed in [false, true] {
        let mut follows = worlds.each_ref().map(|world| {
            let mut task = Task::new(async {
                world.waiting.run(&shared, |event| world.events.borrow_mut().push(event)).await;
            });
            assert!(task.poll().is_none());
            task
        });
        let mut echoes = worlds.each_ref().map(|world| world.echo(&world.first));
        for round in 0..10u8 {
            for world in &worlds {
                world.linux.send(PEER, FIRST, &[round; 3]);
            }
            shared.kick();
            assert!(follows.iter().all(Task::is_woken), "both");
            let [one, other] = &mut follows;
            let [echo, other_echo] = &mut echoes;
            if reversed {
                settle(&mut [other, one, other_echo, echo]);
            } else {
                settle(&mut [one, other, echo, other_echo]);
            }
            for world in &worlds {
                assert_eq!(world.answers(), [(FIRST, vec![round; 3])]);
            }
        }
        // One goes down, by a kick that is one for both, and the other stays up.
        worlds[0].linux.stop();
        shared.kick();
        let [one, other] = &mut follows;
        settle(&mut [other, one]);
        drop((follows, echoes));
        assert_eq!(worlds.each_ref().map(|world| world.events.take().len()), [1, 0]);
        worlds[0].linux.start(8);
        assert!(matches!(worlds[0].link.poll(true), Some(Event::Up { .. })));
        worlds.reverse();
    }
}

#[test]
fn a_follower_that_is_gone_is_forgotten() {
    let world = World::<8>::new(8);
    let follow = world.follow();
    let bell = follow.bell.clone();
    drop(follow);
    world.mailbox.kick();
    assert_eq!(Arc::strong_count(&bell), 1, "its waker is let go of");
}

#[test]
fn nothing_is_received_for_an_endpoint_of_another_link() {
    let (one, two) = (World::<8>::new(8), World::<8>::new(8));
    let mut other = Task::new(two.waiting.receive_with_grants::<1>(one.first.id()));
    two.linux.send(PEER, FIRST, b"for the first of two");
    assert!(other.poll().is_none());
    let message = Task::new(two.waiting.receive(&two.first)).poll().unwrap();
    assert_eq!(payload(&message), b"for the first of two");
}

#[test]
fn with_more_tasks_than_places_none_is_forgotten() {
    let world = World::<1>::new(8);
    let mut first = Task::new(world.waiting.receive(&world.first));
    let mut second = Task::new(world.waiting.receive(&world.second));
    assert!(first.poll().is_none());
    assert!(second.poll().is_none());
    assert!(first.is_woken(), "it made room, so it is to try again");
    assert!(first.poll().is_none());
    assert!(second.is_woken());
}
