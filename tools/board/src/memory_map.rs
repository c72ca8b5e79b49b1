// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a firmware wants of a board's memory, for scripts to compare with what Linux has.

use std::fmt::Write;

use crate::{Board, Range};

/// `PT_LOAD`.
const LOADABLE: u32 = 1;

impl Board {
    /// A line each for the carveouts and for those segments of the ELF that are outside the core's own memory, with
    /// Linux's addresses:
    ///
    /// ```text
    /// carveout ROLE NAME ADDRESS SIZE [own]
    /// segment ADDRESS SIZE
    /// ```
    ///
    /// A carveout in the core's own memory is `own`: no RAM of Linux's. `None` if the bytes are no 32-bit ELF.
    pub fn memory_map(&self, elf: &[u8]) -> Option<String> {
        let mut out = String::new();
        for c in &self.carveouts {
            let own = if self.is_own(&c.linux_range()) { " own" } else { "" };
            // Writing to a String cannot fail.
            let _ = writeln!(out, "carveout {} {} {:#010x} {:#x}{own}", c.role.name(), c.name, c.linux, c.size);
        }
        for segment in loadable(elf)? {
            let linux = self.linux_of_device(&segment).map(|start| Range::new(start, segment.size));
            if let Some(linux) = linux.filter(|linux| !self.is_own(linux)) {
                let _ = writeln!(out, "segment {:#010x} {:#x}", linux.start, linux.size);
            }
        }
        Some(out)
    }

    /// Whether Linux's driver knows these addresses of Linux as the core's own memory.
    pub(crate) fn is_own(&self, linux: &Range) -> bool {
        self.translation.iter().any(|row| row.own && row.linux_range().contains(linux))
    }
}

/// The device addresses to which a loader puts something, by the program headers.
fn loadable(elf: &[u8]) -> Option<Vec<Range>> {
    let half = |at: usize| Some(u16::from_le_bytes(elf.get(at..at + 2)?.try_into().ok()?));
    let word = |at: usize| Some(u32::from_le_bytes(elf.get(at..at.checked_add(4)?)?.try_into().ok()?));
    if !elf.starts_with(b"\x7fELF\x01\x01") {
        return None;
    }
    let (first, each, number) = (word(28)? as usize, usize::from(half(42)?), usize::from(half(44)?));
    let mut ranges = Vec::new();
    for at in (0..number).map(|i| first.checked_add(i * each)) {
        let field = |n: usize| word(at?.checked_add(4 * n)?);
        let [kind, paddr, memsz] = [field(0)?, field(3)?, field(5)?];
        if kind == LOADABLE && memsz > 0 {
            ranges.push(Range::new(paddr, memsz));
        }
    }
    Some(ranges)
}
