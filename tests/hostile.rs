// SPDX-License-Identifier: MIT OR Apache-2.0
//! A link against a Linux that breaks the rules: each mistake is counted, costs nothing but itself, and
//! never makes the device write where it may not.
mod common;

use common::{BUFFER_LEN, Linux, TestLink, VRING0, WRITE, announcement, events, ready};
use imx_rpmsg::rpmsg::{Address, Down, Event, SendError};
use imx_rpmsg::vring::{AttachError, PeerError};

const PEER: u32 = 0x400;

/// One good message goes there and back.
fn still_serves(linux: &Linux, link: &TestLink<'_>) {
    linux.send(PEER, 0x400, b"still there?");
    let (message, [mut grant]) = link.receive_with_grants::<1>().expect("a message and a buffer");
    grant.copy(0, &message, 0, 12).unwrap();
    message.reply(grant, 12).unwrap();
    let received = linux.receive();
    assert_eq!(received.last().unwrap().payload, b"still there?");
}

fn errors(link: &TestLink<'_>) -> Vec<(PeerError, u32)> {
    PeerError::ALL.into_iter().map(|kind| (kind, link.stats().errors(kind))).filter(|(_, n)| *n > 0).collect()
}

/// Tampers with a message of 4 bytes, lends it and expects `kind`, the buffer returned or not.
fn bad_message(name: &str, kind: PeerError, returned: bool, tamper: impl Fn(&Linux, u16) -> u16) {
    let (linux, link, _endpoint) = ready(8);
    for count in 1..=3 {
        let id = linux.fill(PEER, 0x400, b"evil");
        let named = tamper(linux, id);
        let before = linux.untouchable();
        linux.lend(1, named);
        assert!(link.receive().is_none(), "{name}");
        assert_eq!(errors(&link), [(kind, count)], "{name}");
        let said = link.stats().to_string();
        assert!(said.ends_with(&format!(", Linux's mistake: {} ({count} so far)", kind.as_str())), "{name}: {said}");
        assert_eq!(linux.used_idx(1) > 0, returned, "{name}");
        let mut after = linux.untouchable();
        // What the test itself wrote: the avail ring.
        let avail = (linux.avail(1) - VRING0) as usize;
        after[avail..avail + 22].copy_from_slice(&before[avail..avail + 22]);
        assert!(after == before, "{name}: written where it may not");
    }
    assert_eq!(events(&link, true), [], "{name}");
    still_serves(linux, &link);
}

#[test]
fn transmit_descriptors_that_are_no_good_are_counted_by_kind() {
    use PeerError::{BufferAddress, BufferLength, DescriptorFlags, DescriptorId, HeaderLength};
    let desc = |address: Option<u32>, len: u32, flags: u16| {
        move |linux: &Linux, id: u16| {
            linux.set_desc(1, id, address.unwrap_or(linux.buffer(1, id)), len, flags);
            id
        }
    };
    bad_message("id = num", DescriptorId, false, |_, _| 8);
    bad_message("id = 0xffff", DescriptorId, false, |_, _| 0xffff);
    bad_message("chained", DescriptorFlags, true, desc(None, 20, 1));
    bad_message("writable", DescriptorFlags, true, desc(None, 20, WRITE));
    bad_message("indirect", DescriptorFlags, true, desc(None, 20, 4));
    bad_message("all flags", DescriptorFlags, true, desc(None, 20, 0xffff));
    bad_message("no length", BufferLength, true, desc(None, 0, 0));
    bad_message("no room for a header", BufferLength, true, desc(None, 15, 0));
    bad_message("maximal length", BufferAddress, true, desc(None, u32::MAX, 0));
    bad_message("address 0", BufferAddress, true, desc(Some(0), 20, 0));
    bad_message("below the window", BufferAddress, true, desc(Some(VRING0 - 16), 32, 0));
    bad_message("over the end", BufferAddress, true, desc(Some(VRING0 + 0x11_0000 - 16), 20, 0));
    bad_message("behind the end", BufferAddress, true, desc(Some(VRING0 + 0x11_0000), 20, 0));
    bad_message("firmware's own memory", BufferAddress, true, desc(Some(0x9240_0000), 20, 0));
    bad_message("unaligned", BufferAddress, true, |linux, id| {
        linux.set_desc(1, id, linux.buffer(1, id) + 2, 20, 0);
        id
    });
    bad_message("64-bit address", BufferAddress, true, |linux, id| {
        linux.write(linux.desc(1, id) + 4, &1u32.to_le_bytes());
        id
    });
    for len in [5u16, 496, 0xffff] {
        bad_message("payload longer than its buffer", HeaderLength, true, |linux, id| {
            linux.write(linux.buffer(1, id) + 12, &len.to_le_bytes());
            id
        });
    }
}

