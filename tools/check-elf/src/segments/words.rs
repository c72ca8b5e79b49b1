// SPDX-License-Identifier: MIT OR Apache-2.0
//! imx_dsp_rproc copies and zeroes by words, and not quite right.

use imx_rpmsg_board::Translation;

use crate::finding::{Findings, Rule, SILENT};
use crate::image::Segment;

/// Memory of the core that the driver would have to zero.
pub(super) fn zeroed(row: &Translation, segment: &Segment, findings: &mut Findings<'_>) {
    if row.own && segment.memsz > segment.filesz {
        findings.add(
            Rule::SegmentLocalBss,
            segment,
            format!("{:#x} bytes of it are not in the file, in memory of the core", segment.memsz - segment.filesz),
            format!(
                "{SILENT}; it zeroes a quarter of them, with unaligned writes{}",
                if row.iram { ", where only words can be written" } else { "" }
            ),
            "keep .bss out of it; reserve a stack by symbols, or by a NOLOAD section in :NONE",
        );
    }
}

/// The driver writes words only.
pub(super) fn check(segment: &Segment, findings: &mut Findings<'_>) {
    let (da, filesz, memsz) = (segment.paddr, segment.filesz, segment.memsz);
    if da % 4 != 0 {
        findings.add(
            Rule::SegmentAlignment,
            segment,
            "its address is not a multiple of 4",
            format!("\"memory copy failed for da {da:#x} memsz {memsz:#x}\", \"Boot failed: -22\""),
            "align the segment's first output section: `. = ALIGN(4);`",
        );
    }
    if filesz % 4 == 0 {
        return;
    }
    if memsz > filesz {
        findings.add(
            Rule::SegmentBssAlignment,
            segment,
            format!(
                "filesz {filesz:#x} is not a multiple of 4, and {:#x} bytes are to be zeroed behind",
                memsz - filesz
            ),
            format!("\"memset failed for da {da:#x} memsz {memsz:#x}\", \"Boot failed: -22\""),
            "end the last output section before .bss with `. = ALIGN(4);`",
        );
    } else {
        findings.add(
            Rule::SegmentTail,
            segment,
            format!("filesz {filesz:#x} is not a multiple of 4"),
            format!("{SILENT}; its last write also clears the lowest bit of the byte behind"),
            "end the segment's last output section with `. = ALIGN(4);`",
        );
    }
}
