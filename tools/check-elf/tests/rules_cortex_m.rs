// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each rule of a Cortex-M and of imx_rproc is broken, alone, by a test of its own.

#[allow(dead_code)]
mod good;

use check_elf::{Rule, Severity, check};
use good::cortex_m::m7;
use good::elf::{Elf, Section, Segment};

#[test]
fn the_good_one_passes() {
    let elf = Elf::good_m7();
    let outcome = check(&elf.board(), &elf.build());
    assert_eq!(outcome.findings, []);
    let report = outcome.report.unwrap_or_default();
    for line in [
        "  0x00000400          512        512  r-x    itcm       .text",
        "  0x00000700          256        256  rw-    itcm       .data",
        "  resource table at 0x00000600, 256 bytes, 2 entries",
        "    trace: \"log\", 0x20004000..=0x20005fff",
    ] {
        assert!(report.lines().any(|l| l == line), "no line {line:?} in\n{report}");
    }
}

/// The only finding breaks `rule`, at a place called so, about this, with Linux saying so.
fn expect(rule: Rule, place: &str, what: &str, linux: &str, spoil: impl FnOnce(&mut Elf)) {
    let mut elf = Elf::good_m7();
    spoil(&mut elf);
    let outcome = check(&elf.board(), &elf.build());
    let all: Vec<String> = outcome.findings.iter().map(ToString::to_string).collect();
    let all = all.join("\n");
    let rules: Vec<Rule> = outcome.findings.iter().map(|f| f.rule).collect();
    assert_eq!(rules, [rule], "{all}");
    let finding = &outcome.findings[0];
    assert!(finding.place.contains(place), "no {place:?} in the place of\n{all}");
    assert!(finding.what.contains(what), "no {what:?} in\n{all}");
    assert!(finding.linux.contains(linux), "no {linux:?} in\n{all}");
    assert!(!finding.fix.is_empty());
    assert_eq!(outcome.is_fit(), finding.severity == Severity::Note);
    assert_eq!(outcome.report.is_some(), outcome.is_fit());
}

macro_rules! broken {
    ($($test:ident: $rule:ident, $place:literal, $what:literal, $linux:literal, $spoil:expr;)*) => {
        $(#[test]
        fn $test() {
            expect(Rule::$rule, $place, $what, $linux, $spoil);
        })*

        #[test]
        fn every_rule_of_a_cortex_m_is_broken_by_a_test() {
            let broken = [$(Rule::$rule,)*];
            let missing: Vec<_> = good::CORTEX_M_RULES.iter().filter(|r| !broken.contains(r)).collect();
            assert!(missing.is_empty(), "no test breaks {missing:?}");
        }
    };
}

/// A table of few vectors, with what follows it moved up.
fn shorten_vectors(elf: &mut Elf, count: usize) {
    elf.segments[m7::VECTORS].resize(4 * count);
    elf.section(".vector_table").size = 4 * count as u32;
}

/// Of an SoC whose core NXP's imx_rproc starts where a section is.
fn started_by_section(elf: &mut Elf) {
    elf.edit_board("linux_compatible", "fsl,imx8mp-cm7", "fsl,imx95-cm7");
}

