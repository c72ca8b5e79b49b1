// SPDX-License-Identifier: MIT OR Apache-2.0
//! A link against a Linux that keeps to the rules: bytes in rings, kicks, and the life of the link.
mod common;

use std::sync::Mutex;

use common::{DEVICE, Linux, NO_INTERRUPT, Received, TestLink, VRING0, VRING1, announcement, events, ready};
use imx_rpmsg::rpmsg::{Address, Down, Endpoint, Event, OpenError, Origin, SendError, Unbound};
use imx_rpmsg::services::{Sample, Tty};
use imx_rpmsg::vring::{AttachError, PeerError};
use imx_rpmsg::wire::name_service::{Announcement, Change};

const PEER: u32 = 0x400;

fn up(history: u16) -> Event {
    Event::Up { origin: Origin::Table, num: [256, 256], da: [VRING0, VRING1], history }
}

/// Echoes all that is there.
fn echo(link: &TestLink<'_>) -> usize {
    let mut sample = Sample::default();
    let mut count = 0;
    while let Some((message, [grant])) = link.receive_with_grants::<1>() {
        sample.respond(message, grant).unwrap();
        count += 1;
    }
    link.flush();
    count
}

#[test]
fn comes_up_at_driver_ok_and_announces_in_order() {
    let linux = Linux::new();
    let link = linux.link();
    let _sample = link.open(Sample::NAME, Address::Dynamic).unwrap();
    let _tty = link.open(Tty::NAME, Address::Dynamic).unwrap();
    linux.set_up_rings(256, 4096);
    linux.describe_rings();
    for status in [0, 1, 3] {
        linux.set_status(status);
        assert_eq!(events(&link, false), []);
    }
    linux.set_status(7);
    assert_eq!(events(&link, true), [up(0)]);
    let announced = |name, addr| Received { src: addr, dst: 53, payload: announcement(name, addr, 0), used_len: 56 };
    assert_eq!(linux.receive(), [announced("rpmsg-client-sample", 0x400), announced("rpmsg-tty", 0x401)]);
    link.flush();
    assert_eq!(linux.kicks.take(), [0]);
    assert_eq!(events(&link, true), []);
}

#[test]
fn a_closed_endpoint_is_announced_gone() {
    let (linux, link, endpoint) = ready(8);
    link.close(endpoint);
    let gone = Received { src: 0x400, dst: 53, payload: announcement("test", 0x400, 1), used_len: 56 };
    assert_eq!(linux.receive(), [gone]);
    linux.send(PEER, 0x400, b"late");
    assert!(link.receive().is_none());
    assert_eq!(link.stats().nobody(), 1);
}

#[test]
fn an_endpoint_has_no_address_that_is_reserved() {
    let link = Linux::new().link();
    for address in [53, 0xffff_ffff] {
        assert_eq!(link.open("test", Address::Fixed(address)).err(), Some(OpenError::AddressReserved));
        assert_eq!(link.open_unannounced(Address::Fixed(address)).err(), Some(OpenError::AddressReserved));
    }
    // Addresses that are never given out can be asked for: NXP's examples have 30 and 1.
    for address in [0, 1, 30, 0xffff_fffe] {
        assert_eq!(link.open("test", Address::Fixed(address)).map(|endpoint| endpoint.address()), Ok(address));
    }
    assert_eq!(link.open("test", Address::Fixed(54)).err(), Some(OpenError::Full));
}

#[test]
fn echoes_exactly_with_one_kick_for_a_burst() {
    let (linux, link, _endpoint) = ready(256);
    for round in 0u32..40 {
        let payloads: Vec<Vec<u8>> =
            (0..16).map(|i| (0..(round * 31 + i * 7) % 497).map(|b| (b + i) as u8).collect()).collect();
        payloads.iter().for_each(|payload| linux.send(PEER, 0x400, payload));
        assert_eq!(echo(&link), 16);
        assert_eq!(linux.kicks.take(), [0, 1]);
        let expected: Vec<Received> = payloads
            .into_iter()
            .map(|payload| Received { src: 0x400, dst: PEER, used_len: 16 + payload.len() as u32, payload })
            .collect();
        assert_eq!(linux.receive(), expected);
        assert_eq!(linux.free(), 256);
    }
    assert_eq!(link.stats().received(), 640);
}

