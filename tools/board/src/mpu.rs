// SPDX-License-Identifier: MIT OR Apache-2.0
//! The regions of a Cortex-M's MPU.

use crate::cortex_m::{MPU_GRANULE, vector_table_bytes};
use crate::{Board, Core, MemoryRole, Range};

/// What a core may do with the memory of a region, and what kind of memory it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MpuAccess {
    /// Shared with Linux: read and written, never cached.
    Shared,
    /// Registers: read and written, in order, one by one.
    Device,
    /// Read and written, no code.
    Data,
    /// Read and run.
    Code,
    /// No access. Armv8-M cannot forbid reading, so there it is read-only.
    Nothing,
}

/// A region of the MPU. Where two of Armv7-M overlap, the later one counts; those of Armv8-M do not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MpuRegion {
    /// First address.
    pub start: u32,
    /// Last address.
    pub last: u32,
    /// Eighths that are left out, the lowest by bit 0; 0 on Armv8-M.
    pub without: u8,
    /// What may be done.
    pub access: MpuAccess,
}

/// Bytes at the stack's end that nobody may touch on Armv7-M, where a region starts on a multiple of its size. On Armv8-M
/// MSPLIM does better.
pub(crate) const GUARD: u32 = 256;

/// What a null pointer to a structure reaches, where there is nothing.
const NULL: Range = Range::new(0, 0x1_0000);

/// Where the architecture's memory map has memory that code may be run from (ARMv7-M Architecture Reference Manual,
/// B3.1; that of ARMv8-M is the same).
const MEMORY: [Range; 2] = [Range::new(0, 0x4000_0000), Range::new(0x6000_0000, 0x4000_0000)];

/// [`MEMORY`] as one region of Armv7-M: of the whole address space without the eighths of peripherals and system.
const ALL_MEMORY: MpuRegion = MpuRegion { start: 0, last: !0, without: 0b1110_0100, access: MpuAccess::Data };

/// The largest and the smallest range around a register that is mapped as Device memory.
const MOST_REGISTERS: u32 = 0x800_0000;
const LEAST_REGISTERS: u32 = 0x1000;

impl MpuRegion {
    fn new(range: Range, access: MpuAccess) -> Self {
        // No range is empty, nor all 2^32 bytes.
        Self { start: range.start, last: range.start + (range.size - 1), without: 0, access }
    }
}

impl Board {
    /// The regions of the core's MPU, no more than it has. First comes what must not be cached
    /// ([`uncached`](Self::uncached)); then, as far as regions are left: registers that the architecture takes for memory;
    /// read-only code, with all other memory non-executable; the null pointer; the stack's end (Armv7-M).
    pub fn mpu(&self) -> Vec<MpuRegion> {
        let regions = self.cortex_m.as_ref().map_or(0, |cortex_m| cortex_m.mpu_regions as usize);
        match self.core {
            Core::CortexM33 => self.mpu_v8(regions),
            _ => self.mpu_v7(regions),
        }
    }

    /// Bytes at the stack's end that the MPU guards.
    pub fn stack_guard(&self) -> u32 {
        let stack = self.memory(MemoryRole::Stack).map(|stack| stack.address);
        let guards = |region: &MpuRegion| region.access == MpuAccess::Nothing && Some(region.start) == stack;
        if self.mpu().iter().any(guards) { GUARD } else { 0 }
    }

    fn mpu_v7(&self, regions: usize) -> Vec<MpuRegion> {
        let shared = self.shared();
        let mut room = regions.saturating_sub(shared.len());
        let mut take = |wanted: Vec<MpuRegion>| {
            let fits = wanted.len() <= room;
            room -= if fits { wanted.len() } else { 0 };
            if fits { wanted } else { Vec::new() }
        };
        let devices = take(self.devices());
        let code = take(self.code_v7().map_or(Vec::new(), |code| vec![ALL_MEMORY, code]));
        let null = if code.is_empty() { None } else { self.null() };
        let null = take(null.into_iter().map(|range| MpuRegion::new(range, MpuAccess::Nothing)).collect());
        let stack = self.memory(MemoryRole::Stack);
        let guard =
            take(stack.map(|s| MpuRegion::new(Range::new(s.address, GUARD), MpuAccess::Nothing)).into_iter().collect());
        // The later region counts, so the one for all memory comes first.
        let (memory, code) = code.split_at(code.len().min(1));
        [memory, &devices, &shared, code, &null, &guard].concat()
    }

