// SPDX-License-Identifier: MIT OR Apache-2.0
//! A link whose halves have two owners: whatever one does between two calls of the other, both go on.
mod common;

use common::{Linux, NO_INTERRUPT, WRITE, announcement};
use imx_rpmsg::arch::Host;
use imx_rpmsg::mailbox::Doorbell;
use imx_rpmsg::rpmsg::{Address, Down, Event, Incoming, Outgoing, SendError};

/// A doorbell for two.
struct Silent;
impl Doorbell for Silent {
    fn kick(&self, _vqid: u32) {}
}

#[test]
fn either_half_may_be_given_to_another_context() {
    fn is_send<T: Send>() {}
    is_send::<Incoming<'static, 'static, Host, Silent, 4>>();
    is_send::<Outgoing<'static, 'static, Host, Silent, 4>>();
}

/// Polls until nothing is said any more.
fn all(mut poll: impl FnMut() -> Option<Event>) -> Vec<Event> {
    std::iter::from_fn(&mut poll).collect()
}

#[test]
fn each_half_comes_up_works_and_goes_down_on_its_own() {
    let linux = Linux::new();
    let mut link = linux.link_with(&Silent);
    let endpoint = link.open("test", Address::Dynamic).unwrap();
    let (incoming, outgoing) = link.split();
    for round in 0..3u8 {
        linux.start(8);
        linux.set_avail_flags(1, NO_INTERRUPT);
        linux.send(0x500, 0x400, &[round; 5]);
        // The receiving half is up first, and the other does not know yet.
        assert!(matches!(all(|| incoming.poll(true))[..], [Event::Up { .. }]));
        let message = incoming.receive().unwrap();
        assert_eq!(outgoing.send_to(&endpoint, message.source(), b"early"), Err(SendError::Detached));
        assert!(matches!(all(|| outgoing.poll(true))[..], [Event::Up { .. }]));
        assert_eq!(linux.receive()[0].payload, announcement("test", 0x400, 0));
        // The answer goes out while the message is held by the other.
        outgoing.send_to(&endpoint, message.source(), &[round; 496]).unwrap();
        let answer = linux.receive().pop().unwrap();
        assert_eq!((answer.src, answer.dst, answer.payload), (0x400, 0x500, vec![round; 496]));
        assert_eq!(linux.reclaim(), []);
        drop(message);
        assert_eq!(linux.reclaim().len(), 1);
        linux.stop();
        // One half learns of it; the other sends into rings that are going, which does no harm.
        assert_eq!(all(|| incoming.poll(false)), [Event::Down(Down::DriverGone)]);
        let grant = outgoing.grant().unwrap();
        assert_eq!(all(|| outgoing.poll(false)), [Event::Down(Down::DriverGone)]);
        assert_eq!(outgoing.send_grant(&endpoint, 0x500, grant, 1), Err(SendError::Stale));
    }
}

#[test]
fn a_broken_receive_ring_leaves_the_other_half_alone() {
    let linux = Linux::new();
    let mut link = linux.link_with(&Silent);
    let endpoint = link.open_unannounced(Address::Dynamic).unwrap();
    linux.start(8);
    let (incoming, outgoing) = link.split();
    all(|| incoming.poll(true));
    all(|| outgoing.poll(true));
    linux.set_avail_idx(1, 0x8000);
    assert!(incoming.receive().is_none());
    assert_eq!(all(|| incoming.poll(false)), [Event::Down(Down::RingBroken)]);
    let endpoint = outgoing.bind(endpoint, 0x500);
    outgoing.send(&endpoint, b"still here").unwrap();
    assert_eq!(linux.receive()[0].payload, b"still here");
    linux.stop();
    linux.start(8);
    linux.send(0x500, 0x400, b"again");
    assert!(matches!(all(|| incoming.poll(true))[..], [Event::Up { .. }]));
    assert_eq!(incoming.receive().map(|message| message.len()), Some(5));
}

#[test]
fn a_link_goes_on_as_a_whole_when_its_halves_are_gone() {
    let linux = Linux::new();
    let mut link = linux.link_with(&Silent);
    let _endpoint = link.open("test", Address::Dynamic).unwrap();
    linux.start(8);
    let (incoming, outgoing) = link.split();
    // Only one of them came up.
    all(|| outgoing.poll(true));
    assert!(incoming.receive().is_none());
    assert!(!link.is_up());
    assert!(matches!(all(|| link.poll(true))[..], [Event::Up { .. }]));
    linux.send(0x500, 0x400, b"whole");
    let (message, [grant]) = link.receive_with_grants::<1>().unwrap();
    message.reply(grant, 0).unwrap();
    assert_eq!(linux.receive().last().map(|answer| answer.dst), Some(0x500));
}

/// Each half tells of its own ring, and the other works.
#[test]
fn a_half_whose_ring_is_stuck_says_so() {
    let linux = Linux::new();
    let mut link = linux.link_with(&Silent);
    let endpoint = link.open("test", Address::Dynamic).unwrap();
    let (incoming, outgoing) = link.split();
    linux.start(8);
    assert_eq!((all(|| incoming.poll(true)).len(), all(|| outgoing.poll(true)).len()), (1, 1));
    (0..8).for_each(|id| linux.lend(1, id | 0x100));
    assert!(incoming.receive().is_none());
    assert_eq!(all(|| incoming.poll(true)), [Event::Stuck(1)]);
    assert_eq!(all(|| outgoing.poll(true)), []);
    (0..8).for_each(|id| linux.set_desc(0, id, linux.buffer(0, id), 511, WRITE));
    assert_eq!(outgoing.send_to(&endpoint, 0x500, b"x"), Err(SendError::NoBuffer));
    // The announcement went before that.
    assert_eq!(linux.receive_and_keep().len(), 1);
    assert_eq!(all(|| outgoing.poll(true)), []);
    linux.lend(0, 0);
    assert_eq!(outgoing.send_to(&endpoint, 0x500, b"x"), Err(SendError::NoBuffer));
    assert_eq!(all(|| outgoing.poll(true)), [Event::Stuck(0)]);
    linux.send(0x500, 0x400, b"still there?");
    assert_eq!(all(|| incoming.poll(true)), [Event::Moving(1)]);
    assert!(incoming.receive().is_some());
    linux.set_desc(0, 5, linux.buffer(0, 5), 512, WRITE);
    assert_eq!(all(|| outgoing.poll(true)), [Event::Moving(0)]);
    assert_eq!(outgoing.send_to(&endpoint, 0x500, b"x"), Ok(()));
    assert_eq!(linux.receive_and_keep()[0].0, 5);
}
