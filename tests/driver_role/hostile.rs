// SPDX-License-Identifier: MIT OR Apache-2.0
//! A driver against a device that breaks the rules: each mistake is counted and costs nothing but itself.

use imx_rpmsg::rpmsg::{Address, SendError};
use imx_rpmsg::vring::DeviceError::{self, *};

use crate::world::{Driver, World, errors, message, payload};

const NUM: u16 = 8;

/// A driver that is up with one endpoint at 0x400.
fn started() -> (&'static World, Driver) {
    let world = World::new(NUM);
    let driver = world.driver();
    let _endpoint = driver.open_unannounced(Address::Dynamic).unwrap();
    driver.start().unwrap();
    (world, driver)
}

/// A good message in receive buffer `id` arrives.
fn still_receives(world: &World, driver: &Driver, id: u16) {
    world.fill(id, 7, 0x400, 5, b"still");
    world.give(0, id.into(), 21);
    assert_eq!(payload(&message(driver)), b"still");
}

/// The next avail entry of receive ring, counted from the `back`-th last.
fn lent(world: &World, back: u16) -> u16 {
    let idx = world.half(world.avail(0) + 2).wrapping_sub(back);
    world.half(world.avail(0) + 4 + 2 * u32::from(idx % NUM))
}

#[test]
fn bad_used_entries_are_counted_and_no_buffer_is_lost() {
    for (id, len, kind, lent_again) in [
        (u32::from(NUM), 21, DescriptorId, false),
        (0xffff, 21, DescriptorId, false),
        (0x1_0000, 21, DescriptorId, false),
        (u32::MAX, 21, DescriptorId, false),
        (0, 513, UsedLength, true),
        (0, u32::MAX, UsedLength, true),
        (0, 0, UsedLength, true),
        (0, 15, UsedLength, true),
    ] {
        let (world, driver) = started();
        world.fill(0, 7, 0x400, 5, b"never");
        world.give(0, id, len);
        assert!(driver.receive().is_none());
        assert_eq!(errors(&driver), [(kind, 1)], "{id} {len}");
        assert_eq!(world.half(world.avail(0) + 2), NUM + u16::from(lent_again), "{id} {len}");
        for id in 0..NUM {
            still_receives(world, &driver, id);
        }
    }
}

#[test]
fn a_buffer_returned_twice_is_taken_once() {
    let (world, driver) = started();
    world.fill(3, 7, 0x400, 5, b"twice");
    world.give(0, 3, 21);
    world.give(0, 3, 21);
    let first = message(&driver);
    assert!(driver.receive().is_none());
    assert_eq!(errors(&driver), [(NotLent, 1)]);
    assert_eq!(world.half(world.avail(0) + 2), NUM, "the held message is not lent");
    drop(first);
    assert_eq!((world.half(world.avail(0) + 2), lent(world, 1)), (NUM + 1, 3));
    still_receives(world, &driver, 3);
}

#[test]
fn a_send_buffer_returned_that_was_never_lent_is_not_granted_twice() {
    let (world, driver) = started();
    let endpoint = driver.open_unannounced(Address::Dynamic).unwrap();
    for _ in 0..NUM {
        driver.send_to(&endpoint, 0x400, b"x").unwrap();
    }
    for (id, len) in [(2, 0), (2, 0), (u32::from(NUM), 0), (3, 513), (4, 512)] {
        world.give(1, id, len);
    }
    let grants: Vec<_> = std::iter::from_fn(|| driver.grant().ok()).collect();
    assert_eq!(grants.len(), 3, "2, 3 and 4");
    assert_eq!(driver.grant().err(), Some(SendError::NoBuffer));
    assert_eq!(errors(&driver), [(DescriptorId, 1), (NotLent, 1), (UsedLength, 1)]);
    // Granted, so not lent.
    world.give(1, 2, 0);
    assert_eq!(driver.grant().err(), Some(SendError::NoBuffer));
    assert_eq!(driver.stats().errors(NotLent), 2);
}

#[test]
fn an_index_jump_takes_the_link_down_until_it_is_started_anew() {
    for jump in [NUM + 1, 257, 0x8000, 0xffff] {
        for ring in [0, 1] {
            let (world, driver) = started();
            let endpoint = driver.open_unannounced(Address::Dynamic).unwrap();
            for _ in 0..if ring == 1 { NUM } else { 0 } {
                driver.send_to(&endpoint, 0x400, b"x").unwrap();
            }
            world.set_used_idx(ring, jump);
            assert_eq!(driver.has_work(), ring == 0);
            if ring == 0 {
                assert!(driver.receive().is_none());
            }
            assert_eq!(driver.grant().err(), Some(SendError::Detached), "ring {ring} jump {jump}");
            assert_eq!(errors(&driver), [(IndexJump, 1)]);
            assert!(driver.is_broken() && !driver.is_up() && !driver.has_work());
            assert!(driver.receive().is_none());
            driver.start().unwrap();
            assert!(driver.is_up() && !driver.is_broken());
            still_receives(world, &driver, 0);
        }
    }
}

