// SPDX-License-Identifier: MIT OR Apache-2.0
//! The name-service announcement: exactly 40 bytes to address 53 (`struct rpmsg_ns_msg`,
//! `include/linux/rpmsg/ns.h`).
//!
//! ```text
//!  0                32     36      40
//!  +----------------+------+-------+
//!  |  name, NUL-pad | addr | flags |
//!  +----------------+------+-------+
//! ```
#![forbid(unsafe_code)]

/// Address of the name service on either side (`RPMSG_NS_ADDR`).
pub const NAME_SERVICE_ADDR: u32 = 53;

/// Stands for no address or any address (`RPMSG_ADDR_ANY`). Linux delivers nothing to it and refuses to send from it.
pub const ADDR_ANY: u32 = 0xffff_ffff;

/// Size of an announcement in bytes; Linux refuses any other ("malformed ns msg").
pub const ANNOUNCEMENT_LEN: usize = 40;

/// The same in words of 4 bytes.
pub const ANNOUNCEMENT_WORDS: usize = ANNOUNCEMENT_LEN / 4;

/// Bytes of the name field (`RPMSG_NAME_SIZE`), at least one of which is NUL.
pub const NAME_LEN: usize = 32;

/// A channel name: 1 to 31 bytes without NUL, kept NUL-padded as on the wire.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Name([u8; NAME_LEN]);

impl Name {
    /// `text` as a channel name, or `None` when it is empty, longer than 31 bytes or holds a NUL.
    pub const fn new(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.is_empty() || bytes.len() >= NAME_LEN {
            return None;
        }
        let mut name = [0; NAME_LEN];
        let mut i = 0;
        while i < bytes.len() {
            if bytes[i] == 0 {
                return None;
            }
            name[i] = bytes[i];
            i += 1;
        }
        Some(Self(name))
    }

    /// The name up to its padding.
    pub fn as_bytes(&self) -> &[u8] {
        let end = self.0.iter().position(|&b| b == 0).unwrap_or(NAME_LEN);
        &self.0[..end]
    }

    /// The name as text; names announced by a peer may not be text and then read "?".
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or("?")
    }
}

impl core::fmt::Debug for Name {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// What an announcement says about the channel (`enum rpmsg_ns_flags`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The channel exists from now on (flags 0).
    Create,
    /// The channel is gone (flags 1).
    Destroy,
}

/// An announcement in private memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Name of the channel.
    pub name: Name,
    /// Address of the channel's endpoint on the announcing side.
    pub addr: u32,
    /// Whether it comes or goes.
    pub change: Change,
}

impl Announcement {
    /// The 40 bytes on the wire.
    pub fn to_bytes(&self) -> [u8; ANNOUNCEMENT_LEN] {
        let mut bytes = [0; ANNOUNCEMENT_LEN];
        bytes[..NAME_LEN].copy_from_slice(&self.name.0);
        bytes[32..36].copy_from_slice(&self.addr.to_le_bytes());
        bytes[36..].copy_from_slice(&(self.change as u32).to_le_bytes());
        bytes
    }

    /// What 40 bytes of the peer say, or `None` when they are no announcement: wrong size, a name
    /// that is empty or not terminated, or flags other than 0 and 1.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; ANNOUNCEMENT_LEN] = bytes.try_into().ok()?;
        let mut words = [0; ANNOUNCEMENT_WORDS];
        for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = bytes.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte));
        }
        Self::from_words(&words)
    }

    /// The same for the 40 bytes as ten little-endian words.
    pub fn from_words(words: &[u32; ANNOUNCEMENT_WORDS]) -> Option<Self> {
        let [.., addr, flags] = *words;
        let change = match flags {
            0 => Change::Create,
            1 => Change::Destroy,
            _ => return None,
        };
        // What follows the terminator is not kept.
        let mut name = [0; NAME_LEN];
        let mut ended = false;
        for (i, byte) in name.iter_mut().enumerate() {
            let said = (words[i / 4] >> (8 * (i % 4))) as u8;
            ended |= said == 0;
            *byte = if ended { 0 } else { said };
        }
        (ended && name[0] != 0).then_some(Self { name: Name(name), addr, change })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Announcement {
        Announcement { name: Name::new("rpmsg-tty").unwrap(), addr: 0x401, change: Change::Destroy }
    }

    #[test]
    fn the_bytes_are_those_of_struct_rpmsg_ns_msg() {
        let bytes = sample().to_bytes();
        assert_eq!(&bytes[..10], b"rpmsg-tty\0");
        assert!(bytes[10..32].iter().all(|&b| b == 0));
        assert_eq!(bytes[32..], [0x01, 0x04, 0, 0, 1, 0, 0, 0]);
        assert_eq!(Announcement::parse(&bytes), Some(sample()));
    }

    #[test]
    fn malformed_announcements_are_refused() {
        let good = sample().to_bytes();
        assert_eq!(Announcement::parse(&good[..39]), None);
        let mut unterminated = good;
        unterminated[..32].fill(b'a');
        assert_eq!(Announcement::parse(&unterminated), None);
        let mut empty = good;
        empty[0] = 0;
        assert_eq!(Announcement::parse(&empty), None);
        let mut flags = good;
        flags[36] = 2;
        assert_eq!(Announcement::parse(&flags), None);
    }

    #[test]
    fn what_follows_the_terminator_is_not_kept() {
        let mut bytes = sample().to_bytes();
        bytes[20] = b'x';
        assert_eq!(Announcement::parse(&bytes).unwrap().name, Name::new("rpmsg-tty").unwrap());
    }

    #[test]
    fn names_are_1_to_31_bytes_without_nul() {
        assert!(Name::new("").is_none());
        assert!(Name::new("a\0b").is_none());
        assert!(Name::new("0123456789012345678901234567890").is_some());
        assert!(Name::new("01234567890123456789012345678901").is_none());
    }
}
