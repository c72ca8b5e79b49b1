// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the peer can get wrong.
#![forbid(unsafe_code)]

/// A mistake of the peer in something it put into a ring, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PeerError {
    /// The avail index is more than a ring ahead of what was taken: the ring is not to be trusted and
    /// the link waits for a reset.
    IndexJump,
    /// An avail entry names a descriptor that does not exist; skipped, as there is no buffer to return.
    DescriptorId,
    /// An avail entry names a buffer that we already hold; skipped, so that it is returned once.
    InFlight,
    /// A descriptor is chained, indirect or of the wrong direction. The buffer of a message is returned. One that was lent
    /// for our messages is kept until its descriptor is good, as Linux would take it for a message. The same holds for the
    /// next two.
    DescriptorFlags,
    /// A descriptor's memory is not shared memory of the board.
    BufferAddress,
    /// A buffer of Linux's has no room for the 16-byte header, or one for us has less than the 512 bytes that
    /// every message may take.
    BufferLength,
    /// A header says that the payload is longer than its buffer; the buffer is returned.
    HeaderLength,
    /// A message to the name service is no announcement; its buffer is returned.
    Announcement,
}

impl PeerError {
    /// All kinds, in the order of their counters.
    pub const ALL: [Self; 8] = [
        Self::IndexJump,
        Self::DescriptorId,
        Self::InFlight,
        Self::DescriptorFlags,
        Self::BufferAddress,
        Self::BufferLength,
        Self::HeaderLength,
        Self::Announcement,
    ];

    /// Whether the ring can no longer be trusted.
    pub const fn is_fatal(self) -> bool {
        matches!(self, Self::IndexJump)
    }

    /// The kind in a few words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IndexJump => "avail index jumped",
            Self::DescriptorId => "descriptor number out of range",
            Self::InFlight => "buffer lent twice",
            Self::DescriptorFlags => "descriptor flags",
            Self::BufferAddress => "buffer outside shared memory",
            Self::BufferLength => "buffer too short",
            Self::HeaderLength => "payload longer than its buffer",
            Self::Announcement => "malformed announcement",
        }
    }
}

/// Why a ring that Linux described was not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttachError {
    /// The number of descriptors is no power of two up to [`MAX_NUM`](super::MAX_NUM).
    Num(u32),
    /// The alignment is no power of two of at least 4 bytes.
    Align(u32),
    /// The ring is not aligned or not inside the shared memory of the board; the address is Linux's.
    Address(u32),
    /// The ring shares memory with the other one of its link.
    Overlap,
    /// What the ring says of buffers that were lent and given back before contradicts itself, or does not tell which
    /// of them are outstanding: an earlier firmware held some of them longer than later ones, and the driver does not lend
    /// in Linux's order.
    History,
}

impl core::fmt::Display for AttachError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Num(num) => write!(f, "{num} descriptors: not a power of two up to 256"),
            Self::Align(align) => write!(f, "alignment {align}: not a power of two from 4 up"),
            Self::Address(at) => {
                write!(f, "ring at {at:#x} is not aligned, or outside the carveouts of the board file")
            }
            Self::Overlap => f.write_str("it overlaps the other ring"),
            Self::History => f.write_str("its indices or entries contradict each other, or do not tell what is lent"),
        }
    }
}

impl core::error::Error for AttachError {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::string::ToString;

    #[test]
    fn every_mistake_has_words_of_its_own() {
        let words: BTreeSet<_> = PeerError::ALL.into_iter().map(PeerError::as_str).collect();
        assert_eq!(words.len(), PeerError::ALL.len());
        assert!(PeerError::ALL.into_iter().enumerate().all(|(i, kind)| kind as usize == i));
    }

    #[test]
    fn a_refusal_names_what_was_refused() {
        assert!(AttachError::Num(300).to_string().starts_with("300 descriptors"));
        assert!(AttachError::Align(3).to_string().starts_with("alignment 3"));
        assert!(AttachError::Address(0x9240_0000).to_string().starts_with("ring at 0x92400000"));
        assert!(AttachError::Overlap.to_string().contains("overlaps"));
        assert!(AttachError::History.to_string().contains("contradict"));
    }
}