#[test]
fn kicks_only_where_linux_wants_them() {
    let (linux, link, _endpoint) = ready(8);
    linux.set_avail_flags(1, NO_INTERRUPT);
    linux.send(PEER, 0x400, b"x");
    assert_eq!(echo(&link), 1);
    assert_eq!(linux.kicks.take(), [0]);
    linux.set_avail_flags(0, NO_INTERRUPT);
    linux.set_avail_flags(1, 0);
    linux.send(PEER, 0x400, b"x");
    assert_eq!(echo(&link), 1);
    assert_eq!(linux.kicks.take(), [1]);
    link.flush();
    assert_eq!(linux.kicks.take(), []);
}

#[test]
fn the_tty_sends_back_every_byte_behind_its_prefix() {
    let (linux, link, endpoint) = ready(8);
    let tty = Tty::new(endpoint.address());
    for len in [0, 1, 5, 483, 484, 485, 495, 496] {
        let payload: Vec<u8> = (0..len).map(|i| i as u8).collect();
        linux.send(PEER, 0x400, &payload);
        let (message, grants) = link.receive_with_grants::<2>().unwrap();
        tty.respond(message, grants).unwrap();
        let received = linux.receive();
        assert_eq!(received.len(), if len > 484 { 2 } else { 1 });
        let all: Vec<u8> = received.into_iter().flat_map(|message| message.payload).collect();
        assert_eq!(all, [b"TTY 0x0400: ".as_slice(), &payload].concat());
    }
    assert_eq!(linux.free(), 8);
}

#[test]
fn nothing_but_lent_buffers_and_used_rings_is_written() {
    let (linux, link, _endpoint) = ready(16);
    for i in 0..16 {
        linux.send(PEER, 0x400, &vec![i; 496 - usize::from(i)]);
    }
    let before = linux.untouchable();
    assert_eq!(echo(&link), 16);
    assert!(linux.untouchable() == before);
}

#[test]
fn messages_for_nobody_are_given_back_and_counted() {
    let (linux, link, _endpoint) = ready(4);
    for _ in 0..20 {
        linux.send(PEER, 0x999, b"?");
        assert!(link.receive().is_none());
    }
    assert_eq!((link.stats().nobody(), link.stats().last_nobody(), linux.free()), (20, 0x999, 4));
    assert_eq!(link.stats().to_string(), "received 0, sent 1, 20 for nobody (the last for 0x999)");
    linux.send(PEER, 0x400, b"ok");
    assert_eq!(echo(&link), 1);
}

#[test]
fn a_dropped_message_is_given_back() {
    let (linux, link, _endpoint) = ready(4);
    for _ in 0..20 {
        linux.send(PEER, 0x400, b"x");
        let message = link.receive().unwrap();
        assert_eq!((message.source(), message.len()), (PEER, 1));
    }
    assert_eq!(linux.free(), 4);
}

#[test]
fn held_messages_can_be_answered_in_any_order() {
    let (linux, link, _endpoint) = ready(4);
    for byte in 0..4 {
        linux.send(PEER + byte, 0x400, &[byte as u8]);
    }
    let mut held: Vec<_> = std::iter::from_fn(|| link.receive()).collect();
    assert_eq!(held.len(), 4);
    held.swap(0, 3);
    for message in held {
        let mut grant = link.grant().unwrap();
        let mut byte = [0];
        assert_eq!(message.read(0, &mut byte), 1);
        grant.write(0, &byte).unwrap();
        message.reply(grant, 1).unwrap();
    }
    let order: Vec<_> = linux.receive().into_iter().map(|m| (m.dst - PEER, m.payload)).collect();
    assert_eq!(order, [(3, vec![3]), (1, vec![1]), (2, vec![2]), (0, vec![0])]);
    assert_eq!(linux.free(), 4);
}

