// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether all that the program needs is loaded.

use imx_rpmsg_board::Board;

use crate::finding::{Findings, Rule, SILENT};
use crate::image::{Image, Section};
use crate::table;

pub(crate) fn check(board: &Board, image: &Image<'_>, findings: &mut Findings<'_>) {
    // The resource table has rules of its own.
    let others = image.sections.iter().filter(|s| s.takes_memory() && s.name != table::NAME);
    for section in others {
        if section.has_contents() {
            loaded(image, section, findings);
        } else {
            reserved(board, image, section, findings);
        }
    }
}

fn loaded(image: &Image<'_>, section: &Section, findings: &mut Findings<'_>) {
    let loaded = image.segments.iter().any(|s| {
        s.linked_range().contains(&section.range())
            && section.address - s.vaddr == section.offset.wrapping_sub(s.offset)
            && section.address - s.vaddr + section.size <= s.filesz
    });
    if !loaded {
        findings.add(
            Rule::SectionUnloaded,
            section,
            format!("{:#x} bytes of the program are in no PT_LOAD segment", section.size),
            format!("{SILENT}; the firmware runs without them"),
            "assign the section to a segment in the linker script, and do not drop segments with objcopy",
        );
    }
}

fn reserved(board: &Board, image: &Image<'_>, section: &Section, findings: &mut Findings<'_>) {
    let range = section.range();
    if image.segments.iter().any(|s| s.linked_range().contains(&range)) {
        return;
    }
    let inside = board.memory.iter().any(|m| m.range().contains(&range));
    let segment = image.segments.iter().find(|s| s.range().overlaps(&range));
    let carveout = board.carveouts.iter().find(|c| c.device_range().overlaps(&range));
    let what = match (segment, carveout) {
        (Some(segment), _) => format!("{range} overlaps {segment}"),
        (_, Some(carveout)) => format!("{range} is in the carveout '{}'", carveout.name),
        _ if !inside => format!("{range} is in no memory of the board"),
        _ => return,
    };
    findings.add(
        Rule::SectionReserved,
        section,
        what,
        format!("{SILENT}; nothing is loaded there, the firmware uses what is not its own"),
        "place it in a region of the board's linker script",
    );
}
