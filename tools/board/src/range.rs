// SPDX-License-Identifier: MIT OR Apache-2.0
//! A range of addresses that cannot wrap.

use std::fmt;

/// `size` bytes from `start`; the end may be 2^32, hence the wider arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// First address.
    pub start: u32,
    /// Number of bytes.
    pub size: u32,
}

impl Range {
    /// `size` bytes from `start`.
    pub const fn new(start: u32, size: u32) -> Self {
        Self { start, size }
    }

    /// The address behind the last byte.
    pub const fn end(&self) -> u64 {
        self.start as u64 + self.size as u64
    }

    /// Whether all of `other` is inside.
    pub const fn contains(&self, other: &Range) -> bool {
        self.start <= other.start && other.end() <= self.end()
    }

    /// Whether at least one byte is in both.
    pub const fn overlaps(&self, other: &Range) -> bool {
        self.size > 0 && other.size > 0 && (self.start as u64) < other.end() && (other.start as u64) < self.end()
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.size == 0 {
            return write!(f, "{:#010x} (empty)", self.start);
        }
        write!(f, "{:#010x}..={:#010x}", self.start, self.end() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn ends_at_the_top_of_the_address_space() {
        let top = Range::new(0xffff_f000, 0x1000);
        assert_eq!(top.end(), 1 << 32);
        assert!(top.contains(&Range::new(0xffff_fffc, 4)));
        assert!(!top.contains(&Range::new(0xffff_fffc, 8)));
    }

    #[test]
    fn neighbours_and_empty_ranges_do_not_overlap() {
        let a = Range::new(0x1000, 0x1000);
        assert!(!a.overlaps(&Range::new(0x2000, 1)));
        assert!(!a.overlaps(&Range::new(0x1800, 0)));
        assert!(a.overlaps(&Range::new(0x1fff, 1)));
        assert!(a.overlaps(&Range::new(0, 0x1001)));
    }
}
