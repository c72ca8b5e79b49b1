// SPDX-License-Identifier: MIT OR Apache-2.0
//! The entries of a resource table.

mod trace;
mod vdev;
mod vendor;

use std::fmt;

use imx_rpmsg_board::Board;

use crate::bytes::{u32_at, words_at};
use crate::finding::{Findings, Rule};
use crate::image::Section;
use crate::table::HEADER;

pub(crate) use trace::Trace;
pub(crate) use vdev::Vdev;
pub(crate) use vendor::Vendor;

const CARVEOUT: u32 = 0;
const DEVMEM: u32 = 1;
const TRACE: u32 = 2;
const VDEV: u32 = 3;
const VENDOR: std::ops::RangeInclusive<u32> = 128..=512;

/// Linux gives up while it reads the entries.
const REFUSED: &str = "\"Failed to process resources: -22\", \"Boot failed: -22\"";

/// An entry that Linux would act on.
pub(crate) enum Entry {
    Vdev(Vdev),
    Trace(Trace),
    Vendor(Vendor),
    Carveout {
        address: u32,
        size: u32,
    },
    /// Skipped or refused by Linux.
    Other {
        kind: u32,
    },
}

/// Where an entry is.
struct Place<'a> {
    section: &'a Section,
    index: usize,
    kind: &'static str,
    offset: u32,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, entry {} ({}) at offset {:#x}", self.section, self.index, self.kind, self.offset)
    }
}

/// Reads and checks all entries.
pub(crate) fn check(
    board: &Board,
    section: &Section,
    table: &[u8],
    offsets: &[u32],
    findings: &mut Findings<'_>,
) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (index, offset) in offsets.iter().enumerate() {
        let mut place = Place { section, index, kind: "unread", offset: *offset };
        if let Some((kind, body)) = locate(&place, table, offsets.len(), findings) {
            entries.extend(read(board, &mut place, kind, body, findings));
        }
    }
    vdev::check_count(section, &entries, findings);
    vendor::check_presence(board, section, &entries, findings);
    entries
}

/// The type of the entry and what follows it, up to the end of the table.
fn locate<'a>(place: &Place<'_>, table: &'a [u8], num: usize, findings: &mut Findings<'_>) -> Option<(u32, &'a [u8])> {
    let first = HEADER as usize + 4 * num;
    let offset = place.offset as usize;
    let kind = u32_at(table, offset).filter(|_| offset >= first && offset % 4 == 0);
    if kind.is_none() {
        findings.add(
            Rule::TableOffset,
            place,
            format!(
                "no entry can start there: a multiple of 4 from {first:#x}, with 4 bytes before {:#x}",
                table.len()
            ),
            format!("\"rsc table is truncated\", {REFUSED}"),
            "write the entry's offset from the start of the table",
        );
    }
    Some((kind?, table.get(offset + 4..)?))
}

fn read(board: &Board, place: &mut Place<'_>, kind: u32, body: &[u8], findings: &mut Findings<'_>) -> Option<Entry> {
    match kind {
        CARVEOUT => {
            place.kind = "carveout";
            carveout(place, body, findings)
        }
        TRACE => {
            place.kind = "trace";
            trace::check(board, place, body, findings).map(Entry::Trace)
        }
        VDEV => {
            place.kind = "vdev";
            vdev::check(board, place, body, findings).map(Entry::Vdev)
        }
        kind if VENDOR.contains(&kind) => {
            place.kind = "vendor";
            vendor::check(place, body, findings).map(Entry::Vendor)
        }
        DEVMEM => {
            place.kind = "devmem";
            findings.add(
                Rule::EntryDevmem,
                &*place,
                "it asks for a mapping of an IOMMU, which there is not",
                REFUSED,
                "remove the entry",
            );
            Some(Entry::Other { kind })
        }
        kind => {
            place.kind = "unknown";
            findings.add(
                Rule::EntryType,
                &*place,
                format!("type {kind} is none that Linux knows"),
                format!("\"unsupported resource {kind}\"; it skips the entry"),
                "write 2 (trace), 3 (vdev) or 128 (NXP's vendor entry), or remove the entry",
            );
            Some(Entry::Other { kind })
        }
    }
}

fn carveout(place: &Place<'_>, body: &[u8], findings: &mut Findings<'_>) -> Option<Entry> {
    const NAME_BYTES: usize = 32;
    let fields = words_at(body, 0).filter(|_| body.len() >= 20 + NAME_BYTES);
    let Some([address, _physical, size, _flags, reserved]) = fields else {
        truncated(place, findings);
        return None;
    };
    reserved_is_zero(place, reserved, findings);
    Some(Entry::Carveout { address, size })
}

fn truncated(place: &Place<'_>, findings: &mut Findings<'_>) {
    findings.add(
        Rule::EntryTruncated,
        place,
        "it ends behind the end of the table",
        format!("\"{} rsc is truncated\", {REFUSED}", place.kind),
        "make the section as long as the table, and the offset right",
    );
}

fn reserved_is_zero(place: &Place<'_>, reserved: u32, findings: &mut Findings<'_>) {
    if reserved != 0 {
        findings.add(
            Rule::EntryReserved,
            place,
            format!("its reserved field is {reserved:#x}, not 0"),
            format!("\"{} rsc has non zero reserved bytes\", {REFUSED}", place.kind),
            "write 0",
        );
    }
}