#[test]
fn a_dropped_grant_is_granted_again() {
    let (linux, link, endpoint) = ready(4);
    for _ in 0..20 {
        let grants: Vec<_> = std::iter::from_fn(|| link.grant().ok()).collect();
        assert_eq!(grants.len(), 4);
        assert_eq!(link.grant().err(), Some(SendError::NoBuffer));
    }
    assert_eq!(linux.receive(), []);
    for byte in 0..4 {
        link.send_to(&endpoint, PEER, &[byte]).unwrap();
    }
    assert_eq!(linux.receive().into_iter().map(|m| m.payload).collect::<Vec<_>>(), [[0], [1], [2], [3]]);
}

#[test]
fn what_does_not_fit_is_not_sent_and_its_buffer_not_lost() {
    let (linux, link, endpoint) = ready(2);
    for _ in 0..10 {
        assert_eq!(link.send_to(&endpoint, PEER, &[0; 497]), Err(SendError::TooLong));
        let mut grant = link.grant().unwrap();
        assert_eq!(grant.capacity(), 496);
        assert_eq!(grant.write(490, &[0; 7]), Err(SendError::TooLong));
        assert_eq!(grant.write(usize::MAX, &[0; 7]), Err(SendError::TooLong));
        assert_eq!(link.send_grant(&endpoint, PEER, grant, 497), Err(SendError::TooLong));
    }
    link.send_to(&endpoint, PEER, &[7; 496]).unwrap();
    assert_eq!(linux.receive(), [Received { src: 0x400, dst: PEER, payload: vec![7; 496], used_len: 512 }]);
}

#[test]
fn a_message_waits_until_its_reply_has_a_buffer() {
    let (linux, link, endpoint) = ready(2);
    link.send_to(&endpoint, PEER, b"1").unwrap();
    link.send_to(&endpoint, PEER, b"2").unwrap();
    linux.send(PEER, 0x400, b"waiting");
    assert!(link.receive_with_grants::<1>().is_none());
    assert!(!link.has_work(), "sleeping is right: Linux kicks when it returns a buffer");
    assert_eq!(link.stats().starved(), 1);
    assert_eq!(linux.receive().len(), 2);
    assert!(link.has_work());
    assert_eq!(echo(&link), 1);
    assert_eq!(linux.receive()[0].payload, b"waiting");
}

#[test]
fn an_announcement_waits_for_a_buffer() {
    let (linux, link, endpoint) = ready(1);
    link.send_to(&endpoint, PEER, b"full").unwrap();
    let _late = link.open("late", Address::Dynamic).unwrap();
    assert_eq!(linux.receive().len(), 1);
    assert_eq!(events(&link, true), []);
    assert_eq!(linux.receive()[0].payload, announcement("late", 0x401, 0));
}

#[test]
fn bound_endpoints_are_bound_until_the_link_goes_down() {
    let (linux, link, endpoint) = ready(4);
    let endpoint = link.bind(endpoint, 0x123);
    link.send(&endpoint, b"hi").unwrap();
    assert_eq!(linux.receive()[0].dst, 0x123);
    linux.stop();
    assert_eq!(events(&link, false), [Event::Down(Down::DriverGone)]);
    linux.start(4);
    assert_eq!(events(&link, true).len(), 1);
    assert_eq!(link.send(&endpoint, b"hi"), Err(SendError::Stale));
    let endpoint = link.bind(endpoint.unbind(), 0x124);
    link.send(&endpoint, b"hi").unwrap();
    assert_eq!(linux.receive().last().unwrap().dst, 0x124);
}

#[test]
fn service_resumes_after_the_driver_went_and_came_back() {
    let (linux, link, _endpoint) = ready(256);
    for round in 0..5 {
        linux.send(PEER, 0x400, b"hello world!");
        assert_eq!(echo(&link), 1);
        let held = {
            linux.send(PEER, 0x400, b"held");
            link.receive().unwrap()
        };
        let grant = link.grant().unwrap();
        linux.stop();
        assert_eq!(events(&link, false), [Event::Down(Down::DriverGone)]);
        assert!(!link.is_up());
        assert_eq!(link.grant().err(), Some(SendError::Detached));
        linux.start(256);
        assert_eq!(events(&link, true), [up(0)]);
        // What is left of the old link touches nothing of the new one.
        assert_eq!(held.reply(grant, 0), Err(SendError::Stale));
        assert_eq!(linux.receive().len(), 1, "round {round}: the announcement and nothing else");
        assert_eq!(linux.reclaim(), []);
    }
}

