// SPDX-License-Identifier: MIT OR Apache-2.0
//! A link against a Linux that keeps to the rules: bytes in rings, kicks, and the life of the link.
mod common;

use common::{Linux, NO_INTERRUPT, Received, TestLink, VRING0, VRING1, announcement, events, ready};
use imx_rpmsg::rpmsg::{Address, Down, Event, Origin, SendError};
use imx_rpmsg::services::{Sample, Tty};

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