#[test]
fn receive_buffers_that_are_no_good_are_passed_over() {
    for (address, len, flags, kind) in [
        (None, BUFFER_LEN, 0, PeerError::DescriptorFlags),
        (None, BUFFER_LEN, WRITE | 1, PeerError::DescriptorFlags),
        (None, 15, WRITE, PeerError::BufferLength),
        (None, BUFFER_LEN - 1, WRITE, PeerError::BufferLength),
        (Some(0x9240_0000), BUFFER_LEN, WRITE, PeerError::BufferAddress),
    ] {
        let linux = Linux::new();
        let link = linux.link();
        let endpoint = link.open("test", Address::Dynamic).unwrap();
        linux.set_up_rings(8, 4096);
        for id in 0..7 {
            linux.set_desc(0, id, address.unwrap_or(linux.buffer(0, id)), len, flags);
        }
        linux.describe_rings();
        linux.set_status(7);
        assert_eq!(events(&link, true).len(), 1);
        let received = linux.receive_and_keep();
        assert_eq!(errors(&link), [(kind, 7)]);
        let [(7, message)] = &received[..] else { panic!("{received:?}") };
        assert_eq!(message.payload, announcement("test", 0x400, 0));
        // Once Linux has mended one, it is used.
        linux.set_desc(0, 3, linux.buffer(0, 3), BUFFER_LEN, WRITE);
        assert_eq!(events(&link, true), []);
        assert_eq!(link.send_to(&endpoint, PEER, b"mended"), Ok(()));
        assert_eq!(link.send_to(&endpoint, PEER, b"no more"), Err(SendError::NoBuffer));
        let [(3, message)] = &linux.receive_and_keep()[..] else { panic!("number 3 is not used") };
        assert_eq!((message.used_len, message.payload.as_slice()), (22, b"mended".as_slice()));
        assert_eq!(errors(&link), [(kind, 7)]);
    }
}

/// Linux delivers a used buffer unless `len > buf_size || msg_len > len - 16`, unsigned (`rpmsg_recv_single`), whatever
/// was sent in it before. When it refuses one, it does not lend it again and looks at none after it (`rpmsg_recv_done`).
#[test]
fn linux_is_given_no_old_message_and_nothing_to_stop_at() {
    let (linux, link, endpoint) = ready(8);
    for n in 0..8u8 {
        link.send_to(&endpoint, PEER, &[n]).unwrap();
    }
    // What was in them is still there when they are lent again.
    assert_eq!(linux.receive().len(), 8);
    for id in [1, 2, 5] {
        linux.set_desc(0, id, linux.buffer(0, id), BUFFER_LEN, 0);
    }
    let sent: Vec<_> = (10..13).map(|n| link.send_to(&endpoint, PEER, &[n]).map(|()| n)).collect();
    assert_eq!(sent, [Ok(10), Ok(11), Ok(12)]);
    let mut delivered = Vec::new();
    for (_, message) in linux.receive_and_keep() {
        let msg_len = message.payload.len() as u32;
        assert!(message.used_len <= BUFFER_LEN && msg_len <= message.used_len.wrapping_sub(16), "refused: {message:?}");
        delivered.extend(message.payload);
    }
    assert_eq!(delivered, [10, 11, 12]);
}

/// What is wrong with every descriptor of vring0.
fn damage(linux: &Linux, num: u16) {
    (0..num).for_each(|id| linux.set_desc(0, id, 0x9240_0000, BUFFER_LEN, WRITE));
}

