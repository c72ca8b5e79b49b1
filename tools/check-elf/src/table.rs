// SPDX-License-Identifier: MIT OR Apache-2.0
//! The resource table: where it is, and its form.

use imx_rpmsg_board::{Board, CarveoutRole, Loader, MemoryRole, Range};
use object::elf::SHT_PROGBITS;

use crate::bytes::{u32_at, words_at};
use crate::entries::{self, Entry};
use crate::finding::{Findings, Rule, SILENT};
use crate::image::{Image, Section};

/// The section by which Linux finds the table.
pub(crate) const NAME: &str = ".resource_table";

/// `struct resource_table` without its offsets.
pub(crate) const HEADER: u32 = 16;

/// What arm64's memcpy does not do in one access it may do unaligned, which device memory does not take.
const MEMCPY: u32 = 8;

/// Linux says so and goes on.
fn no_table(board: &Board) -> String {
    let words = match board.loader {
        Loader::ImxRproc => "No resource table in elf",
        _ => "no resource table found for this firmware",
    };
    format!("\"{words}\"; it starts the core without any RPMsg")
}

/// A resource table that can be read.
pub(crate) struct Table {
    pub(crate) address: u32,
    pub(crate) size: u32,
    pub(crate) entries: Vec<Entry>,
}

impl Table {
    /// Checks section, header and entries; `None` when Linux would not read the entries either.
    pub(crate) fn check(board: &Board, image: &Image<'_>, findings: &mut Findings<'_>) -> Option<Self> {
        let Some(section) = image.section(NAME) else {
            findings.add(
                Rule::TableMissing,
                "sections",
                format!("there is no section {NAME}"),
                no_table(board),
                format!("put the table into the section {NAME}, and KEEP that as an output section of its own"),
            );
            return None;
        };
        place(board, image, section, findings);
        region(board, section, findings);
        let bytes = contents(board, image, section, findings)?;
        let offsets = header(board, section, bytes, findings)?;
        let entries = entries::check(board, section, bytes, &offsets, findings);
        Some(Self { address: section.address, size: section.size, entries })
    }
}

fn contents<'a>(board: &Board, image: &Image<'a>, section: &Section, findings: &mut Findings<'_>) -> Option<&'a [u8]> {
    if section.kind() != SHT_PROGBITS {
        findings.add(
            Rule::TableType,
            section,
            format!("section type {} has no contents of its own (SHT_PROGBITS is {SHT_PROGBITS})", section.kind()),
            "takes whatever the file holds at that offset for the table",
            "initialise the table, and do not mark its output section NOLOAD",
        );
        return None;
    }
    let start = section.offset as usize;
    let bytes = image.data.get(start..).and_then(|b| b.get(..section.size as usize));
    if bytes.is_none() {
        findings.add(
            Rule::TableTruncated,
            section,
            format!("its {:#x} bytes from {start:#x} are not all in the file", section.size),
            format!("\"resource table truncated\", {}", no_table(board)),
            "the file is cut short or damaged: link again, and copy it whole",
        );
    }
    bytes
}

