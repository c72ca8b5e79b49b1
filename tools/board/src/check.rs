// SPDX-License-Identifier: MIT OR Apache-2.0
//! Refuses boards that cannot work.

mod core;
mod link;
mod memory;
mod rings;

use crate::Board;
use crate::problem::Problem;
use crate::source::Source;

/// All problems of a file, in the order of its lines.
pub(crate) fn check(mut board: Board, source: &Source<'_>) -> Result<Board, Vec<Problem>> {
    let mut check = Check { source, problems: Vec::new() };
    check.identity(&board);
    memory::check(&mut board, &mut check);
    core::check(&board, &mut check);
    rings::check(&board, &mut check);
    link::check(&board, &mut check);
    if check.problems.is_empty() {
        Ok(board)
    } else {
        check.problems.sort_by_key(|p| p.line);
        Err(check.problems)
    }
}

/// Collects refusals.
struct Check<'a> {
    source: &'a Source<'a>,
    problems: Vec<Problem>,
}

impl Check<'_> {
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
}

/// The cache line to align to; one byte when the file's value is refused anyway, so that it is refused once.
fn line(board: &Board) -> u32 {
    let line = board.cpu.dcache_line;
    if line.is_power_of_two() { line } else { 1 }
}