/// A device that has lost all buffers of a ring says so by no index and no length.
#[test]
fn a_ring_whose_buffers_never_come_back_is_told() {
    for ring in [0, 1] {
        let (world, driver) = started();
        let endpoint = driver.open_unannounced(Address::Dynamic).unwrap();
        if ring == 1 {
            (0..NUM).for_each(|_| driver.send_to(&endpoint, 0x400, b"x").unwrap());
        }
        for n in 0..NUM {
            assert_eq!(driver.stuck(), None, "ring {ring} after {n}");
            world.give(ring, 0x1_0000 + u32::from(n), 16);
            assert!(driver.receive().is_none() && driver.grant().is_err() == (ring == 1));
        }
        assert_eq!(driver.stuck(), Some(ring));
        assert!(driver.is_up() && !driver.has_work());
        driver.start().unwrap();
        assert_eq!(driver.stuck(), None);
        still_receives(world, &driver, 0);
        driver.send_to(&endpoint, 0x400, b"x").unwrap();
    }
}

#[test]
fn a_ring_that_is_used_up_is_not_stuck() {
    let (world, driver) = started();
    let endpoint = driver.open_unannounced(Address::Dynamic).unwrap();
    (0..NUM).for_each(|_| driver.send_to(&endpoint, 0x400, b"x").unwrap());
    assert!(driver.grant().is_err());
    for id in 0..NUM {
        world.fill(id, 7, 0x400, 0, b"");
        world.give(0, id.into(), 16);
    }
    let held: Vec<_> = (0..NUM).map(|_| message(&driver)).collect();
    assert_eq!(driver.stuck(), None);
    drop(held);
    assert_eq!(driver.stuck(), None);
}

#[test]
fn one_more_than_is_lent_is_a_jump() {
    let (world, driver) = started();
    world.fill(0, 7, 0x400, 0, b"");
    world.give(0, 0, 16);
    let held = message(&driver);
    // Seven are at the device.
    world.set_used_idx(0, 1 + NUM);
    assert!(driver.receive().is_none() && driver.is_broken());
    drop(held);
}

#[test]
fn nothing_was_lent_so_nothing_can_come_back() {
    let (world, driver) = started();
    let grants: Vec<_> = std::iter::from_fn(|| driver.grant().ok()).collect();
    assert_eq!(grants.len(), usize::from(NUM));
    drop(grants);
    let endpoint = driver.open_unannounced(Address::Dynamic).unwrap();
    world.set_used_idx(1, 1);
    for _ in 0..NUM {
        driver.send_to(&endpoint, 0x400, b"x").unwrap();
    }
    world.set_used_idx(1, NUM + 1);
    assert!(driver.grant().is_err() && driver.is_broken());
}

#[test]
fn a_header_that_claims_more_than_was_written_is_counted_and_the_buffer_lent_again() {
    for (claim, written) in [(6, 21), (497, 512), (0xffff, 512), (1, 16)] {
        let (world, driver) = started();
        world.fill(5, 7, 0x400, claim, b"12345");
        world.give(0, 5, written);
        assert!(driver.receive().is_none());
        assert_eq!(errors(&driver), [(HeaderLength, 1)], "{claim} of {written}");
        assert_eq!(lent(world, 1), 5);
        still_receives(world, &driver, 5);
    }
}

#[test]
fn malformed_announcements_are_counted() {
    let (world, driver) = started();
    let good = crate::common::announcement("echo", 0x400, 0);
    let mut unterminated = good.clone();
    unterminated[..32].fill(b'x');
    let bad = [good[..39].to_vec(), [good.as_slice(), &[0]].concat(), unterminated, vec![0; 40], vec![]];
    for (id, bytes) in bad.iter().enumerate() {
        world.fill(id as u16, 0x400, 53, bytes.len() as u16, bytes);
        world.give(0, id as u32, 16 + bytes.len() as u32);
    }
    assert!(driver.receive().is_none());
    assert_eq!(errors(&driver), [(DeviceError::Announcement, 5)]);
    assert_eq!(driver.stats().announcements(), 0);
    still_receives(world, &driver, 0);
}

#[test]
fn a_length_that_grows_after_the_check_is_not_believed() {
    let (world, driver) = started();
    world.fill(0, 7, 0x400, 4, b"evil");
    world.give(0, 0, 20);
    let message = message(&driver);
    world.fill(0, 8, 0x401, 0xffff, b"EVIL");
    assert_eq!((message.len(), message.source()), (4, 7));
    assert_eq!(message.read(0, &mut [0; 600]), 4);
    let mut grant = driver.grant().unwrap();
    assert!(grant.copy(0, &message, 0, 5).is_err() && grant.copy(0, &message, 5, 0).is_err());
    grant.copy(0, &message, 0, 4).unwrap();
}

#[test]
fn a_flood_of_rubbish_ends_and_what_is_behind_it_is_served() {
    let world = World::new(256);
    let driver = world.driver();
    let _endpoint = driver.open_unannounced(Address::Dynamic).unwrap();
    driver.start().unwrap();
    // 256 that are no good; while they are passed over the device has nothing more to give.
    for _ in 0..256 {
        world.give(0, 0x8000, 16);
    }
    assert!(driver.receive().is_none());
    for (count, id) in (1..=300u32).map(|i| (256 + i, (i % 256) as u16)) {
        world.give(0, 0x8000, 16);
        still_receives(world, &driver, id);
        assert_eq!(errors(&driver), [(DescriptorId, count)]);
    }
}

#[test]
fn kicks_without_cause_do_nothing() {
    let (world, driver) = started();
    world.from_driver.take();
    let before = world.read(crate::world::VRING0, 0x11_0000);
    for _ in 0..1000 {
        assert!(driver.receive().is_none() && !driver.has_work());
        driver.flush();
    }
    assert!(world.read(crate::world::VRING0, 0x11_0000) == before);
    assert!(world.from_driver.take().is_empty());
}