#[test]
fn rings_set_up_anew_are_noticed_though_the_status_was_never_seen_to_change() {
    let (linux, link, _endpoint) = ready(256);
    linux.send(PEER, 0x400, b"x");
    assert_eq!(echo(&link), 1);
    linux.start(256);
    assert_eq!(events(&link, true), [Event::Down(Down::RingsReset), up(0)]);
    assert_eq!(linux.receive()[0].payload, announcement("test", 0x400, 0));
    linux.send(PEER, 0x400, b"y");
    assert_eq!(echo(&link), 1);
}

#[test]
fn with_fewer_buffers_than_a_message_takes_it_is_time_to_sleep_until_linux_lends_more() {
    let (linux, link, endpoint) = ready(8);
    let kept: Vec<_> = (0..7)
        .map(|_| {
            link.send_to(&endpoint, PEER, b"").unwrap();
            linux.receive_and_keep().pop().unwrap().0
        })
        .collect();
    linux.send(PEER, 0x400, b"x");
    for spares in 0..2 {
        assert!(link.has_work() && link.has_work_for(1));
        assert!(
            !link.has_work_for(2),
            "a turn that comes to nothing, over and over; {spares} buffers came back unsent"
        );
        assert!(link.receive_with_grants::<2>().is_none());
    }
    linux.lend(0, kept[0]);
    assert!(link.has_work_for(2) && !link.has_work_for(3));
    assert!(link.receive_with_grants::<2>().is_some());
    assert!(!link.has_work_for(0), "no message");
}

#[test]
fn a_ring_with_history_is_continued() {
    let (linux, link, _endpoint) = ready(256);
    linux.send(PEER, 0x400, b"x");
    assert_eq!(echo(&link), 1);
    linux.receive();
    linux.send(PEER, 0x400, b"unanswered");
    // The firmware is loaded again under a live driver.
    let link = linux.link();
    let _endpoint = link.open("test", Address::Dynamic).unwrap();
    assert_eq!(events(&link, true), [up(3)]);
    assert_eq!(echo(&link), 1);
    assert_eq!(linux.receive().pop().unwrap().payload, b"unanswered");
    assert_eq!(linux.free(), 256);
}

#[test]
fn a_kernel_that_never_writes_the_table_is_known_by_its_kick() {
    let linux = Linux::new();
    let link = linux.link();
    let _endpoint = link.open("test", Address::Dynamic).unwrap();
    linux.set_up_rings(256, 4096);
    assert_eq!(events(&link, false), []);
    let board = |history| Event::Up { origin: Origin::Board, num: [256, 256], da: [VRING0, VRING1], history };
    assert_eq!(events(&link, true), [board(0)]);
    linux.send(PEER, 0x400, b"x");
    assert_eq!(echo(&link), 1);
    assert_eq!(linux.receive().len(), 2);
    // Its driver is loaded again: the rings start over, and it kicks.
    linux.set_up_rings(256, 4096);
    assert_eq!(events(&link, true), [Event::Down(Down::RingsReset), board(0)]);
    assert_eq!(linux.receive()[0].payload, announcement("test", 0x400, 0));
    linux.send(PEER, 0x400, b"y");
    assert_eq!(echo(&link), 1);
}

#[test]
fn a_kick_before_driver_ok_is_no_sign_of_life_when_the_table_is_kept() {
    let linux = Linux::new();
    let link = linux.link();
    linux.set_up_rings(256, 4096);
    linux.describe_rings();
    assert_eq!(events(&link, true), []);
    linux.set_status(7);
    assert_eq!(events(&link, false), [up(0)]);
}

