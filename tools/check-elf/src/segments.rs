// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether Linux's driver would copy each segment, and where to.

use imx_rpmsg_board::{Board, MemoryRole};

use crate::finding::{Findings, Rule, SILENT};
use crate::image::{Image, Segment};

pub(crate) fn check(board: &Board, image: &Image<'_>, findings: &mut Findings) {
    for (i, segment) in image.segments.iter().enumerate() {
        contents(image, segment, findings);
        place(board, segment, findings);
        words(segment, findings);
        for earlier in &image.segments[..i] {
            if earlier.range().overlaps(&segment.range()) {
                findings.add(
                    Rule::SegmentOverlap,
                    segment,
                    format!("{} overlaps {earlier}, {}", segment.range(), earlier.range()),
                    format!("{SILENT}; the later segment overwrites the earlier"),
                    "give both their own place in the linker script",
                );
            }
        }
    }
}

fn contents(image: &Image<'_>, segment: &Segment, findings: &mut Findings) {
    let (filesz, memsz) = (segment.filesz, segment.memsz);
    if filesz > memsz {
        findings.add(
            Rule::SegmentFileSize,
            segment,
            format!("{filesz:#x} bytes in the file are more than {memsz:#x} in memory"),
            format!("\"bad phdr filesz {filesz:#x} memsz {memsz:#x}\", \"Boot failed: -22\""),
            "the ELF was altered after linking: link again",
        );
    }
    let end = u64::from(segment.offset) + u64::from(filesz);
    if end > image.data.len() as u64 {
        let size = image.data.len();
        findings.add(
            Rule::SegmentTruncated,
            segment,
            format!("its bytes end at {end:#x} of a file of {size:#x} bytes"),
            format!("\"truncated fw: need {end:#x} avail {size:#x}\", \"Boot failed: -22\""),
            "the file is cut short: copy it whole",
        );
    }
}

fn place(board: &Board, segment: &Segment, findings: &mut Findings) {
    let (range, memsz) = (segment.range(), segment.memsz);
    let bad_da = format!("\"bad phdr da {:#x} mem {memsz:#x}\", \"Boot failed: -22\"", segment.paddr);
    let image = board.memory(MemoryRole::Image);

    if segment.vaddr != segment.paddr {
        findings.add(
            Rule::SegmentRelocated,
            segment,
            format!("it was linked for {:#010x}", segment.vaddr),
            "loads it to its physical address",
            "unless the firmware copies it, drop AT(...) and AT>... from the linker script",
        );
    }
    let Some(row) = board.translation_of_device(&range) else {
        let rows: Vec<String> = board.translation.iter().map(|t| t.device_range().to_string()).collect();
        findings.add(
            Rule::SegmentAddress,
            segment,
            format!("{range} is not inside one row of Linux's translation table: {}", rows.join(", ")),
            bad_da,
            "link it into a region of the board's linker script",
        );
        return;
    };
    if row.own && memsz > segment.filesz {
        findings.add(
            Rule::SegmentLocalBss,
            segment,
            format!("{:#x} bytes of it are not in the file, in memory of the core", memsz - segment.filesz),
            format!(
                "{SILENT}; it zeroes a quarter of them, with unaligned writes{}",
                if row.iram { ", where only words can be written" } else { "" }
            ),
            "keep .bss out of it; reserve a stack by symbols, or by a NOLOAD section in :NONE",
        );
    }
    for carveout in &board.carveouts {
        let theirs = carveout.device_range();
        if theirs.overlaps(&range) {
            findings.add(
                Rule::SegmentRings,
                segment,
                format!("{range} is in the carveout '{}', {theirs}", carveout.name),
                "loads it where it can, then puts rings or buffers there",
                "link it into the image's region",
            );
            return;
        }
    }
    if !row.own && !image.is_some_and(|m| m.range().contains(&range)) {
        let reserved = image.map_or("nothing".into(), |m| m.range().to_string());
        findings.add(
            Rule::SegmentCarveout,
            segment,
            format!("{range} is not inside the memory reserved for the image, {reserved}"),
            bad_da,
            "make it smaller, or enlarge the reservation in device tree and board file",
        );
    }
}

/// The driver writes words only.
fn words(segment: &Segment, findings: &mut Findings) {
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
