// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random lives of a link: a Linux that sends, lends, errs, resets and binds again, an application that
//! receives, holds, drops, replies and grants, opens and closes. A model says before each step what has to
//! come of it; after each step counters, used rings and memory are what the model says.
#[path = "common/cases.rs"]
mod cases;
mod common;
#[path = "property/model.rs"]
mod model;
#[path = "property/steps.rs"]
mod steps;
#[path = "property/world.rs"]
mod world;

use cases::config;
use common::{Linux, TestLink, VRING0, events, ready};
use imx_rpmsg::rpmsg::{Address, Down, Event, SendError};
use proptest::prelude::*;
use steps::{AppStep, Step};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_link_lives_as_the_model_does(steps in proptest::collection::vec(steps::step(), 1..400)) {
        let linux = Linux::new();
        let link = linux.link();
        let mut world = world::World::new(linux, &link);
        world.step(Step::App(AppStep::Open(0)));
        steps.into_iter().for_each(|step| world.step(step));
        world.end();
    }
}

#[test]
fn rings_that_were_never_used_and_are_set_up_anew_start_over() {
    let linux = Linux::new();
    let link = linux.link();
    let _endpoint = link.open_unannounced(Address::Fixed(0x20)).unwrap();
    linux.start(8);
    assert_eq!(events(&link, true).len(), 1);
    linux.send(0x400, 0x20, b"held");
    let held = link.receive().unwrap();
    // Unbound and bound while the device sleeps: the used indices are 0 as they were.
    linux.stop();
    linux.start(8);
    events(&link, true);
    linux.send(0x400, 0x20, b"new");
    assert_eq!(link.receive().map(|message| message.len()), Some(3), "the first message of the new driver is lost");
    drop(held);
    assert_eq!(linux.free(), 8);
}

/// A link with an endpoint at 0x20 that broke in rings of 8 of which nothing was taken.
fn broken_before_use() -> (&'static Linux, TestLink<'static>) {
    let linux = Linux::new();
    let link = linux.link();
    let _endpoint = link.open_unannounced(Address::Fixed(0x20)).unwrap();
    linux.start(8);
    assert_eq!(events(&link, true).len(), 1);
    linux.set_avail_idx(1, 0x8000);
    assert!(link.receive().is_none());
    assert_eq!(events(&link, true), [Event::Down(Down::RingBroken)]);
    (linux, link)
}

#[test]
fn a_link_that_broke_before_anything_was_used_comes_back() {
    let (linux, link) = broken_before_use();
    linux.stop();
    linux.start(8);
    events(&link, true);
    linux.send(0x400, 0x20, b"new");
    assert!(link.receive().is_some(), "no service after a reset");
}

#[test]
fn what_is_held_does_not_reach_rings_that_were_set_up_anew() {
    let (linux, link, endpoint) = ready(8);
    linux.send(0x400, 0x400, b"held");
    let held = link.receive().unwrap();
    let (first, second) = (link.grant().unwrap(), link.grant().unwrap());
    linux.stop();
    // Into rings that are zeroed before they are used again.
    drop(held);
    let _ = link.send_grant(&endpoint, 0x400, first, 0);
    linux.start(8);
    assert_eq!(link.send_grant(&endpoint, 0x400, second, 0), Err(SendError::Stale));
    for ring in 0..2 {
        assert_eq!(linux.read(linux.used(ring), 6 + 8 * 8), [0; 6 + 8 * 8], "something of it is left in ring {ring}");
    }
}

#[test]
fn what_is_held_does_not_reach_rings_that_were_bound_again() {
    let (linux, link, _endpoint) = ready(8);
    linux.send(0x400, 0x400, b"held");
    let held = link.receive().unwrap();
    linux.stop();
    linux.start(8);
    drop(held);
    assert_eq!(linux.used_idx(1), 0, "a used entry in a ring that lent nothing");
}

