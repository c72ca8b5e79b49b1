// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where a link's memory is.
#![forbid(unsafe_code)]

use crate::vring::{Offsets, RingAddress, SetUpError};
use crate::wire::header::LINUX_BUFFER_LEN;

/// Where rings and buffers lie and how many there are. No byte is in two of them.
///
/// Rings, used rings and buffers should each begin with a cache line of both cores, so that no line is
/// written by both.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Addresses of vring0, in which we receive, and vring1, in which we send; multiples of `align`.
    pub rings: [u32; 2],
    /// Alignment of the used rings in bytes.
    pub align: u32,
    /// Descriptors of each ring: a power of two up to 256.
    pub num: u16,
    /// Address of `2 * num` buffers of 512 bytes.
    pub buffers: u32,
}

/// Why a link was not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartError {
    /// This ring or its buffers cannot be where they should.
    Ring(usize, SetUpError),
    /// Two of rings and buffers share memory.
    Overlap,
    /// The device's table asks for another size or alignment of this ring.
    Table(usize, RingAddress),
}

impl core::fmt::Display for StartError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Ring(index, error) => write!(f, "vring{index}: {error}"),
            Self::Overlap => f.write_str("rings and buffers overlap"),
            Self::Table(index, RingAddress { align, num, .. }) => {
                write!(f, "the device's table wants {num} descriptors aligned to {align} in vring{index}")
            }
        }
    }
}

impl core::error::Error for StartError {}

impl Setup {
    /// Ring `index` with the address of its first buffer.
    pub(super) fn ring(&self, index: usize) -> (RingAddress, u32) {
        let num = u32::from(self.num);
        let buffers = self.buffers.wrapping_add(index as u32 * num * LINUX_BUFFER_LEN);
        (RingAddress { da: self.rings[index % 2], align: self.align, num }, buffers)
    }

    /// Whether no two of rings and buffers share memory. Sizes are as in a ring of any valid setup.
    pub(super) fn is_disjoint(&self) -> bool {
        // Two rings of more than 4 GiB would share memory wherever they began.
        let Some(Offsets { len, .. }) = Offsets::new(self.num, self.align.max(1)) else { return false };
        let (ring, buffers) = (u64::from(len), 2 * u64::from(self.num) * u64::from(LINUX_BUFFER_LEN));
        let parts = [(self.rings[0], ring), (self.rings[1], ring), (self.buffers, buffers)]
            .map(|(start, len)| (u64::from(start), u64::from(start) + len));
        [(0, 1), (0, 2), (1, 2)].into_iter().all(|(a, b)| parts[a].1 <= parts[b].0 || parts[b].1 <= parts[a].0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn a_refusal_names_the_ring_and_what_was_refused() {
        let asked = RingAddress { da: u32::MAX, align: 4096, num: 8 };
        let wanted = "the device's table wants 8 descriptors aligned to 4096 in vring1";
        assert_eq!(StartError::Table(1, asked).to_string(), wanted);
        let buffers = StartError::Ring(0, SetUpError::Buffers(0x9430_0000));
        assert!(buffers.to_string().starts_with("vring0: buffers at 0x94300000"));
    }
}