fn mend(linux: &Linux, ids: impl IntoIterator<Item = u16>) {
    ids.into_iter().for_each(|id| linux.set_desc(0, id, linux.buffer(0, id), BUFFER_LEN, WRITE));
}

#[test]
fn a_ring_of_bad_buffers_alone_is_told_and_used_when_they_are_mended() {
    let linux = Linux::new();
    let link = linux.link();
    let endpoint = link.open("test", Address::Dynamic).unwrap();
    linux.set_up_rings(256, 4096);
    damage(linux, 256);
    linux.describe_rings();
    linux.set_status(7);
    assert!(matches!(events(&link, true)[..], [Event::Up { .. }, Event::Stuck(0)]));
    assert_eq!(errors(&link), [(PeerError::BufferAddress, 256)]);
    assert_eq!(events(&link, true), [], "said once");
    assert_eq!(link.send_to(&endpoint, PEER, b"x"), Err(SendError::NoBuffer));
    assert_eq!((linux.used_idx(0), link.has_work()), (0, false));
    // Messages to us still come.
    linux.send(PEER, 0x400, b"still there?");
    assert!(link.receive().is_some());
    mend(linux, [200]);
    assert_eq!(events(&link, true), [Event::Moving(0)]);
    // The announcement that there was no buffer for.
    let [(200, message)] = &linux.receive_and_keep()[..] else { panic!("not in the one good buffer") };
    assert_eq!(message.payload, announcement("test", 0x400, 0));
    // Stuck with what Linux keeps is no fault of a descriptor.
    assert_eq!(events(&link, true), []);
    mend(linux, 0..200);
    assert_eq!(events(&link, true), []);
    for _ in 0..200 {
        link.send_to(&endpoint, PEER, b"mended").unwrap();
    }
    assert_eq!(link.send_to(&endpoint, PEER, b"x"), Err(SendError::NoBuffer));
    let mut ids: Vec<u16> = linux.receive_and_keep().into_iter().map(|(id, _)| id).collect();
    ids.sort();
    assert!(ids.into_iter().eq(0..200), "each once");
}

/// How many lines of shared memory `work` reads.
fn lines_read<R>(link: &TestLink<'_>, work: impl FnOnce() -> R) -> (usize, R) {
    let before = link.coherency().invalidated.get();
    let result = work();
    (link.coherency().invalidated.get() - before, result)
}

/// Each descriptor once and each entry of the avail ring twice, and a few lines more.
#[test]
fn what_bad_and_mended_buffers_cost_grows_with_their_number_and_not_with_its_square() {
    const MOST: usize = 3 * 256 + 16;
    let (linux, link, endpoint) = ready(256);
    let send = || link.send_to(&endpoint, PEER, b"x");
    damage(linux, 256);
    let (lines, sent) = lines_read(&link, send);
    assert!(lines < MOST && sent == Err(SendError::NoBuffer), "{lines} for entries, {sent:?}");
    let (lines, said) = lines_read(&link, || link.poll(true));
    assert!(lines < MOST && said == Some(Event::Stuck(0)), "{lines} for none that is mended, {said:?}");
    mend(linux, 128..256);
    let (lines, said) = lines_read(&link, || link.poll(true));
    assert!(lines < MOST && said == Some(Event::Moving(0)), "{lines} for those behind bad ones, {said:?}");
    mend(linux, 0..128);
    assert_eq!(events(&link, true), []);
    (0..256).for_each(|_| send().unwrap());
    let mut ids: Vec<u16> = linux.receive_and_keep().into_iter().map(|(id, _)| id).collect();
    ids.sort();
    assert!(ids.into_iter().eq(0..256), "each once");
}

#[test]
fn bad_buffers_that_are_lent_anew_are_used() {
    let (linux, link, endpoint) = ready(8);
    damage(linux, 8);
    assert_eq!(link.send_to(&endpoint, PEER, b"x"), Err(SendError::NoBuffer));
    assert_eq!(events(&link, true), [Event::Stuck(0)]);
    // Though they did not come back.
    mend(linux, 0..8);
    (0..8).for_each(|id| linux.lend(0, id));
    assert_eq!(events(&link, true), [Event::Moving(0)]);
    still_serves(linux, &link);
}

