// SPDX-License-Identifier: MIT OR Apache-2.0
//! Announcements: [`Announcement::parse`] against the layout alone, its round trip, and the same bytes
//! as a message to address 53.

use std::sync::Mutex;

use imx_rpmsg::rpmsg::Address;
use imx_rpmsg::vring::PeerError;
use imx_rpmsg::wire::name_service::{Announcement, Change, Name};

use crate::bus::Bus;
use crate::linux::TABLE;

/// What `struct rpmsg_ns_msg` says: name, address, whether it comes.
fn expected(bytes: &[u8]) -> Option<(&[u8], u32, bool)> {
    if bytes.len() != 40 {
        return None;
    }
    let name = bytes[..32].split(|&b| b == 0).next().filter(|name| (1..32).contains(&name.len()))?;
    let flags = u32::from_le_bytes(bytes[36..].try_into().ok()?);
    let addr = u32::from_le_bytes(bytes[32..36].try_into().ok()?);
    (flags < 2).then_some((name, addr, flags == 0))
}

fn check(bytes: &[u8]) -> bool {
    let found = Announcement::parse(bytes);
    assert_eq!(found.map(|a| (a.addr, a.change == Change::Create)), expected(bytes).map(|e| (e.1, e.2)));
    let Some(found) = found else { return false };
    let (name, ..) = expected(bytes).expect("just compared");
    assert_eq!(found.name.as_bytes(), name);
    let _ = (found.name.as_str(), format!("{found:?}"));
    let wire = found.to_bytes();
    assert_eq!(Announcement::parse(&wire), Some(found));
    assert!(wire[..32].iter().skip(name.len()).all(|&b| b == 0), "padding is not the peer's rest");
    if let Ok(text) = std::str::from_utf8(name) {
        assert_eq!(Name::new(text), Some(found.name));
    }
    true
}

/// Runs one input: announcements, each led by its length (40 for 255) and what its header claims beyond.
pub fn run(data: &[u8]) {
    let heard = Mutex::new(Vec::new());
    let hear = |announcement: &Announcement| heard.lock().expect("one thread").push(*announcement);
    let bus = Bus::new(&TABLE.bytes());
    let link = bus.link(None);
    let _endpoint = link.open_unannounced(Address::Dynamic).expect("a free slot");
    link.on_announcement(&hear);
    bus.linux.start(&bus.memory, 8, 64);
    while link.poll(true).is_some() {}
    let (mut announced, mut malformed, mut too_long) = (0, 0, 0);
    let mut rest = data;
    while let [len, claim, tail @ ..] = rest {
        let len = if *len == 255 { 40 } else { usize::from(*len) }.min(tail.len());
        let (bytes, next) = tail.split_at(len);
        rest = next;
        let good = check(bytes);
        let claim = (len + usize::from(*claim % 64)).saturating_sub(usize::from(*claim / 64));
        bus.linux.send(&bus.memory, 0x400, 53, claim as u16, len as u32, bytes);
        assert!(link.receive().is_none());
        if claim > len {
            too_long += 1;
        } else if claim == 40 && check(&bytes[..40]) {
            announced += 1;
        } else {
            malformed += 1;
        }
        let heard = std::mem::take(&mut *heard.lock().expect("one thread"));
        let told = (claim == 40 && len >= 40).then(|| Announcement::parse(&bytes[..40])).flatten();
        assert_eq!(heard, Vec::from_iter(told), "announcements heard");
        assert!(!good || claim != len || announced > 0);
        bus.linux.collect(&bus.memory);
        assert_eq!(bus.linux.free(), 8);
        bus.settle();
        let stats = link.stats();
        let counted =
            (stats.announcements(), stats.errors(PeerError::Announcement), stats.errors(PeerError::HeaderLength));
        assert_eq!(counted, (announced, malformed, too_long));
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let valid = (1..32).contains(&text.len()) && !data.contains(&0);
        let name = Name::new(text);
        assert_eq!(name.is_some(), valid);
        assert!(name.is_none_or(|name| name.as_bytes() == data && name.as_str() == text));
    }
}