fn place(board: &Board, image: &Image<'_>, section: &Section, findings: &mut Findings<'_>) {
    let range = section.range();
    // The TCM of a Cortex-M is not cached.
    let (unit, unit_name) = if board.core.is_cortex_m() {
        (MEMCPY, "what Linux's memcpy needs")
    } else {
        (board.cpu.dcache_line, "the cache line")
    };
    let memories = if board.core.is_cortex_m() {
        [MemoryRole::Code, MemoryRole::Data].as_slice()
    } else {
        [MemoryRole::Image].as_slice()
    };

    // Linux copies its version of the table to the section's address, not to where the segment went.
    let in_segment = image.segments.iter().find(|s| s.file_range().contains(&range));
    if in_segment.is_none_or(|s| s.vaddr != s.paddr) {
        findings.add(
            Rule::TableLoaded,
            section,
            format!("no segment loads {range}"),
            "writes the table to that address all the same, if it is mapped; the firmware may never see it",
            "put the section into a PT_LOAD segment whose physical address is its virtual address",
        );
    }
    let inside = memories.iter().filter_map(|role| board.memory(*role)).any(|m| m.range().contains(&range));
    if !inside {
        let words_only = board.translation_of_device(&range).is_some_and(|row| row.iram);
        findings.add(
            Rule::TableMemory,
            section,
            if words_only {
                "it is in memory that takes 32-bit writes only".to_owned()
            } else {
                format!("{range} is not in the memory of code or data")
            },
            "writes single bytes to the table (the status), which may be lost there",
            "place it in the region IMAGE (HiFi4) or FLASH (Cortex-M) of the linker script",
        );
    }
    if section.address % unit != 0 {
        findings.add(
            Rule::TableAlignment,
            section,
            format!("its address is not a multiple of {unit}, {unit_name}"),
            format!("{SILENT}; its writes and the firmware's meet in one cache line, or its memcpy faults"),
            format!("start the output section with `. = ALIGN({unit});`"),
        );
    } else {
        let lines = Range::new(range.start, range.size.checked_next_multiple_of(unit).unwrap_or(range.size));
        let shared = |s: &&Section| s.takes_memory() && s.name != NAME && s.range().overlaps(&lines);
        if let Some(other) = image.sections.iter().find(shared) {
            findings.add(
                Rule::TableLine,
                section,
                format!("{other} is in the table's last {unit} bytes, {lines}"),
                format!("{SILENT}; its writes and the firmware's meet in one cache line"),
                format!("end the output section {NAME} with `. = ALIGN({unit});`"),
            );
        }
    }
    if section.size % MEMCPY != 0 {
        findings.add(
            Rule::TableSize,
            section,
            format!("its size, {:#x}, is not a multiple of 8", section.size),
            "may copy it with accesses that device memory does not take: an alignment fault",
            "end the output section with `. = ALIGN(8);`, or pad the table",
        );
    }
}

/// Against the memory in which Linux keeps the live table.
fn region(board: &Board, section: &Section, findings: &mut Findings<'_>) {
    let Some(region) = board.carveout(CarveoutRole::RscTable).filter(|c| section.size > c.size) else {
        return;
    };
    findings.add(
        Rule::TableRegion,
        section,
        format!("its {:#x} bytes do not fit the carveout '{}', {}", section.size, region.name, region.device_range()),
        "copies it there all the same, over what is behind",
        "shorten the table, or enlarge the reservation in device tree and board file",
    );
}

/// Checks the header and returns the offsets of the entries.
fn header(board: &Board, section: &Section, bytes: &[u8], findings: &mut Findings<'_>) -> Option<Vec<u32>> {
    let Some([version, num, reserved0, reserved1]) = words_at(bytes, 0) else {
        findings.add(
            Rule::TableHeader,
            section,
            format!("{:#x} bytes are too few for the table's header", section.size),
            format!("\"header-less resource table\", {}", no_table(board)),
            "write ver, num, reserved[2] and the offsets",
        );
        return None;
    };
    if version != 1 {
        findings.add(
            Rule::TableVersion,
            section,
            format!("version {version} is not 1"),
            format!("\"unsupported fw ver: {version}\", {}", no_table(board)),
            "write 1 into the table's first word",
        );
    }
    if reserved0 != 0 || reserved1 != 0 {
        findings.add(
            Rule::TableReserved,
            section,
            format!("the reserved words are {reserved0:#x} and {reserved1:#x}, not 0"),
            format!("\"non zero reserved bytes\", {}", no_table(board)),
            "write 0 into the third and the fourth word",
        );
    }
    if u64::from(HEADER) + 4 * u64::from(num) > bytes.len() as u64 {
        findings.add(
            Rule::TableIncomplete,
            section,
            format!("{num} offsets do not fit into {:#x} bytes", bytes.len()),
            format!("\"resource table incomplete\", {}", no_table(board)),
            "write the number of entries that there are into the second word",
        );
        return None;
    }
    (0..num as usize).map(|i| u32_at(bytes, HEADER as usize + 4 * i)).collect()
}
