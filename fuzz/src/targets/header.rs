// SPDX-License-Identifier: MIT OR Apache-2.0
//! Messages with any header through a link: what reaches the application is what Linux sent, and the
//! counters account for the rest.

use arbitrary::{Arbitrary, Unstructured};
use imx_rpmsg::rpmsg::{Address, SendError};
use imx_rpmsg::vring::PeerError;

use crate::bus::Bus;
use crate::linux::TABLE;

#[derive(Arbitrary)]
struct Input {
    src: u32,
    dst: u32,
    /// Chooses a destination that somebody has more often than chance would.
    known: u8,
    /// The payload's length according to the header.
    claim: u16,
    /// What the descriptor says beyond a header.
    room: u16,
    /// What the application reads and answers.
    from: u16,
    len: u16,
    fill: u8,
}

/// Runs one input: messages, one after the other.
pub fn run(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let bus = Bus::new(&TABLE.bytes());
    let link = bus.link(None);
    let _dynamic = link.open("fuzz", Address::Dynamic).expect("a free slot");
    let _fixed = link.open_unannounced(Address::Fixed(7)).expect("a free address");
    bus.linux.start(&bus.memory, 8, 64);
    while link.poll(true).is_some() {}
    assert_eq!(bus.linux.collect(&bus.memory).len(), 1);
    let (mut received, mut nobody, mut too_long) = (0, 0, 0);
    for _ in 0..64 {
        if input.len() < 19 {
            break;
        }
        let Ok(message) = input.arbitrary::<Input>() else { break };
        let dst = match message.known % 4 {
            0 => 0x400,
            1 => 7,
            2 => message.dst % 0x402,
            _ => message.dst,
        };
        // The name service has a target of its own.
        if dst == 53 {
            continue;
        }
        let room = u32::from(message.room % 497);
        let payload: Vec<u8> = (0..room).map(|i| message.fill.wrapping_add(i as u8)).collect();
        assert!(bus.linux.send(&bus.memory, message.src, dst, message.claim, room, &payload));
        let fits = u32::from(message.claim) <= room;
        let known = dst == 0x400 || dst == 7;
        match link.receive_with_grants::<1>() {
            Some((found, [mut grant])) => {
                assert!(fits && known);
                received += 1;
                assert_eq!((found.source(), found.len()), (message.src, message.claim.into()));
                let payload = &payload[..message.claim.into()];
                let (from, len) = (usize::from(message.from), usize::from(message.len % 600));
                let mut out = vec![0; len];
                let n = found.read(from, &mut out);
                assert_eq!(&out[..n], payload.get(from..).map_or(&[][..], |rest| &rest[..rest.len().min(len)]));
                let whole = payload.get(from..).is_some_and(|rest| len <= rest.len());
                assert_eq!(grant.copy(0, &found, from, len).is_ok(), whole && len <= 496);
                let sent = found.reply(grant, len);
                let expected = match len {
                    497.. => Err(SendError::TooLong),
                    1.. if !whole => Err(SendError::Unwritten),
                    _ => Ok(()),
                };
                assert_eq!(sent, expected);
                let replies = bus.linux.collect(&bus.memory);
                assert_eq!(replies.len(), usize::from(sent.is_ok()));
                if let Some((src, to, bytes)) = replies.first() {
                    assert_eq!((*src, *to, bytes.len()), (dst, message.src, len));
                    assert!(len == 0 || bytes[..] == payload[from..from + len]);
                }
            }
            None => {
                assert!(!(fits && known));
                if fits { nobody += 1 } else { too_long += 1 }
            }
        }
        bus.linux.collect(&bus.memory);
        assert_eq!(bus.linux.free(), 8, "each buffer came back");
        bus.settle();
        let stats = link.stats();
        assert_eq!((stats.received(), stats.nobody()), (received, nobody));
        assert_eq!(stats.errors(PeerError::HeaderLength), too_long);
        bus.compare(|kind| stats.errors(kind));
    }
    assert_eq!(link.poll(true), None);
    link.flush();
}
