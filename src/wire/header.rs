// SPDX-License-Identifier: MIT OR Apache-2.0
//! The RPMsg header: the 16 bytes before every payload (`struct rpmsg_hdr`,
//! `drivers/rpmsg/virtio_rpmsg_bus.c`).
//!
//! ```text
//!  0        4        8         12    14      16
//!  +--------+--------+---------+-----+-------+----------
//!  |  src   |  dst   | reserved| len | flags | payload …
//!  +--------+--------+---------+-----+-------+----------
//! ```
#![forbid(unsafe_code)]

/// Size of the header in bytes.
pub const HEADER_LEN: u32 = 16;

/// Size in bytes of the buffers that Linux allocates (`MAX_RPMSG_BUF_SIZE`).
pub const LINUX_BUFFER_LEN: u32 = 512;

/// A header in private memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Address of the sender.
    pub src: u32,
    /// Address of the receiver.
    pub dst: u32,
    /// Bytes of payload behind the header.
    pub len: u16,
    /// Flags; none is defined, senders write 0.
    pub flags: u16,
}

impl Header {
    /// The header as the four little-endian words in memory, `reserved` being 0.
    #[inline(always)]
    pub const fn to_words(self) -> [u32; 4] {
        [self.src, self.dst, 0, self.len as u32 | (self.flags as u32) << 16]
    }

    /// The words that say something: all but `reserved`, which Linux ignores too.
    pub const USED_WORDS: [usize; 3] = [0, 1, 3];

    /// The header that the little-endian words of [`USED_WORDS`](Self::USED_WORDS) hold.
    #[inline(always)]
    pub const fn from_words([src, dst, last]: [u32; 3]) -> Self {
        Self { src, dst, len: last as u16, flags: (last >> 16) as u16 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_of_struct_rpmsg_hdr() {
        let header = Header { src: 0x0403_0201, dst: 0x35, len: 0x0201, flags: 0x0403 };
        let mut bytes = [0u8; HEADER_LEN as usize];
        for (chunk, word) in bytes.chunks_exact_mut(4).zip(header.to_words()) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        assert_eq!(bytes, [1, 2, 3, 4, 0x35, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]);
    }

    #[test]
    fn reserved_is_written_zero_and_read_as_nothing() {
        let header = Header { src: 1, dst: 2, len: 3, flags: 4 };
        let mut words = header.to_words();
        assert_eq!(words[2], 0);
        words[2] = 0xdead_beef;
        assert_eq!(Header::from_words(Header::USED_WORDS.map(|i| words[i])), header);
    }
}
