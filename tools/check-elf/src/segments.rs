// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether Linux's driver would copy each segment, and where to.

mod words;

use imx_rpmsg_board::{Board, Loader, MemoryRole, Range, Translation};

use crate::finding::{Findings, Rule, SILENT};
use crate::image::{Image, Segment};

pub(crate) fn check(board: &Board, image: &Image<'_>, findings: &mut Findings<'_>) {
    uncached(board, image, findings);
    for (i, segment) in image.segments.iter().enumerate() {
        contents(image, segment, findings);
        relocation(board, segment, findings);
        place(board, segment, findings);
        if board.loader == Loader::ImxDspRproc {
            words::check(segment, findings);
        }
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

/// Once for an image, which is in one region or in neighbours.
fn uncached(board: &Board, image: &Image<'_>, findings: &mut Findings<'_>) {
    let (Some(hifi4), Some(memory)) = (&board.hifi4, board.memory(MemoryRole::Image)) else {
        return;
    };
    let mut placed = image.segments.iter().filter(|s| s.memsz > 0 && memory.range().contains(&s.range()));
    let Some((segment, attribute)) = placed.find_map(|s| Some((s, board.bypass(s.paddr)?))) else {
        return;
    };
    let (value, region) = (hifi4.cacheattr, segment.paddr >> 29);
    findings.add(
        Rule::SegmentUncached,
        segment,
        format!("nibble {region} of cacheattr {value:#010x} is {attribute}: code and data of the image run uncached"),
        format!("{SILENT}; each access goes to DDR"),
        format!("write 1 (write-through) as nibble {region} of hifi4.cacheattr, for {:#010x}", region << 29),
    );
}

fn contents(image: &Image<'_>, segment: &Segment, findings: &mut Findings<'_>) {
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

fn relocation(board: &Board, segment: &Segment, findings: &mut Findings<'_>) {
    if segment.vaddr == segment.paddr {
        return;
    }
    let holds = |role, range: &Range| board.memory(role).is_some_and(|m| m.range().contains(range));
    if holds(MemoryRole::Code, &segment.range()) && holds(MemoryRole::Data, &segment.linked_range()) {
        // The start-up code of a Cortex-M copies the initial values of data, and clears the rest.
        return;
    }
    findings.add(
        Rule::SegmentRelocated,
        segment,
        format!("it was linked for {:#010x}", segment.vaddr),
        "loads it to its physical address",
        "unless the firmware copies it, drop AT(...) and AT>... from the linker script",
    );
}

fn place(board: &Board, segment: &Segment, findings: &mut Findings<'_>) {
    let (range, memsz) = (segment.range(), segment.memsz);
    let bad_da = format!("\"bad phdr da {:#x} mem {memsz:#x}\", \"Boot failed: -22\"", segment.paddr);
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
    if board.loader == Loader::ImxRproc && range.end() == row.device_range().end() {
        findings.add(
            Rule::SegmentRowEnd,
            segment,
            format!("{range} ends where its row of Linux's translation table does, {}", row.device_range()),
            format!("\"Translation failed: da = {:#x} len = {memsz:#x}\", {bad_da}", segment.paddr),
            "leave at least one byte free at the end of the memory",
        );
    }
    if board.loader == Loader::ImxDspRproc {
        words::zeroed(row, segment, findings);
    }
    if let Some(carveout) = board.carveouts.iter().find(|c| {
        let linux = Range::new(row.linux + (range.start - row.device), range.size);
        c.device_range().overlaps(&range) || c.linux_range().overlaps(&linux)
    }) {
        findings.add(
            Rule::SegmentRings,
            segment,
            format!("{range} is in the carveout '{}', {}", carveout.name, carveout.device_range()),
            "loads it where it can, then puts rings or buffers there, or the live resource table",
            "link it into the memory of code or data",
        );
        return;
    }
    mapped(board, row, segment, bad_da, findings);
}

/// Linux maps the core's own rows; of the others only reserved memory that it knows, which is the image's.
fn mapped(board: &Board, row: &Translation, segment: &Segment, bad_da: String, findings: &mut Findings<'_>) {
    let image = board.memory(MemoryRole::Image);
    if row.own || image.is_some_and(|m| m.range().contains(&segment.range())) {
        return;
    }
    let reserved = image.map_or("none".into(), |m| m.range().to_string());
    findings.add(
        Rule::SegmentCarveout,
        segment,
        format!("{} is not inside the memory reserved for the image, {reserved}", segment.range()),
        bad_da,
        "link it into the core's own memory, or reserve more in device tree and board file",
    );
}