#[test]
fn a_ring_whose_entries_name_no_buffers_is_told_until_linux_lends_one() {
    for ring in [0, 1] {
        let (linux, link, endpoint) = ready(8);
        if ring == 0 {
            (0..8).for_each(|_| link.send_to(&endpoint, PEER, b"x").unwrap());
            linux.receive_and_keep();
        }
        (0..8).for_each(|id| linux.lend(ring, id | 0x4000));
        assert!(link.receive().is_none() && link.grant().is_err() == (ring == 0));
        assert_eq!(events(&link, true), [Event::Stuck(ring)]);
        assert_eq!(events(&link, true), [], "said once");
        if ring == 0 {
            linux.lend(0, 3);
            assert_eq!(events(&link, true), [Event::Moving(0)]);
            link.send_to(&endpoint, PEER, b"again").unwrap();
            assert_eq!(linux.receive_and_keep().len(), 1);
        } else {
            linux.send(PEER, 0x400, b"again");
            assert_eq!(events(&link, true), [Event::Moving(1)]);
            assert!(link.receive().is_some());
        }
        linux.stop();
        linux.start(8);
        assert_eq!(events(&link, true).len(), 2);
        assert_eq!(linux.receive().len(), 1);
        still_serves(linux, &link);
    }
}

/// An application that holds all messages, or a Linux that keeps all buffers, has nothing wrong.
#[test]
fn a_ring_that_is_used_up_is_not_stuck() {
    let (linux, link, endpoint) = ready(8);
    let id = linux.fill(PEER, 0x400, b"evil");
    linux.lend(1, id | 0x8000);
    linux.lend(1, id);
    let mut held = Vec::from_iter(link.receive());
    for _ in 0..6 {
        linux.send(PEER, 0x400, b"held");
        held.extend(link.receive());
    }
    assert_eq!(held.len(), 7);
    (0..8).for_each(|_| link.send_to(&endpoint, PEER, b"x").unwrap());
    assert_eq!(link.send_to(&endpoint, PEER, b"x"), Err(SendError::NoBuffer));
    assert_eq!(errors(&link), [(PeerError::DescriptorId, 1)]);
    assert_eq!(events(&link, true), []);
}

#[test]
fn a_short_buffer_is_not_overrun_and_costs_nothing_but_itself() {
    let (linux, link, endpoint) = ready(2);
    for (count, len) in [(1, 16), (2, 24), (3, BUFFER_LEN - 1)] {
        link.send_to(&endpoint, PEER, b"use").unwrap();
        link.send_to(&endpoint, PEER, b"up").unwrap();
        let ids: Vec<u16> = linux.receive_and_keep().into_iter().map(|(id, _)| id).collect();
        linux.set_desc(0, ids[0], linux.buffer(0, ids[0]), len, WRITE);
        ids.iter().for_each(|id| linux.lend(0, *id));
        let before = linux.read(linux.buffer(0, ids[0]), BUFFER_LEN);
        link.send_to(&endpoint, PEER, &[7; 496]).unwrap();
        assert_eq!(linux.read(linux.buffer(0, ids[0]), BUFFER_LEN), before);
        let used = linux.receive_and_keep();
        assert_eq!(used.len(), 1, "the short one is kept");
        assert_eq!((used[0].0, used[0].1.payload.as_slice()), (ids[1], [7; 496].as_slice()));
        assert_eq!(errors(&link), [(PeerError::BufferLength, count)]);
        linux.set_desc(0, ids[0], linux.buffer(0, ids[0]), BUFFER_LEN, WRITE);
        linux.lend(0, ids[1]);
        assert_eq!(events(&link, true), []);
    }
}

#[test]
fn a_buffer_lent_twice_is_held_once() {
    let (linux, link, _endpoint) = ready(8);
    let id = linux.fill(PEER, 0x400, b"twice");
    linux.lend(1, id);
    linux.lend(1, id);
    let first = link.receive().unwrap();
    assert!(link.receive().is_none());
    assert_eq!(errors(&link), [(PeerError::InFlight, 1)]);
    drop(first);
    assert_eq!(linux.reclaim(), [id]);
    still_serves(linux, &link);
}

