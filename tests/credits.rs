// SPDX-License-Identifier: MIT OR Apache-2.0
//! examples/credits.rs: a reader gets what it has asked for and no more.
mod common;
#[path = "../examples/credits.rs"]
mod credits;

use common::{Linux, TestLink, events, ready};
use credits::Credits;
use imx_rpmsg::rpmsg::{Endpoint, Unbound};

const STREAM: u32 = 0x400;
const READER: u32 = 0x500;

/// The reader writes; then the firmware offers `offered` messages. How many went out, and to whom.
fn sent(
    linux: &'static Linux,
    link: &TestLink<'_>,
    stream: &Endpoint<Unbound>,
    credits: &mut Credits,
    asked: Option<(u32, Vec<u8>)>,
    offered: u8,
) -> Vec<u32> {
    if let Some((reader, bytes)) = asked {
        linux.send(reader, STREAM, &bytes);
    }
    while let Some(message) = link.receive() {
        credits.on_request(&message);
    }
    let accepted = (0..offered).filter(|&i| credits.offer(link, stream, &[i])).count();
    let received = linux.receive();
    assert_eq!(received.len(), accepted);
    received.into_iter().map(|message| message.dst).collect()
}

#[test]
fn a_reader_gets_what_it_has_asked_for_and_no_more() {
    let (linux, link, stream) = ready(256);
    let mut credits = Credits::default();
    let mut ask = |asked, offered| sent(linux, &link, &stream, &mut credits, asked, offered);
    assert_eq!(ask(None, 5), []);
    assert_eq!(ask(Some((READER, 2u32.to_le_bytes().to_vec())), 5), [READER; 2]);
    assert_eq!(ask(None, 5), []);
    assert_eq!(ask(Some((READER, 1u32.to_le_bytes().to_vec())), 0), []);
    assert_eq!(ask(Some((READER, 2u32.to_le_bytes().to_vec())), 5), [READER; 3]);
    // No number, and one that nobody can mean.
    assert_eq!(ask(Some((READER, b"abc".to_vec())), 5), []);
    assert_eq!(ask(Some((READER, u32::MAX.to_le_bytes().to_vec())), 2), [READER; 2]);
    assert_eq!(ask(Some((READER, u32::MAX.to_le_bytes().to_vec())), 255).len(), 255);
    assert_eq!(ask(None, 255).len(), 1);
}

#[test]
fn another_reader_inherits_nothing_and_neither_does_another_link() {
    let (linux, link, stream) = ready(256);
    let mut credits = Credits::default();
    let four = 4u32.to_le_bytes().to_vec();
    assert_eq!(sent(linux, &link, &stream, &mut credits, Some((READER, four.clone())), 1), [READER]);
    let one = 1u32.to_le_bytes().to_vec();
    assert_eq!(sent(linux, &link, &stream, &mut credits, Some((READER + 1, one)), 5), [READER + 1]);
    sent(linux, &link, &stream, &mut credits, Some((READER, four)), 0);
    linux.set_status(0);
    events(&link, true).into_iter().for_each(|event| credits.on_event(event));
    assert_eq!(sent(linux, &link, &stream, &mut credits, None, 5), []);
}
