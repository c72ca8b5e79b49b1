// SPDX-License-Identifier: MIT OR Apache-2.0
//! The desk check: whether a firmware ELF would be loaded and started on a board.
//!
//! Linux's loaders have rules of their own, and answer most mistakes with `-22` or `-110` on the board.
//! [`check`] applies the same rules on the desk, to the bytes of the ELF, for a board known from its file.
//! Each rule is a [`Rule`]; what breaks one is a [`Finding`] that says where, what Linux would say, and what
//! to do.

#![forbid(unsafe_code)]

mod bytes;
mod entries;
mod finding;
mod image;
mod report;
mod sections;
mod segments;
mod start;
mod table;

use imx_rpmsg_board::Board;

pub use finding::{Finding, Rule, Severity};

use finding::Findings;
use image::Image;
use table::Table;

/// What became of an ELF.
#[derive(Debug)]
pub struct Outcome {
    /// All findings, none first found hiding another.
    pub findings: Vec<Finding>,
    /// Segments and resource table in words; only when there is no error.
    pub report: Option<String>,
}

impl Outcome {
    /// Whether nothing stands against loading the ELF.
    pub fn is_fit(&self) -> bool {
        self.count(Severity::Error) == 0
    }

    /// The number of findings of that severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|f| f.severity == severity).count()
    }
}

/// Checks the bytes of an ELF against all rules of the board.
pub fn check(board: &Board, elf: &[u8]) -> Outcome {
    let mut findings = Findings::new(board);
    let report = Image::parse(board, elf, &mut findings).map(|image| {
        segments::check(board, &image, &mut findings);
        start::check(board, &image, &mut findings);
        sections::check(board, &image, &mut findings);
        let table = Table::check(board, &image, &mut findings);
        report::render(board, &image, table.as_ref())
    });
    let mut outcome = Outcome { findings: findings.into_vec(), report: None };
    if outcome.is_fit() {
        outcome.report = report;
    }
    outcome
}
