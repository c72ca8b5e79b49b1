// SPDX-License-Identifier: MIT OR Apache-2.0
//! Refuses boards that cannot work.

mod carveouts;
mod core;
mod cortex_m;
mod hifi4;
mod link;
mod memory;
mod owner;
mod ram;
mod registers;
mod rings;
mod translation;

use crate::problem::Problem;
use crate::source::Source;
use crate::{Board, Range};

/// All problems of a file, in the order of its lines.
pub(crate) fn check(mut board: Board, source: &Source<'_>) -> Result<Board, Vec<Problem>> {
    let mut check = Check { source, problems: Vec::new() };
    check.identity(&board);
    if !core::is_consistent(&board, &mut check) {
        return Err(check.in_order());
    }
    core::check(&board, &mut check);
    translation::check(&board, &mut check);
    memory::check(&board, &mut check);
    carveouts::check(&mut board, &mut check);
    hifi4::check(&board, &mut check);
    cortex_m::check(&board, &mut check);
    ram::check(&board, &mut check);
    rings::check(&board, &mut check);
    link::check(&board, &mut check);
    registers::check(&board, &mut check);
    owner::check(&board, &mut check);
    if check.problems.is_empty() { Ok(board) } else { Err(check.in_order()) }
}

/// Collects refusals.
struct Check<'a> {
    source: &'a Source<'a>,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn in_order(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|p| p.line);
        self.problems
    }

    fn refuse(&mut self, path: impl AsRef<str>, what: impl Into<String>, instead: impl Into<String>) {
        let problem = self.source.problem(path.as_ref(), what.into(), instead.into());
        self.problems.push(problem);
    }

    fn identity(&mut self, board: &Board) {
        let stem = self.source.stem();
        if board.name != stem {
            self.refuse(
                "name",
                format!("'{}' is not the file's name", board.name),
                format!("write \"{stem}\" or rename the file"),
            );
        }
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if board.name.is_empty() || !board.name.bytes().all(plain) {
            self.refuse(
                "name",
                format!("'{}' cannot be part of paths and commands", board.name),
                "write lower-case letters, digits and hyphens only",
            );
        }
    }

    /// Whether the range has some bytes, ends at 2^32 at most and keeps to words.
    fn is_sane(&mut self, range: &Range, path: &str, address: &str) -> bool {
        let before = self.problems.len();
        if range.size == 0 {
            self.refuse(format!("{path}.size"), "is 0", "write its size in bytes or remove the table");
        }
        if range.end() > 1 << 32 {
            self.refuse(
                format!("{path}.size"),
                format!("{:#x} bytes from {:#010x} end behind the 32-bit address space", range.size, range.start),
                format!("write {:#x} or less", (1u64 << 32) - u64::from(range.start)),
            );
        }
        for (field, value) in [(address, range.start), ("size", range.size)] {
            if value % 4 != 0 {
                self.refuse(
                    format!("{path}.{field}"),
                    format!("{value:#x} is not a multiple of 4"),
                    format!("write {:#x}", value & !3),
                );
            }
        }
        self.problems.len() == before
    }
}

/// The cache line to align to; one byte when the file's value is refused anyway, so that it is refused once.
fn line(board: &Board) -> u32 {
    let line = board.cpu.dcache_line;
    if line.is_power_of_two() { line } else { 1 }
}

/// Ranges for a message.
fn listed(ranges: impl Iterator<Item = Range>) -> String {
    ranges.map(|range| range.to_string()).collect::<Vec<_>>().join(", ")
}
