// SPDX-License-Identifier: MIT OR Apache-2.0
//! What all Cortex-M cores have in common (Armv7-M and Armv8-M architecture reference manuals), and the memory
//! that theirs must not cache.

use crate::{Board, CarveoutRole, Core, Range};

/// Words of the vector table before the first external interrupt: initial stack pointer and 15 exceptions.
pub const CORTEX_M_EXCEPTIONS: u32 = 16;

/// External interrupts that the NVIC of any Cortex-M here can have: 240 (Armv7-M), 480 (Armv8-M).
pub(crate) const fn most_interrupts(core: Core) -> u32 {
    if matches!(core, Core::CortexM33) { 480 } else { 240 }
}

/// Bytes of the smallest region of the MPU, and the multiple that regions of Armv8-M keep to.
pub(crate) const MPU_GRANULE: u32 = 32;

/// Bytes of the vector table of a core with that many external interrupts.
pub const fn vector_table_bytes(interrupts: u32) -> u32 {
    4 * (CORTEX_M_EXCEPTIONS + interrupts)
}

impl Board {
    /// Memory that Linux and the core share and a cache could come between, as regions for the core's MPU: rings,
    /// buffers and resource table, but not what is in the core's own memory, which no cache covers. Pools are not
    /// among them, and without an MPU there are none.
    ///
    /// Regions of Armv7-M are powers of two that start on a multiple of their size, so what neighbours make up is
    /// cut into such; Armv8-M takes it whole.
    pub fn uncached(&self) -> Vec<Range> {
        if self.cortex_m.as_ref().is_none_or(|cortex_m| cortex_m.mpu_regions == 0) {
            return Vec::new();
        }
        let own = |range: &Range| {
            let row = self.translation_of_device(range).filter(|row| row.own);
            row.is_some_and(|row| self.memory.iter().any(|m| row.device_range().contains(&m.range())))
        };
        let shared = self.carveouts.iter().filter(|c| c.role != CarveoutRole::Pool);
        let mut ranges: Vec<Range> = shared.map(|c| c.device_range()).filter(|r| !own(r)).collect();
        ranges.sort_by_key(|r| r.start);
        ranges.dedup_by(|next, range| {
            let joins = range.end() == u64::from(next.start);
            if joins {
                range.size += next.size;
            }
            joins
        });
        match self.core {
            Core::CortexM33 => ranges,
            _ => ranges.into_iter().flat_map(powers_of_two).collect(),
        }
    }
}

/// The fewest ranges that make up `range`, each a power of two that starts on a multiple of its size.
fn powers_of_two(range: Range) -> Vec<Range> {
    let (mut start, end) = (u64::from(range.start), range.end());
    let mut pieces = Vec::new();
    while start < end {
        let largest = 1 << (end - start).ilog2();
        let aligned = if start == 0 { largest } else { 1 << start.trailing_zeros() };
        let size = u64::min(largest, aligned);
        // Both are inside `range`, but for the size of all 2^32 bytes, which no range has.
        pieces.push(Range::new(start as u32, size as u32));
        start += size;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::powers_of_two;
    use crate::Range;

    fn pieces(start: u32, size: u32) -> Vec<(u32, u32)> {
        powers_of_two(Range::new(start, size)).iter().map(|r| (r.start, r.size)).collect()
    }

    #[test]
    fn what_is_a_power_of_two_on_its_own_stays_whole() {
        assert_eq!(pieces(0x5540_0000, 0x10_0000), [(0x5540_0000, 0x10_0000)]);
        assert_eq!(pieces(0, 0x20), [(0, 0x20)]);
        assert_eq!(pieces(0x8000_0000, 0x8000_0000), [(0x8000_0000, 0x8000_0000)]);
    }

    #[test]
    fn what_is_off_its_size_is_cut_up() {
        assert_eq!(
            pieces(0x8802_0000, 0x10_0000),
            [(0x8802_0000, 0x2_0000), (0x8804_0000, 0x4_0000), (0x8808_0000, 0x8_0000), (0x8810_0000, 0x2_0000)]
        );
        assert_eq!(pieces(0x60, 0x60), [(0x60, 0x20), (0x80, 0x40)]);
        assert_eq!(pieces(0xffff_fff0, 0x10), [(0xffff_fff0, 0x10)]);
    }
}