broken! {
    // The file.
    for_xtensa: ElfMachine, "file header", "e_machine is 94, not 40 (Arm)", "no channel ever appears", |elf| elf.machine = 94;
    entry_elsewhere_in_the_code: ElfEntry, "file header", "e_entry is 0x00000511", "by its vector table", |elf| elf.entry = 0x511;
    entry_in_data: ElfEntry, "file header", "e_entry is 0x20006001", "by its vector table", |elf| elf.entry = 0x2000_6001;
    entry_that_leads_to_another_vector_table: ElfEntryWindow, "file header", "0xffff0000 does not make 0x00000000", "vector table at 0x20000000", |elf| {
        elf.edit_board("[cortex_m]", "[cortex_m]", "[cortex_m]\nreset_vector_mask = 0xffff0000");
        elf.entry = 0x2000_6001;
    };

    interrupts_elsewhere: ElfInterrupts, "vector table at 0x00000000", "the section .interrupts is at 0x00000400", "its vector table at 0x00000400", |elf| {
        started_by_section(elf);
        elf.sections.push(Section::contents(".interrupts", m7::TEXT_ADDRESS, 0));
    };

    // Segments, as rproc_elf_load_segments and imx_rproc_da_to_sys take them.
    more_in_file_than_in_memory: SegmentFileSize, "segment 1 (.text)", "0x204 bytes", "bad phdr filesz 0x204 memsz 0x200", |elf| elf.segments[m7::TEXT].filesz = 0x204;
    cut_off_segment: SegmentTruncated, "segment 5", "its bytes end at", "truncated fw: need 0x", |elf| {
        let mut segment = Segment::code(0x1000, 0x10);
        (segment.filesz, segment.memsz) = (0x1_0000, 0x1_0000);
        elf.segments.push(segment);
    };
    outside_translation: SegmentAddress, "segment 5 at 0x1ffe0000", "not inside one row", "\"Translation failed: da = 0x1ffe0000 len = 0x40\", \"bad phdr da 0x1ffe0000 mem 0x40\"", |elf| elf.segments.push(Segment { filesz: 0, ..Segment::code(0x1ffe_0000, 0x40) });
    behind_the_itcm: SegmentAddress, "segment 5 at 0x0001fff0", "not inside one row", "bad phdr da 0x1fff0 mem 0x20", |elf| elf.segments.push(Segment { filesz: 0, ..Segment::code(0x1_fff0, 0x20) });
    up_to_the_end_of_the_itcm: SegmentRowEnd, "segment 5 at 0x0001ffe0", "ends where its row", "Translation failed: da = 0x1ffe0 len = 0x20", |elf| elf.segments.push(Segment::code(0x1_ffe0, 0x20));
    in_ddr: SegmentCarveout, "segment 5 at 0x81000000", "reserved for the core: 'ddr', 0x80000000..=0x80ffffff", "bad phdr da 0x81000000 mem 0x40", |elf| elf.segments.push(Segment { filesz: 0, ..Segment::code(0x8100_0000, 0x40) });
    in_a_ring: SegmentRings, "segment 5 at 0x55008000", "carveout 'vdev0vring1'", "rings or buffers there", |elf| elf.segments.push(Segment { filesz: 0, ..Segment::data(0x5500_8000, 0x40) });
    over_the_live_table: SegmentRings, "segment 5 at 0x550ff000", "carveout 'rsc-table'", "the live resource table", |elf| elf.segments.push(Segment { filesz: 0, ..Segment::data(0x550f_f000, 0x40) });
    overlapping_segments: SegmentOverlap, "segment 5 at 0x00000500", "overlaps segment 1", "overwrites the earlier", |elf| elf.segments.push(Segment::code(0x500, 0x40));
    loaded_elsewhere: SegmentRelocated, "segment 5 at 0x00001000", "linked for 0x00002000", "physical address", |elf| {
        let mut segment = Segment::code(0x1000, 0x40);
        segment.vaddr = 0x2000;
        elf.segments.push(segment);
    };

    // Start.
    no_vector_table: VectorTable, "vector table at 0x00000000", "nothing is loaded", "no channel", |elf| {
        // Something else starts there, so that the flat image is right.
        elf.segments[m7::VECTORS].resize(4);
        elf.section(".vector_table").size = 4;
    };
    stack_in_code: InitialStack, "vector table", "0x00010000, is not in 'dtcm_stack'", "memory of something else", |elf| elf.vector(0, 0x1_0000);
    stack_at_its_lowest_address: InitialStack, "vector table", "is not in 'dtcm_stack'", "", |elf| elf.vector(0, 0x2000_0000);
    odd_stack: InitialStack, "vector table", "0x20003ffc, is not a multiple of 8", "", |elf| elf.vector(0, 0x2000_3ffc);
    even_reset_vector: ResetVector, "vector table", "0x00000400, is even", "no channel", |elf| elf.vector(1, 0x400);
    reset_vector_into_nothing: ResetVector, "vector table", "0x00009001, leads where nothing is loaded", "no channel", |elf| elf.vector(1, 0x9001);
    reset_code_in_data: StartExecutable, "segment 1 (.text)", "not executable", "", |elf| elf.segments[m7::TEXT].flags = 6;
    table_that_ends_before_the_interrupt: Vectors, "vector table", "interrupt 97 of the messaging unit, word 113: the table ends before it", "first kick", |elf| shorten_vectors(elf, 113);
    no_handler_for_the_interrupt: Vectors, "vector table", "word 113: 0x00000000 is even", "first kick", |elf| elf.vector(113, 0);
    no_handler_for_faults: Vectors, "vector table", "hard fault, word 3: 0x00000000", "fault", |elf| elf.vector(3, 0);
    image_with_data_in_place: FlatImage, "segment 3 (.data) at 0x20006000", "is not inside 'itcm'", "as long as the gap", |elf| elf.segments[m7::DATA].paddr = m7::DATA_ADDRESS;

    // Sections.
    section_in_no_segment: SectionUnloaded, "section 7 (.extra)", "in no PT_LOAD segment", "runs without", |elf| elf.sections.push(Section::contents(".extra", 0x1000, 0x40));
    log_nowhere: SectionReserved, "section 6 (.trace)", "in no memory of the board", "", |elf| elf.section(".trace").address = 0x2002_0000;

    // The resource table.
    no_table: TableMissing, "sections", "there is no section", "No resource table in elf", |elf| elf.drop_section(".resource_table");
    table_off_its_alignment: TableAlignment, "section 3 (.resource_table) at 0x00001004", "not a multiple of 8", "memcpy faults", |elf| elf.move_table(0x1004);
    table_of_odd_size: TableSize, "section 3 (.resource_table)", "not a multiple of 8", "alignment fault", |elf| elf.section(".resource_table").size = 0xfc;
    table_larger_than_its_region: TableRegion, "section 3 (.resource_table)", "0x1400 bytes do not fit the carveout 'rsc-table'", "over what is behind", |elf| {
        elf.segments[m7::TABLE].contents.resize(0x1400, 0);
        (elf.segments[m7::TABLE].filesz, elf.segments[m7::TABLE].memsz) = (0x1400, 0x1400);
        elf.section(".resource_table").size = 0x1400;
        elf.move_table(0x1000);
    };
    vendor_entry: VendorUseless, "section 3 (.resource_table)", "imx_rproc does not know", "unsupported vendor resource 128", |elf| {
        elf.poke(4, 3);
        // The third offset takes the place of the virtio device's type, so that moves to the end.
        let vdev = elf.segments[m7::TABLE].contents[m7::VDEV..m7::TRACE].to_vec();
        elf.segments[m7::TABLE].contents[0xa0..0xa0 + vdev.len()].copy_from_slice(&vdev);
        elf.poke(16, 0xa0);
        elf.poke(24, 0x8c);
        for (i, word) in [128, 16, 0x6e78_7073, 0, 1].into_iter().enumerate() {
            elf.poke(0x8c + 4 * i, word);
        }
    };
    ring_elsewhere: VringAddress, "vring0", "not inside the carveout 'vdev0vring0', 0x55000000..=0x55007fff", "doesn't fit da request", |elf| elf.poke(m7::VRING0_ADDRESS, 0x4500_0000);
    log_in_the_code: TraceAddress, "entry 1 (trace)", "with the role \"data\"", "not available", |elf| elf.poke(m7::TRACE_ADDRESS, 0x1000);
    log_up_to_the_end_of_the_dtcm: TraceAddress, "entry 1 (trace)", "ends where its row", "not available", |elf| elf.poke(m7::TRACE_ADDRESS, 0x2001_e000);
    log_over_the_end_of_the_dtcm: TraceAddress, "entry 1 (trace)", "not inside the memory", "not available", |elf| elf.poke(m7::TRACE_SIZE, 0x2_0000);
}

