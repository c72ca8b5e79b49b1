// SPDX-License-Identifier: MIT OR Apache-2.0
//! Defects of the library that fuzzing and its reading found, each with the shortest run that showed it.

use imx_rpmsg::rpmsg::{Address, SendError};
use imx_rpmsg_fuzz::bus::Bus;
use imx_rpmsg_fuzz::linux::{Linux, TABLE, WRITE};

/// Attachments were told apart by 16 bits, and each poll of a table that could not be attached counted as
/// one: a message that outlived 65,536 of them was taken for one of the new rings.
#[test]
fn a_message_outlives_any_number_of_attachments() {
    let bus = Bus::new(&TABLE.bytes());
    let link = bus.link(None);
    let _endpoint = link.open_unannounced(Address::Fixed(7)).unwrap();
    bus.linux.start(&bus.memory, 8, 64);
    while link.poll(true).is_some() {}
    bus.linux.send(&bus.memory, 1, 7, 4, 4, b"held");
    let held = link.receive().unwrap();
    Linux::set_status(&bus.memory, 0);
    while link.poll(false).is_some() {}
    // One detachment was counted, and one will be at the attachment to good rings.
    bus.memory.write_table(TABLE.layout().vring(0) + 8, &0u32.to_le_bytes());
    Linux::set_status(&bus.memory, 7);
    for _ in 0..65_534 {
        let _ = link.poll(true);
    }
    bus.linux.start(&bus.memory, 8, 64);
    while link.poll(true).is_some() {}
    assert!(link.is_up());
    // Linux has lent nothing in the new ring, so the bus panics when anything is given back to it.
    drop(held);
    bus.settle();
}

/// A receive buffer too short for what was to be sent came first whenever it was kept, and nothing
/// longer was ever sent again, although Linux had lent good buffers behind it.
#[test]
fn a_short_buffer_costs_nothing_but_itself() {
    let bus = Bus::new(&TABLE.bytes());
    let link = bus.link(None);
    bus.linux.set_up(&bus.memory, 8, 64);
    bus.linux.set_desc(&bus.memory, 0, 0, bus.linux.buffer(0, 0), 24, WRITE);
    bus.linux.describe(&bus.memory);
    Linux::set_status(&bus.memory, 7);
    let endpoint = link.open("announced", Address::Dynamic).unwrap();
    while link.poll(true).is_some() {}
    let _ = link.send_to(&endpoint, 1, &[0; 100]);
    assert_eq!(link.send_to(&endpoint, 1, &[0; 100]), Ok(()));
    let _ = link.poll(true);
    assert!(bus.linux.collect(&bus.memory).iter().any(|(_, dst, _)| *dst == 53), "never announced");
}

/// Generations had 16 bits, so an endpoint was taken for one that was closed 65,536 openings before.
#[test]
fn an_endpoint_id_is_never_reused() {
    let bus = Bus::new(&TABLE.bytes());
    let link = bus.link(None);
    let first = link.open_unannounced(Address::Dynamic).unwrap();
    let id = first.id();
    link.close(first);
    for _ in 0..70_000 {
        let next = link.open_unannounced(Address::Dynamic).unwrap();
        assert!(next.id() != id, "an id was given twice");
        link.close(next);
    }
}

/// `Grant::copy` reads from a message of an earlier attachment, whose buffer is held no more: whatever lies
/// there now would be sent. `Message::read` and the replies refuse that.
#[test]
fn a_message_of_an_earlier_attachment_is_not_copied() {
    let bus = Bus::new(&TABLE.bytes());
    let link = bus.link(None);
    let _endpoint = link.open_unannounced(Address::Fixed(7)).unwrap();
    bus.linux.start(&bus.memory, 8, 64);
    while link.poll(true).is_some() {}
    bus.linux.send(&bus.memory, 1, 7, 4, 4, b"held");
    let held = link.receive().unwrap();
    bus.linux.start(&bus.memory, 8, 64);
    while link.poll(true).is_some() {}
    let mut grant = link.grant().unwrap();
    assert_eq!(grant.copy(0, &held, 0, 4), Err(SendError::Stale));
}