    fn mpu_v8(&self, regions: usize) -> Vec<MpuRegion> {
        let shared = self.shared();
        let with_devices = [shared.clone(), self.devices()].concat();
        let code = self.memory(MemoryRole::Code).map(|code| code.range());
        let code = code.filter(|c| c.start % MPU_GRANULE == 0 && c.size % MPU_GRANULE == 0 && c.start != 0);
        let with_code = code.map(|code| {
            let mut special = with_devices.clone();
            special.push(MpuRegion::new(code, MpuAccess::Code));
            special
        });
        let with_null = with_code.clone().zip(self.null()).map(|(mut special, null)| {
            special.push(MpuRegion::new(null, MpuAccess::Nothing));
            special
        });
        [with_null.map(with_gaps), with_code.map(with_gaps), Some(with_devices), Some(shared)]
            .into_iter()
            .flatten()
            .find(|wanted| wanted.len() <= regions)
            .unwrap_or_default()
    }

    fn shared(&self) -> Vec<MpuRegion> {
        self.uncached().into_iter().map(|range| MpuRegion::new(range, MpuAccess::Shared)).collect()
    }

    /// Registers that the architecture takes for memory, which may be read ahead and written late.
    fn devices(&self) -> Vec<MpuRegion> {
        let setup = self.setup.iter().map(|setup| setup.address);
        let registers = setup.chain([self.mailbox.base]).chain(self.uart.iter().map(|uart| uart.base));
        let mut ranges: Vec<Range> = Vec::new();
        for register in registers.filter(|&at| MEMORY.iter().any(|m| m.contains(&Range::new(at, 4)))) {
            if ranges.iter().any(|range| range.contains(&Range::new(register, 4))) {
                continue;
            }
            let sizes = core::iter::successors(Some(MOST_REGISTERS), |size| Some(size / 2));
            let around = sizes
                .take_while(|&size| size >= LEAST_REGISTERS)
                .map(|size| Range::new(register & !(size - 1), size))
                .find(|range| !self.is_taken(range, None));
            ranges.extend(around);
        }
        ranges.into_iter().map(|range| MpuRegion::new(range, MpuAccess::Device)).collect()
    }

    /// One region for the memory of code, if nothing else of the board is in it.
    fn code_v7(&self) -> Option<MpuRegion> {
        let code = self.memory(MemoryRole::Code)?.range();
        let sizes = core::iter::successors(Some(256_u32), |size| size.checked_mul(2));
        let region = sizes.map(|size| Range::new(code.start & !(size - 1), size)).find(|r| r.contains(&code))?;
        let eighths = (0..8).map(|i| Range::new(region.start + region.size / 8 * i, region.size / 8));
        let mut without = 0;
        for (i, eighth) in eighths.enumerate() {
            if !eighth.overlaps(&code) {
                without |= 1 << i;
            } else if self.is_taken(&eighth, Some(MemoryRole::Code)) {
                return None;
            }
        }
        Some(MpuRegion { without, ..MpuRegion::new(region, MpuAccess::Code) })
    }

    /// What a null pointer reaches. That is the vector table where code starts at 0: exceptions take their vectors
    /// from it whatever the MPU says (ARMv7-M Architecture Reference Manual, B3.5.1), and nothing else reads it.
    fn null(&self) -> Option<Range> {
        if self.memory(MemoryRole::Code)?.address == 0 {
            let table = vector_table_bytes(self.mailbox.interrupt + 1);
            return Some(Range::new(0, 1 << table.ilog2()));
        }
        (!self.is_taken(&NULL, None)).then_some(NULL)
    }

    /// Whether any memory of the board file is there, but for that of one role.
    fn is_taken(&self, range: &Range, but: Option<MemoryRole>) -> bool {
        let memory = self.memory.iter().filter(|m| but.is_none() || m.role != but).map(|m| m.range());
        memory.chain(self.carveouts.iter().map(|c| c.device_range())).any(|taken| taken.overlaps(range))
    }
}

/// Fills up [`MEMORY`] around what is in it.
fn with_gaps(mut regions: Vec<MpuRegion>) -> Vec<MpuRegion> {
    regions.sort_by_key(|region| region.start);
    let mut gaps = Vec::new();
    for memory in MEMORY {
        let mut at = u64::from(memory.start);
        let ends = regions.iter().map(|r| (u64::from(r.start), u64::from(r.last) + 1)).chain([(memory.end(), 0)]);
        for (start, end) in ends {
            let until = start.min(memory.end());
            if at < until {
                // Both are inside `memory`.
                let gap = Range::new(at as u32, (until - at) as u32);
                gaps.push(MpuRegion::new(gap, MpuAccess::Data));
            }
            at = at.max(end);
        }
    }
    regions.extend(gaps);
    regions.sort_by_key(|region| region.start);
    regions
}