/// What Linux maps, as the device tree reserves it: data of another linker script than ours, up to its last byte.
#[test]
fn data_in_reserved_ddr_is_loaded() {
    for address in [0x8000_0000, 0x80ff_ffc0] {
        let mut elf = Elf::good_m7();
        elf.segments.push(Segment { filesz: 0, ..Segment::data(address, 0x40) });
        assert_eq!(check(&elf.board(), &elf.build()).findings, []);
    }
}

/// The same of code: Linux would load it, and it is in the way of the flat image alone.
#[test]
fn code_in_reserved_ddr_is_loaded_and_in_no_flat_image() {
    let mut elf = Elf::good_m7();
    elf.segments.push(Segment::code(0x8000_0000, 0x40));
    let rules: Vec<Rule> = check(&elf.board(), &elf.build()).findings.iter().map(|f| f.rule).collect();
    assert_eq!(rules, [Rule::FlatImage]);
}

/// A ring's address may be given where imx_rproc has it: Linux's address, not the device's.
#[test]
fn a_ring_may_be_where_its_carveout_is() {
    let mut elf = Elf::good_m7();
    elf.poke(m7::VRING0_ADDRESS, 0x5500_0000);
    assert_eq!(check(&elf.board(), &elf.build()).findings, []);
}

/// Where Linux takes the vector table's address from the entry point, the reset code may be anywhere behind the mask.
#[test]
fn an_entry_that_leads_to_the_vector_table() {
    let mut elf = Elf::good_m7();
    elf.edit_board("[cortex_m]", "[cortex_m]", "[cortex_m]\nreset_vector_mask = 0xffff0000");
    assert_eq!(check(&elf.board(), &elf.build()).findings, []);
}