#[test]
fn an_index_jump_takes_the_link_down_until_linux_resets_it() {
    for (ring, jump) in [(1, 9), (1, 257), (1, 0x8000), (1, 0xffff), (0, 9 + 8), (0, 0x8000)] {
        let (linux, link, _endpoint) = ready(8);
        let lent = linux.used_idx(ring).wrapping_add(jump);
        if ring == 0 {
            // All lent receive buffers are used up first, so that the index is read again.
            while link.grant().is_ok_and(|grant| {
                let endpoint = link.open_unannounced(Address::Dynamic).unwrap();
                link.send_grant(&endpoint, PEER, grant, 0).unwrap();
                link.close(endpoint);
                true
            }) {}
        }
        linux.set_avail_idx(ring, lent);
        assert!(link.receive().is_none());
        let _ = link.grant();
        assert_eq!(errors(&link), [(PeerError::IndexJump, 1)], "ring {ring} jump {jump}");
        assert_eq!(events(&link, true), [Event::Down(Down::RingBroken)]);
        assert!(!link.is_up() && !link.has_work());
        assert_eq!(events(&link, true), []);
        linux.stop();
        assert_eq!(events(&link, false), []);
        linux.start(8);
        assert_eq!(events(&link, true).len(), 1);
        assert_eq!(linux.receive().len(), 1);
        still_serves(linux, &link);
    }
}

#[test]
fn rings_that_cannot_be_are_refused_once_and_good_ones_taken_after() {
    type Case = (usize, u32, u32, AttachError);
    let cases: [Case; 16] = [
        (0, 2, 0, AttachError::Num(0)),
        (0, 2, 3, AttachError::Num(3)),
        (1, 2, 512, AttachError::Num(512)),
        (1, 2, 0x1_0000, AttachError::Num(0x1_0000)),
        (1, 2, u32::MAX, AttachError::Num(u32::MAX)),
        (0, 1, 0, AttachError::Align(0)),
        (0, 1, 24, AttachError::Align(24)),
        (1, 1, 2, AttachError::Align(2)),
        (1, 1, 0x8000_0000, AttachError::Address(common::VRING1)),
        (0, 0, 0, AttachError::Address(0)),
        (1, 0, common::VRING1 + 2048, AttachError::Address(common::VRING1 + 2048)),
        (0, 0, 0x9240_0000, AttachError::Address(0x9240_0000)),
        (1, 0, u32::MAX, AttachError::Address(u32::MAX)),
        // In each other's memory: a ring of 8 has 4096 + 70 bytes.
        (1, 0, common::VRING0, AttachError::Overlap),
        (1, 0, common::VRING0 + 4096, AttachError::Overlap),
        // By the core's own address.
        (1, 0, common::DEVICE, AttachError::Overlap),
    ];
    for (ring, field, value, error) in cases {
        let linux = Linux::new();
        let link = linux.link();
        let _endpoint = link.open("test", Address::Dynamic).unwrap();
        linux.set_up_rings(8, 4096);
        linux.describe_rings();
        linux.describe(ring, field, value);
        linux.set_status(7);
        assert_eq!(events(&link, true), [Event::Refused(ring, error)]);
        assert_eq!(events(&link, true), [], "said once");
        assert!(!link.is_up() && link.grant().is_err());
        linux.stop();
        linux.start(8);
        assert_eq!(events(&link, true).len(), 1);
        still_serves(linux, &link);
    }
}

