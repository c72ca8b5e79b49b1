// SPDX-License-Identifier: MIT OR Apache-2.0
//! What lay in a buffer before it was granted is another message: none of it is ever sent.
mod common;

use common::{Linux, TestLink, ready};
use imx_rpmsg::rpmsg::{Endpoint, SendError, Unbound};

const PEER: u32 = 0x500;
const SECRET: u8 = 0x5e;

/// A link whose transmit buffers are full of what somebody else sent.
fn used(num: u16) -> (&'static Linux, TestLink<'static>, Endpoint<Unbound>) {
    let (linux, link, endpoint) = ready(num);
    for _ in 0..num {
        link.send_to(&endpoint, PEER, &[SECRET; 496]).unwrap();
    }
    assert_eq!(linux.receive().len(), usize::from(num));
    (linux, link, endpoint)
}

/// What Linux got, and that nothing of it is what lay there.
fn got(linux: &Linux) -> Vec<Vec<u8>> {
    let got: Vec<_> = linux.receive().into_iter().map(|message| message.payload).collect();
    assert!(!got.iter().flatten().any(|byte| *byte == SECRET), "{got:x?}");
    got
}

#[test]
fn no_more_is_sent_than_was_written() {
    let (linux, link, endpoint) = used(1);
    for (written, len) in [(0, 1), (0, 496), (5, 6), (5, 496), (495, 496)] {
        let mut grant = link.grant().unwrap();
        grant.write(0, &vec![1; written]).unwrap();
        assert_eq!(link.send_grant(&endpoint, PEER, grant, len), Err(SendError::Unwritten), "{len} of {written}");
        linux.send(PEER, 0x400, b"question");
        let (message, [mut grant]) = link.receive_with_grants::<1>().unwrap();
        grant.write(0, &vec![1; written]).unwrap();
        assert_eq!(message.reply(grant, len), Err(SendError::Unwritten), "{len} of {written}");
        assert_eq!((got(linux).len(), linux.free()), (0, 1));
    }
    // What is too long for any buffer is that, written or not.
    assert_eq!(link.send_grant(&endpoint, PEER, link.grant().unwrap(), 497), Err(SendError::TooLong));
    assert_eq!(link.send_grant(&endpoint, PEER, link.grant().unwrap(), usize::MAX), Err(SendError::TooLong));
    assert_eq!(link.send_to(&endpoint, PEER, b"still"), Ok(()));
    assert_eq!(got(linux), [b"still"]);
}

#[test]
fn less_than_was_written_may_be_sent() {
    let (linux, link, endpoint) = used(1);
    for len in [0, 1, 7, 8] {
        let mut grant = link.grant().unwrap();
        grant.write(0, &[1; 8]).unwrap();
        assert_eq!(link.send_grant(&endpoint, PEER, grant, len), Ok(()));
        assert_eq!(got(linux), [vec![1; len]]);
    }
}

#[test]
fn a_message_may_be_written_in_any_order_and_what_is_left_out_is_zero() {
    let (linux, link, endpoint) = used(1);
    // The body before its header, as where that holds a sum of it.
    let mut grant = link.grant().unwrap();
    grant.write(3, b"body").unwrap();
    grant.write(0, b"sum").unwrap();
    link.send_grant(&endpoint, PEER, grant, 7).unwrap();
    assert_eq!(got(linux), [b"sumbody"]);
    for (first, second) in [(0, 1), (1, 2), (2, 5), (4, 8), (7, 300), (8, 494)] {
        let mut grant = link.grant().unwrap();
        grant.write(first, &[1; 2]).unwrap();
        grant.write(second, &[2; 2]).unwrap();
        let mut expected = vec![0; second + 2];
        expected[first..first + 2].fill(1);
        expected[second..].fill(2);
        link.send_grant(&endpoint, PEER, grant, second + 2).unwrap();
        assert_eq!(got(linux), [expected]);
    }
}

#[test]
fn what_was_copied_from_a_message_counts_as_written() {
    let (linux, link, _) = used(1);
    for (to, from, len) in [(0, 0, 8), (3, 0, 8), (8, 4, 4), (488, 0, 8)] {
        linux.send(PEER, 0x400, b"question");
        let (message, [mut grant]) = link.receive_with_grants::<1>().unwrap();
        grant.copy(to, &message, from, len).unwrap();
        message.reply(grant, to + len).unwrap();
        let expected = [vec![0; to], b"question"[from..from + len].to_vec()].concat();
        assert_eq!(got(linux), [expected]);
    }
    linux.send(PEER, 0x400, b"question");
    let (message, [mut grant]) = link.receive_with_grants::<1>().unwrap();
    assert_eq!(grant.copy(0, &message, 4, 5), Err(SendError::TooLong));
    assert_eq!(grant.copy(493, &message, 0, 4), Err(SendError::TooLong));
    assert_eq!(message.reply(grant, 1), Err(SendError::Unwritten), "nothing was copied");
    assert_eq!(got(linux).len(), 0);
}

#[test]
fn what_does_not_fit_is_not_written() {
    let (linux, link, endpoint) = used(1);
    let mut grant = link.grant().unwrap();
    assert_eq!(grant.write(0, &[1; 497]), Err(SendError::TooLong));
    assert_eq!(grant.write(496, &[1]), Err(SendError::TooLong));
    assert_eq!(grant.write(usize::MAX, &[1]), Err(SendError::TooLong));
    assert_eq!(grant.write(usize::MAX, &[]), Err(SendError::TooLong));
    assert_eq!(link.send_grant(&endpoint, PEER, grant, 1), Err(SendError::Unwritten));
    assert_eq!(got(linux).len(), 0);
}

#[test]
fn a_grant_that_came_back_unsent_begins_with_nothing_written() {
    let (linux, link, endpoint) = used(1);
    let mut grant = link.grant().unwrap();
    grant.write(0, &[SECRET; 100]).unwrap();
    drop(grant);
    let mut grant = link.grant().unwrap();
    grant.write(0, b"own").unwrap();
    assert_eq!(link.send_grant(&endpoint, PEER, grant, 100), Err(SendError::Unwritten));
    let mut grant = link.grant().unwrap();
    grant.write(50, b"own").unwrap();
    link.send_grant(&endpoint, PEER, grant, 53).unwrap();
    assert_eq!(got(linux), [[&[0; 50], &b"own"[..]].concat()]);
}

/// Linux says how long its buffers are; a header counts no more than 16 bits.
#[test]
fn a_buffer_that_is_said_to_be_longer_than_a_header_can_count_takes_no_more() {
    let (linux, link, endpoint) = ready(1);
    linux.set_desc(0, 0, linux.buffer(0, 0), 0x8_0000, 2);
    let mut grant = link.grant().unwrap();
    assert_eq!(grant.capacity(), 0xffff);
    let _ = grant.write(0, &vec![1; 0x1_0000]);
    assert_eq!(link.send_grant(&endpoint, PEER, grant, 0x1_0000), Err(SendError::TooLong));
    assert_eq!(linux.receive(), []);
}