/// Where the larger ring has its used index, the one that broke had nothing but zeroes.
#[test]
fn a_link_that_broke_before_anything_was_used_comes_back_with_larger_rings() {
    let (linux, link) = broken_before_use();
    // Bound again while the device sleeps.
    linux.stop();
    linux.start(256);
    assert!(matches!(events(&link, true)[..], [Event::Up { num: [256, 256], history: 0, .. }]));
    linux.send(0x400, 0x20, b"new");
    assert!(link.receive().is_some(), "no service after a reset");
}

/// Between zeroes and descriptors, a driver that probes has rings in which no descriptor is good.
#[test]
fn a_spare_buffer_does_not_reach_rings_that_are_being_set_up() {
    let (linux, link, _endpoint) = ready(8);
    drop(link.grant().unwrap());
    linux.stop();
    linux.write(VRING0, &[0; 0x4000]);
    assert!(link.grant().is_err());
    assert_eq!(linux.used_idx(0), 0, "a used entry in a ring that lent nothing");
}

/// With 65,532 entries taken, the avail index of a new ring is four ahead, and its descriptors are zeroes.
#[test]
fn an_old_index_that_is_just_behind_zero_gives_nothing_back_to_rings_that_were_set_up_anew() {
    let (linux, link, _endpoint) = ready(8);
    for _ in 0..65_532 {
        linux.send(0x400, 0x999, b"");
        assert!(link.receive().is_none());
    }
    linux.start(8);
    assert!(link.receive().is_none());
    assert_eq!(linux.used_idx(1), 0, "a used entry in a ring that lent nothing");
}

#[test]
fn a_message_of_an_old_link_is_not_answered_on_the_new_one() {
    let (linux, link, _endpoint) = ready(8);
    linux.send(0x400, 0x400, b"old");
    let old = link.receive().unwrap();
    linux.stop();
    assert_eq!(events(&link, false), [Event::Down(Down::DriverGone)]);
    linux.start(8);
    assert_eq!(events(&link, true).len(), 1);
    assert_eq!(linux.receive().len(), 1);
    let grant = link.grant().unwrap();
    assert_eq!(old.reply(grant, 0), Err(SendError::Stale));
    assert_eq!(linux.receive(), []);
}

/// Linux corrects its avail index without setting the rings up: what the device has, has been used or is
/// passed over is not told by the used index alone.
#[test]
fn a_broken_ring_that_is_mended_gives_no_buffer_twice() {
    let (linux, link, endpoint) = ready(8);
    let (first, second) = (link.grant().unwrap(), link.grant().unwrap());
    link.send_grant(&endpoint, 0x400, second, 0).unwrap();
    let (id, _) = linux.receive_and_keep().pop().unwrap();
    let before = linux.read(linux.buffer(0, id), 64);
    linux.set_avail_idx(1, 0x8000);
    assert!(link.receive().is_none());
    assert_eq!(events(&link, true), [Event::Down(Down::RingBroken)]);
    linux.set_avail_idx(1, 0);
    events(&link, true);
    for _ in 0..3 {
        let _ = link.send_to(&endpoint, 0x400, b"into a buffer that Linux has back");
    }
    assert!(linux.read(linux.buffer(0, id), 64) == before, "written into a buffer that is not lent");
    drop(first);
}

#[test]
fn a_broken_ring_that_is_mended_gives_no_message_twice() {
    let (linux, link, _endpoint) = ready(8);
    linux.send(0x400, 0x400, b"first");
    linux.send(0x401, 0x400, b"second");
    let first = link.receive().unwrap();
    drop(link.receive().unwrap());
    assert_eq!(linux.reclaim().len(), 1);
    // Back by one, and forth again.
    linux.set_avail_idx(1, 1);
    assert!(link.receive().is_none());
    assert_eq!(events(&link, true).first(), Some(&Event::Down(Down::RingBroken)));
    linux.set_avail_idx(1, 2);
    events(&link, true);
    assert_eq!(link.receive().map(|message| message.source()), None, "a message a second time");
    drop(first);
}