/// What is outstanding in vring0 takes long to find, as its buffers did not go back in order.
#[test]
fn while_one_ring_is_refused_the_other_is_not_examined_at_each_wake_up() {
    let (linux, link, endpoint) = ready(256);
    for _ in 0..300 {
        link.send_to(&endpoint, PEER, b"x").unwrap();
        linux.receive();
    }
    let held = link.grant().unwrap();
    link.send_to(&endpoint, PEER, b"x").unwrap();
    linux.receive();
    drop(held);
    linux.describe(1, 2, 300);
    let next = linux.link();
    let (lines, said) = lines_read(&next, || next.poll(true));
    assert!(lines > 250 && said == Some(Event::Refused(1, AttachError::Num(300))), "{lines}, {said:?}");
    for _ in 0..3 {
        let (lines, said) = lines_read(&next, || next.poll(true));
        assert!(lines < 20 && said.is_none(), "{lines} for nothing new, {said:?}");
    }
    linux.describe(1, 2, 256);
    assert!(matches!(events(&next, true)[..], [Event::Up { .. }]));
    let _endpoint = next.open("test", Address::Dynamic).unwrap();
    linux.receive();
    still_serves(linux, &next);
}

#[test]
fn a_history_that_contradicts_itself_is_refused() {
    let linux = Linux::new();
    let link = linux.link();
    linux.set_up_rings(8, 4096);
    linux.describe_rings();
    linux.write(linux.used(1) + 2, &0x1000u16.to_le_bytes());
    linux.set_status(7);
    assert_eq!(events(&link, true), [Event::Refused(1, AttachError::History)]);
}

#[test]
fn announcements_of_the_peer_are_read_and_malformed_ones_counted() {
    let (linux, link, _endpoint) = ready(8);
    let good = announcement("rpmsg-raw", 0x400, 0);
    let mut unterminated = good.clone();
    unterminated[..32].fill(b'x');
    linux.send(PEER, 53, &good);
    for bad in [&good[..39], &[good.as_slice(), &[0]].concat(), &unterminated, &announcement("a", 1, 7), b""] {
        linux.send(PEER, 53, bad);
    }
    assert!(link.receive().is_none());
    assert_eq!(link.stats().announcements(), 1);
    assert_eq!(errors(&link), [(PeerError::Announcement, 5)]);
    assert_eq!(linux.free(), 8);
    still_serves(linux, &link);
}

#[test]
fn a_length_that_grows_after_the_check_is_not_believed() {
    let (linux, link, _endpoint) = ready(8);
    let id = linux.fill(PEER, 0x400, b"evil");
    linux.lend(1, id);
    let message = link.receive().unwrap();
    linux.write(linux.buffer(1, id) + 12, &0xffffu16.to_le_bytes());
    linux.set_desc(1, id, VRING0, u32::MAX, 0xffff);
    assert_eq!(message.len(), 4);
    let mut out = [0; 600];
    assert_eq!(message.read(0, &mut out), 4);
    assert_eq!(message.read(4, &mut out), 0);
    assert_eq!(message.read(usize::MAX, &mut out), 0);
    let mut grant = link.grant().unwrap();
    assert!(grant.copy(0, &message, 0, 5).is_err() && grant.copy(0, &message, 5, 0).is_err());
    grant.copy(0, &message, 0, 4).unwrap();
    message.reply(grant, 4).unwrap();
    assert_eq!(linux.receive()[0].payload, b"evil");
}

#[test]
fn a_storm_of_kicks_without_cause_does_nothing() {
    let (linux, link, _endpoint) = ready(8);
    let before = linux.read(VRING0, 0x11_0000);
    for _ in 0..1000 {
        assert_eq!(events(&link, true), []);
        assert!(link.receive().is_none() && !link.has_work());
        link.flush();
    }
    assert!(linux.read(VRING0, 0x11_0000) == before);
    still_serves(linux, &link);
}

#[test]
fn a_ring_full_of_rubbish_ends() {
    let (linux, link, _endpoint) = ready(256);
    for i in 0..256 {
        linux.lend(1, i | 0x8000);
    }
    assert!(link.receive().is_none());
    assert_eq!(errors(&link), [(PeerError::DescriptorId, 256)]);
    still_serves(linux, &link);
}

