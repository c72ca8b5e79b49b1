// SPDX-License-Identifier: MIT OR Apache-2.0
//! Echoes between a [`Driver`] and a link, each compared whole: none lost, doubled or reordered.
//!
//! Neither side looks at a ring without having been kicked, so a kick that is missing ends a test.

use std::collections::VecDeque;

use imx_rpmsg::arch::Host;
use imx_rpmsg::rpmsg::{Address, Down, Event, Link, Message, Origin};

use crate::kicks::Kicks;
use crate::memory::{Memory, RINGS};
use crate::peer::{Driver, Kernel, Sent};

type TestLink = Link<'static, Host, &'static Kicks, 4>;

/// xorshift64: as random as sizes and bursts need to be, and the same in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `n`.
    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 16) as usize % n
    }

    /// All sizes of 0 to 496 bytes, those at the ends more often. The sender's address is the number of
    /// the message, so that even empty ones are told apart.
    fn message(&mut self, number: u32) -> Sent {
        let len = match self.below(8) {
            0 => [0, 1, 2, 3, 4, 12, 495, 496][self.below(8)],
            _ => self.below(497),
        };
        let mut payload = Vec::with_capacity(len + 8);
        while payload.len() < len {
            payload.extend(self.next().to_le_bytes());
        }
        payload.truncate(len);
        Sent { src: 0x400 + number, dst: 0x400 + self.below(4) as u32, payload }
    }
}

/// An application that holds messages for a while, then replies in order, in each way there is.
struct Echo<'l> {
    link: &'l TestLink,
    held: VecDeque<Message<'l, 'static, Host>>,
    random: Random,
}

impl<'l> Echo<'l> {
    fn reply_to_first(&mut self) -> bool {
        let Ok(mut grant) = self.link.grant() else { return false };
        let Some(message) = self.held.pop_front() else { return false };
        let len = message.len();
        if self.random.below(2) == 0 {
            grant.copy(0, &message, 0, len).unwrap();
        } else {
            let mut payload = [0; 496];
            assert_eq!(message.read(0, &mut payload), len);
            // In two pieces, as a header and a body would be.
            let cut = self.random.below(len + 1);
            grant.write(cut, &payload[cut..len]).unwrap();
            grant.write(0, &payload[..cut]).unwrap();
        }
        message.reply(grant, len).unwrap();
        true
    }

    /// Serves until there is nothing more to do; then the core would sleep.
    fn run(&mut self) {
        assert_eq!(poll(self.link), []);
        loop {
            for _ in 0..self.random.below(5) {
                match self.link.receive() {
                    Some(message) => self.held.push_back(message),
                    None => break,
                }
            }
            while !self.held.is_empty() {
                if !self.reply_to_first() {
                    self.link.flush();
                    return;
                }
            }
            match self.link.receive_with_grants::<1>() {
                Some((message, [mut grant])) => {
                    let len = message.len();
                    grant.copy(0, &message, 0, len).unwrap();
                    message.reply(grant, len).unwrap();
                }
                None if self.link.has_work() => {}
                None => break,
            }
        }
        self.link.flush();
    }
}

fn announcement(address: u32, name: &str) -> Sent {
    let mut payload = vec![0; 32];
    payload[..name.len()].copy_from_slice(name.as_bytes());
    payload.extend(address.to_le_bytes());
    payload.extend([0; 4]);
    Sent { src: address, dst: 53, payload }
}

const NAMES: [&str; 4] = ["rpmsg-client-sample", "rpmsg-tty", "rpmsg-raw", "a"];

fn open(link: &TestLink) -> [imx_rpmsg::rpmsg::Endpoint<imx_rpmsg::rpmsg::Unbound>; 4] {
    NAMES.map(|name| link.open(name, Address::Dynamic).unwrap())
}

/// Polls until nothing happens and returns what did.
fn poll(link: &TestLink) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some(event) = link.poll(true) {
        events.push(event);
        assert!(events.len() < 4, "{events:?}");
    }
    events
}

/// How a driver behaves.
#[derive(Clone, Copy)]
struct Manner {
    kernel: Kernel,
    /// Messages sent in a row, at most.
    burst: usize,
    /// Receive buffers that it does not lend, so that replies run out of them.
    kept: usize,
}

/// `count` echoes, from a driver just bound to `link`. Returns what was received beside them, which can
/// only be the announcements.
fn exchange<const N: usize>(
    driver: &mut Driver<N>,
    echo: &mut Echo<'_>,
    count: u32,
    manner: Manner,
    seed: u64,
) -> Vec<Sent> {
    let mut random = Random(seed);
    let mut expected = VecDeque::new();
    let mut others = Vec::new();
    let (mut sent, mut received) = (0, 0);
    let mut unsent = None;
    while received < count {
        let mut progress = false;
        for _ in 0..=random.below(manner.burst) {
            if sent == count {
                break;
            }
            let message = unsent.take().unwrap_or_else(|| random.message(sent));
            if !driver.send(&message) {
                unsent = Some(message);
                break;
            }
            let Sent { src, dst, payload } = message;
            expected.push_back(Sent { src: dst, dst: src, payload });
            sent += 1;
            progress = true;
        }
        if driver.take_notification() {
            progress = true;
            echo.run();
        }
        let kicks = echo.link.flush_and_take(driver);
        for ring in kicks {
            progress = true;
            match ring {
                0 => {
                    for message in driver.receive() {
                        if message.dst == 53 {
                            others.push(message);
                            continue;
                        }
                        let first = expected.pop_front().expect("more echoes than messages");
                        assert!(message == first, "echo {received}: {message:x?} instead of {first:x?}");
                        received += 1;
                    }
                    driver.lend_all_but(manner.kept);
                }
                1 => assert!(driver.reclaim() > 0, "kicked for nothing"),
                other => panic!("kicked for ring {other}"),
            }
        }
        assert!(progress, "stuck: {sent} sent, {received} received, {} free, a kick is missing", driver.free());
    }
    assert!(expected.is_empty());
    others
}

