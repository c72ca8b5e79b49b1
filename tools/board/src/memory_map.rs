// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a firmware wants of a board's memory, for scripts to compare with what Linux has.

use std::fmt::Write;

use crate::{Board, Range};

/// Linux reserves memory by pages.
const PAGE: u64 = 4096;

/// `PT_LOAD`.
const LOADABLE: u32 = 1;

impl Board {
    /// A line each for the carveouts and for those segments of the ELF that are outside the core's own memory, joined
    /// where no page is between them, with Linux's addresses:
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
        let linux = |segment: Range| Some(Range::new(self.linux_of_device(&segment)?, segment.size));
        let elsewhere = loadable(elf)?.into_iter().filter_map(linux).filter(|linux| !self.is_own(linux));
        for range in joined(elsewhere.collect()) {
            let _ = writeln!(out, "segment {:#010x} {:#x}", range.start, range.size);
        }
        Some(out)
    }

    /// Whether Linux's driver knows these addresses of Linux as the core's own memory.
    pub(crate) fn is_own(&self, linux: &Range) -> bool {
        self.translation.iter().any(|row| row.own && row.linux_range().contains(linux))
    }
}

/// What lies within a page of one another as one range.
fn joined(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort_by_key(|range| range.start);
    let mut joined: Vec<Range> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if u64::from(range.start) < last.end() + PAGE => {
                last.size = (range.end().max(last.end()) - u64::from(last.start)) as u32;
            }
            _ => joined.push(range),
        }
    }
    joined
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