/// A grant that was dropped is granted again by what its descriptor says then.
#[test]
fn a_spare_buffer_that_was_changed_is_kept_and_counted() {
    use PeerError::{BufferAddress, BufferLength, DescriptorFlags};
    let cases: [(u32, &[u8], PeerError); 10] = [
        (0, &0u32.to_le_bytes(), BufferAddress),
        (0, &(VRING0 - 16).to_le_bytes(), BufferAddress),
        (0, &(VRING0 + 0x11_0000 - 16).to_le_bytes(), BufferAddress),
        (0, &[2], BufferAddress),
        (4, &[1], BufferAddress),
        (8, &511u32.to_le_bytes(), BufferLength),
        (8, &u32::MAX.to_le_bytes(), BufferAddress),
        (12, &0u16.to_le_bytes(), DescriptorFlags),
        (12, &3u16.to_le_bytes(), DescriptorFlags),
        (12, &6u16.to_le_bytes(), DescriptorFlags),
    ];
    for (field, bytes, kind) in cases {
        let (linux, link, endpoint) = ready(4);
        drop(link.grant().unwrap());
        let before = linux.read(linux.buffer(0, 0), 4 * BUFFER_LEN);
        // Any of the four may be the spare one, so all are changed.
        let good: Vec<_> = (0..4).map(|id| linux.read(linux.desc(0, id), 16)).collect();
        (0..4).for_each(|id| linux.write(linux.desc(0, id) + field, bytes));
        let name = format!("{bytes:x?} at {field}");
        assert_eq!(link.send_to(&endpoint, PEER, b"x"), Err(SendError::NoBuffer), "{name}");
        assert_eq!(errors(&link), [(kind, 4)], "{name}");
        assert_eq!(events(&link, true), [Event::Stuck(0)], "{name}");
        assert_eq!(linux.receive_and_keep(), [], "{name}");
        assert!(linux.read(linux.buffer(0, 0), 4 * BUFFER_LEN) == before, "{name}: written into");
        for (id, desc) in (0..4).zip(good) {
            linux.write(linux.desc(0, id), &desc);
        }
        assert_eq!(events(&link, true), [Event::Moving(0)], "{name}");
        (0..4).for_each(|_| link.send_to(&endpoint, PEER, b"x").unwrap());
        let mut ids: Vec<_> = linux.receive_and_keep().into_iter().map(|(id, _)| id).collect();
        ids.iter().for_each(|id| linux.lend(0, *id));
        ids.sort();
        assert_eq!(ids, [0, 1, 2, 3], "{name}: each once");
        still_serves(linux, &link);
    }
}

/// A spare buffer that was moved is where Linux says that it is now.
#[test]
fn a_spare_buffer_that_was_moved_is_written_where_it_is() {
    let (linux, link, endpoint) = ready(1);
    drop(link.grant().unwrap());
    let before = linux.read(linux.buffer(0, 0), BUFFER_LEN);
    let moved = linux.buffer(0, 4);
    linux.set_desc(0, 0, moved, BUFFER_LEN, WRITE);
    link.send_to(&endpoint, PEER, b"moved").unwrap();
    assert_eq!(linux.read(moved + 16, 5), b"moved");
    assert!(linux.read(linux.buffer(0, 0), BUFFER_LEN) == before);
    assert_eq!(errors(&link), []);
    // The field `next` means nothing in a descriptor that is not chained.
    linux.lend(0, 0);
    drop(link.grant().unwrap());
    linux.write(linux.desc(0, 0) + 14, &[0xff; 2]);
    link.send_to(&endpoint, PEER, b"again").unwrap();
    assert_eq!(errors(&link), []);
}

/// The last descriptors of a ring are those of the last words of the sets in which the device keeps its buffers.
#[test]
fn a_buffer_lent_while_it_is_granted_or_spare_is_not_granted_twice() {
    let (linux, link, _endpoint) = ready(256);
    let grants: Vec<_> = std::iter::from_fn(|| link.grant().ok()).collect();
    assert_eq!(grants.len(), 256);
    (0..256).for_each(|id| linux.lend(0, id));
    assert_eq!(link.grant().err(), Some(SendError::NoBuffer));
    assert_eq!(errors(&link), [(PeerError::InFlight, 256)]);
    drop(grants);
    assert_eq!(events(&link, true), []);
    let grants: Vec<_> = std::iter::from_fn(|| link.grant().ok()).collect();
    assert_eq!(grants.len(), 256, "spare buffers, each once");
    assert_eq!(linux.receive().len(), 0);
}
