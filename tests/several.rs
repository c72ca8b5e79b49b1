// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two links side by side: two vdevs in one resource table, one doorbell, and nothing of one in the other.
mod common;

use common::{Linux, events};
use imx_rpmsg::rpmsg::{Address, Down, Event, SendError};

#[test]
fn two_links_live_and_work_apart() {
    let [first, second] = Linux::pair();
    let links = [first.link(), second.link_with(&first.kicks)];
    let _endpoints = links.each_ref().map(|link| link.open("test", Address::Dynamic).unwrap());
    first.start(8);
    assert!(matches!(events(&links[0], true)[..], [Event::Up { .. }]));
    assert_eq!(events(&links[1], true), []);
    second.start(16);
    let [Event::Up { num, .. }] = events(&links[1], true)[..] else { panic!("the second link is not up") };
    assert_eq!(num, [16, 16]);
    assert!(links[0].is_up());
    for (linux, link) in [first, second].into_iter().zip(&links) {
        assert_eq!(linux.receive().len(), 1, "its announcement");
        link.flush();
    }
    assert_eq!(first.kicks.take(), [0, 2], "each with the number of its own ring");
    // A message on each, answered in the other order: each answer is on the link of its message.
    first.send(0x500, 0x400, b"first");
    second.send(0x600, 0x400, b"second");
    let [one, two] = links.each_ref().map(|link| link.receive_with_grants::<1>().unwrap());
    for (message, [mut grant]) in [two, one] {
        let len = message.len();
        grant.copy(0, &message, 0, len).unwrap();
        message.reply(grant, len).unwrap();
    }
    links.iter().for_each(|link| link.flush());
    assert_eq!(first.kicks.take(), [0, 1, 2, 3]);
    let answers = [first, second].map(|linux| linux.receive().pop().unwrap());
    assert_eq!(answers.each_ref().map(|answer| answer.dst), [0x500, 0x600]);
    assert_eq!(answers.map(|answer| answer.payload), [b"first".to_vec(), b"second".to_vec()]);
    // One goes, the other stays.
    first.stop();
    assert_eq!(events(&links[0], false), [Event::Down(Down::DriverGone)]);
    assert_eq!(events(&links[1], false), []);
    second.send(0x600, 0x400, b"still");
    assert_eq!(links[1].receive().map(|message| message.len()), Some(5));
}

