// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether Linux's driver would copy each segment, and where to.

mod words;

use imx_rpmsg_board::{Board, Loader, Memory, MemoryRole, Range};

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

/// One finding for the whole image, which is in one region or in neighbours.
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
    let range = segment.range();
    let linux = linux_range(board, &range);
    if let Some(carveout) = board
        .carveouts
        .iter()
        .find(|c| c.device_range().overlaps(&range) || linux.is_some_and(|linux| c.linux_range().overlaps(&linux)))
    {
        findings.add(
            Rule::SegmentRings,
            segment,
            format!("{range} is in the carveout '{}', {}", carveout.name, carveout.device_range()),
            "loads it where it can, then puts rings or buffers there, or the live resource table",
            "link it into the memory of code or data",
        );
        return;
    }
    match board.loader {
        Loader::ImxRproc => imx_rproc(board, segment, findings),
        _ => carveouts(board, segment, findings),
    }
}

/// The rule of imx_dsp_rproc, and of remoteproc itself: a segment is loaded where Linux has mapped memory for the core, by
/// the core's addresses. That is the core's own rows, and reserved memory, which is the image's.
fn carveouts(board: &Board, segment: &Segment, findings: &mut Findings<'_>) {
    let range = segment.range();
    let Some(row) = board.translation_of_device(&range) else {
        in_no_row(board, segment, bad_da(segment), findings);
        return;
    };
    words::zeroed(row, segment, findings);
    if !row.own && !reserved(board).any(|memory| memory.range().contains(&range)) {
        not_reserved(board, segment, findings);
    }
}

/// imx_rproc looks in its rows and in what it has mapped, and wants one byte more than the segment has. If it finds
/// nothing, remoteproc looks in the reserved memory, as if the core's addresses were Linux's.
fn imx_rproc(board: &Board, segment: &Segment, findings: &mut Findings<'_>) {
    let range = segment.range();
    if linux_ranges(board).any(|linux| linux.contains(&range)) {
        return;
    }
    let untranslated =
        format!("\"Translation failed: da = {:#x} len = {:#x}\", {}", segment.paddr, segment.memsz, bad_da(segment));
    let Some(row) = board.translation_of_device(&range) else {
        in_no_row(board, segment, untranslated, findings);
        return;
    };
    if range.end() == row.device_range().end() {
        findings.add(
            Rule::SegmentRowEnd,
            segment,
            format!("{range} ends where its row of Linux's translation table does, {}", row.device_range()),
            untranslated,
            "leave at least one byte free at the end of the memory",
        );
        return;
    }
    let reserved = |linux: Range| linux_ranges(board).any(|m| m.contains(&linux) && linux.end() < m.end());
    if !row.own && !linux_range(board, &range).is_some_and(reserved) {
        not_reserved(board, segment, findings);
    }
}

fn bad_da(segment: &Segment) -> String {
    format!("\"bad phdr da {:#x} mem {:#x}\", \"Boot failed: -22\"", segment.paddr, segment.memsz)
}

/// The memory of the board file that Linux knows because the device tree reserves it.
fn reserved(board: &Board) -> impl Iterator<Item = &Memory> {
    board.memory.iter().filter(|m| board.translation_of_device(&m.range()).is_some_and(|row| !row.own))
}

/// The same, as Linux addresses it.
fn linux_ranges(board: &Board) -> impl Iterator<Item = Range> {
    reserved(board).filter_map(|m| linux_range(board, &m.range()))
}

fn linux_range(board: &Board, device: &Range) -> Option<Range> {
    board.linux_of_device(device).map(|start| Range::new(start, device.size))
}

fn in_no_row(board: &Board, segment: &Segment, linux: String, findings: &mut Findings<'_>) {
    let rows: Vec<String> = board.translation.iter().map(|t| t.device_range().to_string()).collect();
    findings.add(
        Rule::SegmentAddress,
        segment,
        format!("{} is not inside one row of Linux's translation table: {}", segment.range(), rows.join(", ")),
        linux,
        "link it into a region of the board's linker script",
    );
}

fn not_reserved(board: &Board, segment: &Segment, findings: &mut Findings<'_>) {
    let known: Vec<String> = reserved(board).map(|m| format!("'{}', {}", m.name, m.range())).collect();
    findings.add(
        Rule::SegmentCarveout,
        segment,
        format!(
            "{} is not inside memory that is reserved for the core: {}",
            segment.range(),
            if known.is_empty() { "none".to_owned() } else { known.join(", ") }
        ),
        bad_da(segment),
        "link it into the core's own memory, or reserve more in device tree and board file ([[memory]])",
    );
}