#[test]
fn rings_told_by_the_devices_address_are_the_same_rings() {
    let linux = Linux::new();
    let link = linux.link();
    let _endpoint = link.open("test", Address::Dynamic).unwrap();
    linux.set_up_rings(256, 4096);
    linux.describe_rings();
    // As imx_dsp_rproc does: buffers are Linux's addresses all the same.
    let told = [DEVICE, DEVICE + (VRING1 - VRING0)];
    (0..2).for_each(|ring| linux.describe(ring, 0, told[ring]));
    linux.set_status(7);
    let up = Event::Up { origin: Origin::Table, num: [256, 256], da: told, history: 0 };
    assert_eq!(events(&link, true), [up]);
    linux.receive();
    linux.send(PEER, 0x400, b"x");
    assert_eq!(echo(&link), 1);
    assert_eq!(linux.receive().pop().unwrap().payload, b"x");
}

#[test]
fn a_ring_that_leaves_the_shared_memory_by_the_devices_address_is_refused() {
    let linux = Linux::new();
    let link = linux.link();
    linux.set_up_rings(256, 4096);
    linux.describe_rings();
    linux.set_status(7);
    // The memory ends with the buffers: a ring needs more than the page before its end.
    for da in [DEVICE - 0x1000, DEVICE + 0x11_0000 - 0x1000, DEVICE + 0x11_0000] {
        linux.describe(0, 0, da);
        assert_eq!(events(&link, true), [Event::Refused(0, AttachError::Address(da))]);
    }
}

/// What a peer announced, in the order in which it was heard.
#[derive(Default)]
struct Heard(Mutex<Vec<(Vec<u8>, u32, Change)>>);