/// Where NXP's imx_rproc wants a section of that name, it may be empty, and is not missed where 0 is right.
#[test]
fn a_section_that_says_where_the_vector_table_is() {
    let mut elf = Elf::good_m7();
    started_by_section(&mut elf);
    assert_eq!(check(&elf.board(), &elf.build()).findings, []);
    elf.sections.push(Section::contents(".interrupts", 0, 0));
    assert_eq!(check(&elf.board(), &elf.build()).findings, []);
}

/// The vector table of the i.MX 93's M33 is not at 0.
#[test]
fn a_section_that_is_missed() {
    let mut elf = Elf::good_m7();
    elf.board = include_str!("../../../boards/imx93-evk-m33.toml").to_owned();
    elf.board_name = "imx93-evk-m33";
    let base = 0x0ffe_0000;
    for part in [m7::VECTORS, m7::TEXT, m7::TABLE] {
        elf.segments[part].vaddr += base;
        elf.segments[part].paddr += base;
    }
    let outcome = check(&elf.board(), &elf.build());
    let found = outcome.findings.iter().find(|f| f.rule == Rule::ElfInterrupts);
    let found = found.map(|f| (f.severity, f.what.as_str()));
    assert_eq!(found, Some((Severity::Error, "there is no section .interrupts")));
}

/// What only Linux's loader would refuse is no error where it does not load.
#[test]
fn the_loaders_rules_are_notes_where_linux_only_attaches() {
    let mut elf = Elf::good_m7();
    elf.edit_board("linux_compatible", "[cpu]", "linux_starts = false\n\n[cpu]");
    elf.segments.push(Segment { filesz: 0, ..Segment::data(0x8100_0000, 0x40) });
    elf.segments.push(Segment { filesz: 0, ..Segment::data(0xf000_0000, 0x40) });
    elf.segments.push(Segment::code(0x1_ffe0, 0x20));
    let outcome = check(&elf.board(), &elf.build());
    let found: Vec<_> = outcome.findings.iter().map(|f| (f.rule, f.severity)).collect();
    assert_eq!(
        found,
        [
            (Rule::SegmentCarveout, Severity::Note),
            (Rule::SegmentAddress, Severity::Note),
            (Rule::SegmentRowEnd, Severity::Note),
        ]
    );
    assert!(outcome.is_fit());
}

/// scripts/build.sh makes one for every Cortex-M, whoever loads it.
#[test]
fn a_flat_image_needs_no_uboot() {
    let mut elf = Elf::good_m7();
    elf.drop_uboot();
    elf.segments[m7::DATA].paddr = m7::DATA_ADDRESS;
    let rules: Vec<Rule> = check(&elf.board(), &elf.build()).findings.iter().map(|f| f.rule).collect();
    assert_eq!(rules, [Rule::FlatImage]);
}

/// A table outside the code is outside the flat image too.
#[test]
fn a_table_in_ocram() {
    let mut elf = Elf::good_m7();
    elf.move_table(0x2020_0000);
    let findings = check(&elf.board(), &elf.build()).findings;
    let rules: Vec<Rule> = findings.iter().map(|f| f.rule).collect();
    assert_eq!(rules, [Rule::FlatImage, Rule::TableMemory]);
    assert_eq!(findings[1].place, "section 3 (.resource_table) at 0x20200000");
    assert!(findings[1].what.contains("not in the memory of code or data"), "{}", findings[1]);
    assert!(findings[1].linux.contains("single bytes"), "{}", findings[1]);
}
