// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a device can get wrong, seen from the driver.
#![forbid(unsafe_code)]

use super::AttachError;

/// A mistake of the device in what it put into a used ring or a buffer, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum DeviceError {
    /// The used index is further ahead than buffers are lent: the ring is not to be trusted, and the link
    /// is down until it is started anew.
    IndexJump,
    /// A used entry names a descriptor that does not exist; skipped, as no buffer came back with it.
    DescriptorId,
    /// A used entry names a buffer that is not lent, such as one returned before; skipped, so that a buffer
    /// is lent or free once.
    NotLent,
    /// A used entry says that more was written than the buffer has, or less than the 16-byte header of a
    /// message; what is in the buffer is dropped, the buffer itself is good again.
    UsedLength,
    /// A header says that the payload is longer than what was written; the buffer is lent again.
    HeaderLength,
    /// A message to the name service is no announcement; its buffer is lent again.
    Announcement,
}

impl DeviceError {
    /// All kinds, in the order of their counters.
    pub const ALL: [Self; 6] =
        [Self::IndexJump, Self::DescriptorId, Self::NotLent, Self::UsedLength, Self::HeaderLength, Self::Announcement];

    /// Whether the ring can no longer be trusted.
    pub const fn is_fatal(self) -> bool {
        matches!(self, Self::IndexJump)
    }

    /// The kind in a few words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IndexJump => "used index jumped",
            Self::DescriptorId => "descriptor number out of range",
            Self::NotLent => "buffer returned that is not lent",
            Self::UsedLength => "used length",
            Self::HeaderLength => "payload longer than what was written",
            Self::Announcement => "malformed announcement",
        }
    }
}

impl core::fmt::Display for DeviceError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl core::error::Error for DeviceError {}

/// Why a ring was not set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetUpError {
    /// Size, alignment or address of the ring.
    Ring(AttachError),
    /// The buffers from this address on are not all shared memory, or not aligned to 4 bytes.
    Buffers(u32),
}

impl core::fmt::Display for SetUpError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Ring(error) => error.fmt(f),
            Self::Buffers(at) => write!(f, "buffers at {at:#x} are not aligned, or outside the shared memory"),
        }
    }
}

impl core::error::Error for SetUpError {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::string::ToString;

    #[test]
    fn every_mistake_has_words_of_its_own() {
        let words: BTreeSet<_> = DeviceError::ALL.into_iter().map(DeviceError::as_str).collect();
        assert_eq!(words.len(), DeviceError::ALL.len());
        assert!(DeviceError::ALL.into_iter().enumerate().all(|(i, kind)| kind as usize == i));
    }

    #[test]
    fn a_refusal_names_what_was_refused() {
        assert!(SetUpError::Ring(AttachError::Num(300)).to_string().starts_with("300 descriptors"));
        assert!(SetUpError::Buffers(0x9430_0000).to_string().starts_with("buffers at 0x94300000"));
    }
}