impl Heard {
    fn take(&self) -> Vec<(Vec<u8>, u32, Change)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// A link that is up, and what it hears of the peer's channels.
fn listening() -> (&'static Linux, TestLink<'static>, Endpoint<Unbound>, &'static Heard) {
    let (linux, link, endpoint) = ready(8);
    let heard: &'static Heard = Box::leak(Box::default());
    link.on_announcement(Box::leak(Box::new(|announcement: &Announcement| {
        heard.0.lock().unwrap().push((announcement.name.as_bytes().to_vec(), announcement.addr, announcement.change));
    })));
    (linux, link, endpoint, heard)
}

#[test]
fn an_endpoint_is_bound_to_the_channel_that_the_peer_announces_by_its_name() {
    let (linux, link, endpoint, heard) = listening();
    linux.send(PEER, 53, &announcement("other", 0x500, 0));
    linux.send(PEER, 53, &announcement("test", 0x501, 0));
    linux.send(PEER, 0x400, b"behind them");
    assert_eq!(link.receive().map(|message| message.len()), Some(11));
    let heard = heard.take();
    assert_eq!(heard, [(b"other".to_vec(), 0x500, Change::Create), (b"test".to_vec(), 0x501, Change::Create)]);
    let (_, addr, _) = heard.into_iter().find(|(name, ..)| name == b"test").unwrap();
    let endpoint = link.bind(endpoint, addr);
    assert_eq!(endpoint.peer(), 0x501);
    link.send(&endpoint, b"hello").unwrap();
    let hello = Received { src: 0x400, dst: 0x501, payload: b"hello".to_vec(), used_len: 21 };
    assert_eq!(linux.receive(), [hello]);
    assert_eq!(linux.free(), 8);
}

#[test]
fn a_channel_that_the_peer_takes_back_is_heard_of_and_a_malformed_one_is_not() {
    let (linux, link, _endpoint, heard) = listening();
    linux.send(PEER, 53, &announcement("test", 0x501, 0));
    linux.send(PEER, 53, &announcement("test", 0x501, 1));
    linux.send(PEER, 53, &announcement("test", 0x501, 2));
    linux.send(PEER, 53, &announcement("test", 0x501, 0)[..39]);
    assert!(link.receive().is_none());
    let test = |change| (b"test".to_vec(), 0x501, change);
    assert_eq!(heard.take(), [test(Change::Create), test(Change::Destroy)]);
    assert_eq!((link.stats().announcements(), link.stats().errors(PeerError::Announcement)), (2, 2));
    assert_eq!(linux.free(), 8);
}

/// Linux looks at the used index once more when it has enabled interrupts (virtio 2.7.7.2), so it misses nothing
/// when the flags of just before count, if they were read behind the used index that they are for.
#[test]
fn flags_that_change_after_the_last_buffer_was_given_back_count_unless_read_since() {
    let (linux, link, _endpoint) = ready(8);
    // Nothing has looked since the give back: the flags are those of the flush.
    for (flags, kicks) in [(NO_INTERRUPT, [].as_slice()), (0, &[1])] {
        linux.set_avail_flags(1, NO_INTERRUPT ^ flags);
        linux.send(PEER, 0x400, b"x");
        drop(link.receive().unwrap());
        linux.set_avail_flags(1, flags);
        link.flush();
        assert_eq!(linux.kicks.take(), kicks);
    }
    // Flags that were there when an earlier buffer was given back do not count for a later one.
    linux.set_avail_flags(1, NO_INTERRUPT);
    linux.send(PEER, 0x400, b"x");
    drop(link.receive().unwrap());
    assert!(link.receive().is_none());
    linux.set_avail_flags(1, 0);
    linux.send(PEER, 0x400, b"y");
    drop(link.receive().unwrap());
    link.flush();
    assert_eq!(linux.kicks.take(), [1], "Linux sleeps");
    // What was asked for when it was looked for more is not forgotten.
    linux.send(PEER, 0x400, b"x");
    drop(link.receive().unwrap());
    assert!(link.receive().is_none());
    linux.set_avail_flags(1, NO_INTERRUPT);
    link.flush();
    let kicks = linux.kicks.take();
    assert!(kicks.is_empty() || kicks == [1]);
    linux.set_avail_flags(1, 0);
    link.flush();
    assert_eq!(linux.kicks.take(), [], "one give back, one answer");
}

#[test]
fn as_many_grants_as_the_ring_has_buffers() {
    for num in [16, 256] {
        let (linux, link, endpoint) = ready(num);
        for round in 0..3u8 {
            let mut grants: Vec<_> = std::iter::from_fn(|| link.grant().ok()).collect();
            assert_eq!(grants.len(), usize::from(num));
            assert_eq!(link.grant().err(), Some(SendError::NoBuffer));
            // Some are kept unsent in between, and granted again.
            drop(grants.split_off(usize::from(num) / 2));
            grants.extend(std::iter::from_fn(|| link.grant().ok()));
            assert_eq!(grants.len(), usize::from(num));
            for (i, grant) in grants.iter_mut().enumerate() {
                grant.write(0, &[i as u8, round]).unwrap();
            }
            grants.into_iter().for_each(|grant| link.send_grant(&endpoint, PEER, grant, 2).unwrap());
            let payloads: Vec<_> = linux.receive().into_iter().map(|message| message.payload).collect();
            assert_eq!(payloads, (0..num).map(|i| [i as u8, round]).collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_message_with_more_than_eight_grants() {
    let (linux, link, _endpoint) = ready(16);
    linux.send(PEER, 0x400, b"long");
    let (message, grants) = link.receive_with_grants::<16>().unwrap();
    assert_eq!(link.grant().err(), Some(SendError::NoBuffer));
    for (i, mut grant) in grants.into_iter().enumerate() {
        grant.write(0, &[i as u8]).unwrap();
        message.answer(grant, 1).unwrap();
    }
    drop(message);
    let payloads: Vec<_> = linux.receive().into_iter().map(|message| message.payload).collect();
    assert_eq!(payloads, (0..16).map(|i| [i]).collect::<Vec<[u8; 1]>>());
    assert_eq!(linux.free(), 16);
    linux.send(PEER, 0x400, b"too long");
    assert!(link.receive_with_grants::<17>().is_none());
    assert_eq!(link.receive_with_grants::<16>().map(|(message, _)| message.len()), Some(8), "nothing was lost");
}