/// The drivers of two links: in one table, and each with its own.
fn pairs() -> [[&'static Linux; 2]; 2] {
    [Linux::pair(), [Linux::new(), Linux::new()]]
}

/// Both links have opened as many endpoints in each slot, and are in their first attachment.
#[test]
fn an_endpoint_of_one_link_does_nothing_on_the_other() {
    for [first, second] in pairs() {
        let (one, two) = (first.link(), second.link());
        let foreign = one.open("one", Address::Dynamic).unwrap();
        let own = two.open("two", Address::Dynamic).unwrap();
        first.start(8);
        second.start(8);
        assert_eq!((events(&one, true).len(), events(&two, true).len()), (1, 1));
        assert_eq!(second.receive().len(), 1, "the announcement");
        assert_ne!(foreign.id(), own.id());

        assert_eq!(two.send_to(&foreign, 0x500, b"x"), Err(SendError::OtherLink));
        assert_eq!(two.send_grant(&foreign, 0x500, two.grant().unwrap(), 0), Err(SendError::OtherLink));
        let bound = one.bind(foreign, 0x500);
        assert_eq!(two.send(&bound, b"x"), Err(SendError::OtherLink));
        assert_eq!(one.send(&bound, b"x"), Ok(()));
        two.close(bound);
        assert_eq!(second.receive(), [], "sent, or announced gone");
        // Its own endpoint has kept its place.
        second.send(0x500, own.address(), b"here");
        assert_eq!(two.receive().map(|message| message.endpoint()), Some(own.id()));
        assert_ne!(two.open("three", Address::Dynamic).unwrap().address(), own.address());
    }
}

#[test]
fn an_endpoint_of_a_link_that_is_gone_is_none_of_the_next_on_its_rings() {
    let linux = Linux::new();
    let before = linux.link().open("test", Address::Dynamic).unwrap();
    let link = linux.link();
    let own = link.open("test", Address::Dynamic).unwrap();
    linux.start(8);
    assert_eq!(events(&link, true).len(), 1);
    assert_eq!(linux.receive().len(), 1, "the announcement");
    assert_eq!(link.send_to(&before, 0x500, b"x"), Err(SendError::OtherLink));
    link.close(before);
    linux.send(0x500, own.address(), b"here");
    assert_eq!(link.receive().map(|message| message.endpoint()), Some(own.id()));
}

#[test]
fn a_peer_that_another_link_gave_to_an_endpoint_is_nobody() {
    for [first, second] in pairs() {
        let (one, two) = (first.link(), second.link());
        let endpoint = one.open_unannounced(Address::Dynamic).unwrap();
        first.start(8);
        second.start(8);
        assert_eq!((events(&one, true).len(), events(&two, true).len()), (1, 1));
        // The address is of the other link's peer.
        let bound = two.bind(endpoint, 0x500);
        assert_eq!(one.send(&bound, b"x"), Err(SendError::Stale));
        assert_eq!(two.send(&bound, b"x"), Err(SendError::OtherLink));
        assert_eq!((first.receive(), second.receive()), (vec![], vec![]));
        assert_eq!(one.send(&one.bind(bound.unbind(), 0x500), b"y"), Ok(()));
    }
}

#[test]
fn a_grant_of_one_link_sends_nothing_for_the_other_and_no_buffer_is_lost() {
    for [first, second] in pairs() {
        let (one, two) = (first.link(), second.link());
        let own = [&one, &two].map(|link| link.open_unannounced(Address::Dynamic).unwrap());
        first.start(1);
        second.start(1);
        assert_eq!((events(&one, true).len(), events(&two, true).len()), (1, 1));
        assert_eq!(two.send_grant(&own[1], 0x500, one.grant().unwrap(), 0), Err(SendError::OtherLink));
        first.send(0x500, 0x400, b"question");
        let message = one.receive().unwrap();
        assert_eq!(message.answer(two.grant().unwrap(), 0), Err(SendError::OtherLink));
        assert_eq!(message.reply(two.grant().unwrap(), 0), Err(SendError::OtherLink));
        assert_eq!((first.receive(), second.receive()), (vec![], vec![]));
        assert_eq!(first.free(), 1, "the message was given back");
        assert_eq!(one.send_to(&own[0], 0x500, b"1"), Ok(()));
        assert_eq!(two.send_to(&own[1], 0x600, b"2"), Ok(()));
    }
}

/// A program that never looks at a clock or an interrupt: one turn for both links, as long as either has work.
#[test]
fn one_loop_serves_several_links_behind_one_doorbell() {
    let [first, second] = Linux::pair();
    let links = [first.link(), second.link_with(&first.kicks)];
    let _endpoints = links.each_ref().map(|link| link.open_unannounced(Address::Dynamic).unwrap());
    first.start(4);
    second.start(4);
    let turn = |mut kicked: bool| {
        loop {
            for link in &links {
                events(link, kicked);
                while let Some((message, [mut grant])) = link.receive_with_grants::<1>() {
                    let len = message.len();
                    grant.copy(0, &message, 0, len).unwrap();
                    message.reply(grant, len).unwrap();
                }
                link.flush();
            }
            kicked = false;
            if !links.iter().any(|link| link.has_work()) {
                return;
            }
        }
    };
    turn(true);
    for round in 0..20u8 {
        // Which link a kick is for is not said.
        first.send(0x500, 0x400, &[round, 1]);
        second.send(0x600, 0x400, &[round, 2]);
        turn(true);
        let answers = [first, second].map(|linux| linux.receive().pop().map(|answer| answer.payload));
        assert_eq!(answers, [Some(vec![round, 1]), Some(vec![round, 2])]);
        assert_eq!(first.kicks.take(), [0, 1, 2, 3]);
        assert_eq!((first.free(), second.free()), (4, 4));
    }
}
