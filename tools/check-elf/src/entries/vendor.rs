// SPDX-License-Identifier: MIT OR Apache-2.0
//! NXP's vendor entry: the driver need not wait for the ready doorbell.

use imx_rpmsg_board::{Board, Loader};

use super::{Entry, Place};
use crate::bytes::words_at;
use crate::finding::{Findings, Rule, SILENT};
use crate::image::Section;

/// The entry's bytes behind its type, as its own length field counts them.
const LEN: u32 = 16;

/// "nxps".
const MAGIC: u32 = 0x6e78_7073;

/// The features that the driver knows: do not wait for the doorbell.
const KNOWN_FEATURES: u32 = 1;

/// What the core of remoteproc says when the driver does not take the entry.
const UNSUPPORTED: &str = "\"unsupported vendor resource 128\"";

/// A vendor entry.
pub(crate) struct Vendor {
    pub(crate) magic: u32,
    pub(crate) features: u32,
}

impl Vendor {
    pub(crate) const fn is_nxp(&self) -> bool {
        self.magic == MAGIC
    }
}

pub(super) fn check(place: &Place<'_>, body: &[u8], findings: &mut Findings<'_>) -> Option<Vendor> {
    let Some([len, magic, version, features]) = words_at(body, 0) else {
        findings.add(
            Rule::EntryTruncated,
            place,
            "it ends behind the end of the table",
            format!("{UNSUPPORTED}, and ignores the entry"),
            "make the section as long as the table, and the offset right",
        );
        return None;
    };
    let mut wrong = Vec::new();
    if len != LEN {
        wrong.push(format!("len is {len}, not {LEN} (the type is not counted)"));
    }
    if magic != MAGIC {
        wrong.push(format!("magic is {magic:#x}, not {MAGIC:#x} (\"nxps\")"));
    }
    if version != 0 {
        wrong.push(format!("version is {version}, not 0"));
    }
    if features & !KNOWN_FEATURES != 0 {
        wrong.push(format!("features are {features:#x}, but only {KNOWN_FEATURES:#x} is known"));
    }
    if !wrong.is_empty() {
        findings.add(
            Rule::Vendor,
            place,
            wrong.join("; "),
            if len == LEN && magic == MAGIC && version == 0 {
                "takes of the features what it knows".to_owned()
            } else {
                format!("{UNSUPPORTED}, ignores the entry and waits for the ready doorbell")
            },
            "write len 16, magic 0x6e787073, version 0, features 1",
        );
    }
    Some(Vendor { magic, features })
}

pub(super) fn check_presence(board: &Board, section: &Section, entries: &[Entry], findings: &mut Findings<'_>) {
    let present = entries.iter().any(|e| matches!(e, Entry::Vendor(_)));
    if present && board.loader != Loader::ImxDspRproc {
        findings.add(
            Rule::VendorUseless,
            section,
            format!("{} does not know NXP's vendor entry", board.loader.name()),
            format!("{UNSUPPORTED}; it skips the entry"),
            "leave the entry out",
        );
    }
    if board.resource_table.nxp_vendor_entry && !present {
        findings.add(
            Rule::VendorMissing,
            section,
            "the board file wants NXP's vendor entry, and there is none",
            format!("{SILENT}; it waits for the ready doorbell"),
            "add the entry, or write nxp_vendor_entry = false in the board file",
        );
    }
}