/// The kicks of a drain, which are for different rings and never unwanted.
trait FlushAndTake {
    fn flush_and_take<const N: usize>(&self, driver: &Driver<N>) -> Vec<u32>;
}

impl FlushAndTake for TestLink {
    fn flush_and_take<const N: usize>(&self, driver: &Driver<N>) -> Vec<u32> {
        self.flush();
        let kicks = Memory::get().kicks.take();
        assert!(driver.wants_tx_kick() || !kicks.contains(&1), "a kick that Linux did not want");
        assert!(kicks.len() <= 2 && (kicks.len() < 2 || kicks[0] != kicks[1]), "one kick for each ring: {kicks:?}");
        kicks
    }
}

fn run<const N: usize>(count: u32, manner: Manner, seed: u64) {
    let link = Memory::get().link();
    let _endpoints = open(&link);
    let mut driver = Driver::<N>::probe(manner.kernel, manner.kept);
    let num = [N as u16; 2];
    let up = Event::Up { origin: Origin::Table, num, da: RINGS, history: 0 };
    assert_eq!(poll(&link), [up]);
    let mut echo = Echo { link: &link, held: VecDeque::new(), random: Random(!seed) };
    let others = exchange(&mut driver, &mut echo, count, manner, seed);
    assert_eq!(others, std::array::from_fn::<_, 4, _>(|i| announcement(0x400 + i as u32, NAMES[i])));
    assert!(echo.held.is_empty());
    driver.reclaim();
    assert_eq!(driver.free(), N, "transmit buffers lost");
    let stats = link.stats();
    assert_eq!((stats.received(), stats.sent(), stats.nobody()), (count, count + 4, 0));
    assert!(imx_rpmsg::vring::PeerError::ALL.iter().all(|kind| stats.errors(*kind) == 0));
    driver.remove();
}

#[test]
fn every_one_of_100_000_echoes_comes_back_once_in_order_and_whole() {
    run::<256>(100_000, Manner { kernel: Kernel::Up6_12, burst: 32, kept: 0 }, 0x1234_5678_9abc_def1);
}

#[test]
fn a_kernel_that_wants_all_kicks_gets_them() {
    run::<256>(10_000, Manner { kernel: Kernel::From7, burst: 32, kept: 0 }, 2);
}

#[test]
fn bursts_longer_than_the_ring() {
    for kernel in [Kernel::Up6_12, Kernel::From7] {
        run::<256>(5_000, Manner { kernel, burst: 1_000, kept: 0 }, 3);
        run::<16>(5_000, Manner { kernel, burst: 100, kept: 0 }, 4);
    }
}

#[test]
fn rings_of_every_size() {
    for kernel in [Kernel::Up6_12, Kernel::From7] {
        let manner = Manner { kernel, burst: 20, kept: 0 };
        run::<1>(500, manner, 5);
        run::<2>(500, manner, 6);
        run::<4>(500, manner, 7);
        run::<8>(500, manner, 8);
        run::<32>(500, manner, 9);
        run::<64>(500, manner, 10);
        run::<128>(500, manner, 11);
    }
}

#[test]
fn replies_wait_for_the_buffers_that_linux_keeps() {
    for kernel in [Kernel::Up6_12, Kernel::From7] {
        run::<16>(2_000, Manner { kernel, burst: 40, kept: 15 }, 12);
        run::<256>(2_000, Manner { kernel, burst: 300, kept: 253 }, 13);
    }
}

#[test]
fn a_driver_that_is_bound_again_finds_everything_as_at_first() {
    for told in [true, false] {
        let link = Memory::get().link();
        let _endpoints = open(&link);
        for round in 0..50 {
            let manner = Manner { kernel: Kernel::Up6_12, burst: 20, kept: 0 };
            let mut driver = Driver::<64>::probe(manner.kernel, 0);
            let down = if told { None } else { Some(Event::Down(Down::RingsReset)) };
            let up = Event::Up { origin: Origin::Table, num: [64; 2], da: RINGS, history: 0 };
            assert_eq!(poll(&link), down.filter(|_| round > 0).into_iter().chain([up]).collect::<Vec<_>>());
            let mut echo = Echo { link: &link, held: VecDeque::new(), random: Random(round + 1) };
            assert_eq!(exchange(&mut driver, &mut echo, 100, manner, round + 1).len(), 4);
            // Unbound with messages in its ring, in the application's hands, and unread replies.
            for number in 0..20 {
                assert!(driver.send(&Random(7).message(number)));
            }
            echo.held.extend(std::iter::from_fn(|| link.receive()).take(5));
            assert!(echo.reply_to_first());
            let granted = link.grant().unwrap();
            driver.remove();
            if told {
                assert_eq!(poll(&link), [Event::Down(Down::DriverGone)]);
                drop((echo, granted));
            } else {
                // Bound again before the device looks: what it holds must not reach the new rings.
                let driver = Driver::<64>::probe(manner.kernel, 0);
                assert_eq!(poll(&link).len(), 2);
                drop((echo, granted));
                driver.remove();
                let driver = Driver::<64>::probe(manner.kernel, 0);
                assert_eq!(poll(&link), [Event::Down(Down::RingsReset), up]);
                driver.remove();
            }
            Memory::get().kicks.take();
        }
        assert_eq!(link.stats().attached(), if told { 50 } else { 150 });
    }
}
