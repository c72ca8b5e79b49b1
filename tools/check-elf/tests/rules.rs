// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each rule is broken, alone, by a test of its own; those of a Cortex-M and its driver in `rules_cortex_m.rs`.

#[allow(dead_code)]
mod good;

use check_elf::{Rule, Severity, check};
use good::dsp::{DATA, RESET, TABLE, TEXT, VECTORS, field};
use good::elf::{Elf, NOBITS, Section, Segment};

#[test]
fn the_good_one_passes() {
    let elf = Elf::good();
    let outcome = check(&elf.board(), &elf.build());
    assert_eq!(outcome.findings, []);
    let report = outcome.report.unwrap_or_default();
    for line in [
        "  0x3b6f8000           64         64  r-x    iram       .reset",
        "  0x92400300          256       9472  rw-    ddr        .data .bss",
        "  loadable: 1688 bytes from the file, 10904 in memory",
        "  resource table at 0x92400000, 168 bytes, 3 entries",
        "    vendor: nxps, features 0x1: Linux does not wait for the doorbell",
        "    vdev: id 7, features 0x1",
        "      vring0: 256 entries, aligned to 4096, address: Linux's choice",
        "    trace: \"log\", 0x92400800..=0x924027ff",
    ] {
        assert!(report.lines().any(|l| l == line), "no line {line:?} in\n{report}");
    }
}

/// The only finding breaks `rule`, at a place called so, with Linux saying so.
fn expect(rule: Rule, place: &str, linux: &str, spoil: impl FnOnce(&mut Elf)) {
    let mut elf = Elf::good();
    spoil(&mut elf);
    let outcome = check(&elf.board(), &elf.build());
    let all: Vec<String> = outcome.findings.iter().map(ToString::to_string).collect();
    let all = all.join("\n");
    let rules: Vec<Rule> = outcome.findings.iter().map(|f| f.rule).collect();
    assert_eq!(rules, [rule], "{all}");
    let finding = &outcome.findings[0];
    assert!(finding.place.contains(place), "no {place:?} in the place of\n{all}");
    assert!(finding.linux.contains(linux), "no {linux:?} in\n{all}");
    assert!(!finding.fix.is_empty());
    assert_eq!(outcome.is_fit(), finding.severity == Severity::Note);
    assert_eq!(outcome.report.is_some(), outcome.is_fit());
}

macro_rules! broken {
    ($($test:ident: $rule:ident, $place:literal, $linux:literal, $spoil:expr;)*) => {
        $(#[test]
        fn $test() {
            expect(Rule::$rule, $place, $linux, $spoil);
        })*

        #[test]
        fn every_rule_is_broken_by_a_test() {
            let broken = [$(Rule::$rule,)*];
            let elsewhere = |rule: &Rule| good::CORTEX_M_RULES.contains(rule);
            let missing: Vec<_> = Rule::ALL.iter().filter(|r| !broken.contains(r) && !elsewhere(r)).collect();
            assert!(missing.is_empty(), "no test breaks {missing:?}");
        }
    };
}

broken! {
    // The file.
    empty_file: ElfHeader, "file", "Image is too small", |elf| elf.keep = 0;
    no_magic: ElfHeader, "file", "bad magic", |elf| elf.patches.push((0, vec![0x7e]));
    section_headers_cut_off: ElfHeader, "file header", "Image is too small", |elf| elf.keep = elf.build().len() - 8;
    program_headers_outside: ElfHeader, "file header", "Firmware size is too small", |elf| elf.patches.push((28, vec![0, 0, 0, 0x7f]));
    elf64: ElfClass, "file header", "-110", |elf| elf.patches.push((4, vec![2]));
    big_endian: ElfEndian, "file header", "Unsupported firmware endianness", |elf| elf.patches.push((5, vec![2]));
    for_arm: ElfMachine, "file header", "-110", |elf| elf.machine = 40;
    relocatable: ElfType, "file header", "", |elf| elf.kind = 1;
    no_segments: ElfSegments, "program headers", "No loadable segments", |elf| elf.segments.clear();
    other_entry: ElfEntry, "file header", "ignores it on the other SoCs", |elf| elf.entry = 0x9240_0100;

    // Segments.
    more_in_file_than_in_memory: SegmentFileSize, "segment 3 (.text) at 0x92400100", "bad phdr filesz 0x204 memsz 0x200", |elf| elf.segments[TEXT].filesz = 0x204;
    cut_off_segment: SegmentTruncated, "segment 5 at 0x92480000", "truncated fw: need 0x", |elf| {
        let mut segment = Segment::code(0x9248_0000, 0x10);
        (segment.filesz, segment.memsz) = (0x10_0000, 0x10_0000);
        elf.segments.push(segment);
    };
    outside_translation: SegmentAddress, "segment 5 at 0x20000000", "bad phdr da 0x20000000 mem 0x40", |elf| elf.segments.push(Segment::code(0x2000_0000, 0x40));
    over_the_end_of_iram: SegmentAddress, "segment 1 (.vectors) at 0x3b6f8400", "bad phdr da 0x3b6f8400 mem 0x404", |elf| elf.segments[VECTORS].resize(0x404);
    over_two_rows: SegmentAddress, "segment 5 at 0x3b6effc0", "bad phdr da", |elf| {
        elf.drop_section(".stack");
        elf.segments.push(Segment::data(0x3b6e_ffc0, 0x80));
    };
    over_the_top: SegmentAddress, "segment 5 at 0xfffffff0", "bad phdr da 0xfffffff0 mem 0x20", |elf| elf.segments.push(Segment::data(0xffff_fff0, 0x20));
    outside_the_carveout: SegmentCarveout, "segment 5 at 0x93400000", "bad phdr da 0x93400000 mem 0x40", |elf| elf.segments.push(Segment::code(0x9340_0000, 0x40));
    over_the_end_of_the_carveout: SegmentCarveout, "segment 5 at 0x933ffff0", "bad phdr da 0x933ffff0 mem 0x20", |elf| elf.segments.push(Segment::code(0x933f_fff0, 0x20));
    in_a_ring: SegmentRings, "segment 5 at 0x942f8000", "rings or buffers", |elf| elf.segments.push(Segment::data(0x942f_8000, 0x40));
    in_the_buffers: SegmentRings, "segment 5 at 0x94380000", "rings or buffers", |elf| elf.segments.push(Segment::data(0x9438_0000, 0x40));
    unaligned_segment: SegmentAlignment, "segment 5 at 0x92480002", "memory copy failed for da 0x92480002", |elf| elf.segments.push(Segment::code(0x9248_0002, 0x40));
    unaligned_bss: SegmentBssAlignment, "segment 4 (.data .bss) at 0x92400300", "memset failed for da 0x92400300 memsz 0x2500", |elf| {
        elf.segments[DATA].filesz = 0xfe;
        elf.section(".data").size = 0xfe;
    };
    partial_word: SegmentTail, "segment 3 (.text) at 0x92400100", "clears the lowest bit", |elf| {
        elf.segments[TEXT].resize(0x1fe);
        elf.section(".text").size = 0x1fe;
    };
    bss_in_iram: SegmentLocalBss, "segment 1 (.vectors) at 0x3b6f8400", "only words can be written", |elf| elf.segments[VECTORS].memsz = 0x300;
    bss_in_dram: SegmentLocalBss, "segment 5 (.local) at 0x3b6f0000", "zeroes a quarter", |elf| {
        let mut segment = Segment::data(0x3b6f_0000, 0);
        segment.memsz = 0x100;
        elf.segments.push(segment);
        elf.sections.push(Section::reserved(".local", 0x3b6f_0000, 0x100));
    };
    overlapping_segments: SegmentOverlap, "segment 5 at 0x92400200", "overwrites the earlier", |elf| elf.segments.push(Segment::code(0x9240_0200, 0x40));
    loaded_elsewhere: SegmentRelocated, "segment 5 at 0x92480000", "physical address", |elf| {
        let mut segment = Segment::data(0x9248_0000, 0x40);
        segment.vaddr = 0x3b6f_0000;
        elf.segments.push(segment);
    };
    image_in_bypassed_memory: SegmentUncached, "segment 2", "each access goes to DDR", |elf| elf.edit_board("cacheattr", "0x22212222", "0x22222222");

    // Start.
    nothing_at_reset: ResetVector, "file", "-110", |elf| {
        elf.segments[RESET].move_to(0x3b6f_8100);
        elf.section(".reset").address = 0x3b6f_8100;
    };
    zeros_at_reset: ResetVector, "segment 0 (.reset) at 0x3b6f8000", "-110", |elf| elf.segments[RESET].contents[..4].fill(0);
    missing_vector: Vectors, "vectors at 0x3b6f8400", "", |elf| elf.segments[VECTORS].contents[0x17c..0x198].fill(0);
    short_vectors: Vectors, "vectors at 0x3b6f8400", "", |elf| {
        elf.segments[VECTORS].resize(0x21c);
        elf.section(".vectors").size = 0x21c;
    };
    reset_in_data: StartExecutable, "segment 0 (.reset) at 0x3b6f8000", "", |elf| elf.segments[RESET].flags = 6;
    vectors_in_data: StartExecutable, "segment 1 (.vectors) at 0x3b6f8400", "", |elf| elf.segments[VECTORS].flags = 6;

    // Sections.
    section_in_no_segment: SectionUnloaded, "section 8 (.extra) at 0x92480000", "runs without", |elf| elf.sections.push(Section::contents(".extra", 0x9248_0000, 0x40));
    section_behind_the_files_part: SectionUnloaded, "section 8 (.late) at 0x92401000", "runs without", |elf| elf.sections.push(Section::contents(".late", 0x9240_1000, 0x40));
    section_of_other_bytes: SectionUnloaded, "section 4 (.text)", "runs without", |elf| elf.section(".text").offset = Some(52);
    stack_over_a_segment: SectionReserved, "section 7 (.stack)", "", |elf| elf.section(".stack").address = 0x9240_0200;
    stack_in_rings: SectionReserved, "section 7 (.stack)", "", |elf| elf.section(".stack").address = 0x942f_0000;
    stack_nowhere: SectionReserved, "section 7 (.stack)", "", |elf| elf.section(".stack").address = 0x3b6e_c000;

    // The table's place.
    no_table: TableMissing, "sections", "no resource table found for this firmware", |elf| elf.drop_section(".resource_table");
    table_without_contents: TableType, "section 3 (.resource_table) at 0x92400000", "", |elf| elf.section(".resource_table").kind = NOBITS;
    table_outside_the_file: TableTruncated, "section 3 (.resource_table)", "resource table truncated", |elf| elf.section(".resource_table").offset = Some(0x10_0000);
    table_not_loaded: TableLoaded, "section 3 (.resource_table) at 0x92490000", "may never see it", |elf| {
        let offset = elf.build().windows(4).position(|w| w == 0x6e78_7073u32.to_le_bytes());
        let table = elf.section(".resource_table");
        table.offset = offset.map(|o| (o - field::VENDOR_MAGIC) as u32);
        table.address = 0x9249_0000;
    };
    table_in_iram: TableMemory, "section 3 (.resource_table) at 0x3b6f8080", "single bytes", |elf| {
        elf.segments[TABLE].resize(0xa8);
        elf.move_table(0x3b6f_8080);
    };
    table_in_dram: TableMemory, "section 3 (.resource_table) at 0x3b6f0000", "single bytes", |elf| elf.move_table(0x3b6f_0000);
    table_off_a_line: TableAlignment, "section 3 (.resource_table) at 0x92480040", "cache line", |elf| elf.move_table(0x9248_0040);
    data_behind_the_table: TableLine, "section 3 (.resource_table)", "cache line", |elf| elf.sections.push(Section::contents(".near", 0x9240_00c0, 0x10));
    table_of_odd_size: TableSize, "section 3 (.resource_table)", "alignment fault", |elf| elf.section(".resource_table").size = 0xac;

    // The table's header.
    table_of_8_bytes: TableHeader, "section 3 (.resource_table)", "header-less resource table", |elf| elf.section(".resource_table").size = 8;
    version_2: TableVersion, "section 3 (.resource_table)", "unsupported fw ver: 2", |elf| elf.poke(field::VERSION, 2);
    reserved_word: TableReserved, "section 3 (.resource_table)", "non zero reserved bytes", |elf| elf.poke(field::RESERVED + 4, 1);
    too_many_entries: TableIncomplete, "section 3 (.resource_table)", "resource table incomplete", |elf| elf.poke(field::NUM, 1000);
    offset_into_the_header: TableOffset, "entry 2 (unread) at offset 0x10", "rsc table is truncated", |elf| elf.poke(field::OFFSET + 8, 0x10);
    offset_behind_the_table: TableOffset, "entry 2 (unread) at offset 0xa8", "rsc table is truncated", |elf| elf.poke(field::OFFSET + 8, 0xa8);
    odd_offset: TableOffset, "entry 2 (unread) at offset 0x7a", "", |elf| elf.poke(field::OFFSET + 8, 0x7a);

    // Its entries.
    half_a_trace: EntryTruncated, "entry 2 (trace)", "trace rsc is truncated", |elf| elf.section(".resource_table").size = 0x90;
    long_config: EntryTruncated, "entry 2 (vdev)", "vdev rsc is truncated", |elf| {
        // A copy of the virtio device as the last entry; the first is enough for the count.
        let vdev = elf.segments[TABLE].contents[field::VDEV..field::TRACE].to_vec();
        elf.segments[TABLE].contents[field::TRACE..field::TRACE + vdev.len()].copy_from_slice(&vdev);
        elf.poke(field::TRACE + field::VDEV_CONFIG_LEN - field::VDEV, 0x1000);
        elf.section(".resource_table").size = 0xc0;
    };
    vdev_reserved: EntryReserved, "entry 1 (vdev)", "vdev rsc has non zero reserved bytes", |elf| elf.poke_byte(field::VDEV_BYTES + 2, 1);
    trace_reserved: EntryReserved, "entry 2 (trace)", "trace rsc has non zero reserved bytes", |elf| elf.poke(field::TRACE_RESERVED, 1);
    unknown_type: EntryType, "entry 2 (unknown)", "unsupported resource 77", |elf| elf.poke(field::TRACE, 77);
    type_behind_the_vendors: EntryType, "entry 2 (unknown)", "unsupported resource 513", |elf| elf.poke(field::TRACE, 513);
    devmem: EntryDevmem, "entry 2 (devmem)", "-22", |elf| elf.poke(field::TRACE, 1);
    two_vdevs: VdevCount, "section 3 (.resource_table)", "a virtio device of each", |elf| {
        let vdev = elf.segments[TABLE].contents[field::VDEV..field::TRACE].to_vec();
        elf.segments[TABLE].contents[field::TRACE..field::TRACE + vdev.len()].copy_from_slice(&vdev);
        elf.section(".resource_table").size = 0xc0;
    };
    no_vdev: VdevCount, "section 3 (.resource_table)", "without any RPMsg", |elf| elf.poke(field::OFFSET + 4, field::TRACE as u32);
    console_device: VdevId, "entry 1 (vdev)", "type 3", |elf| elf.poke(field::VDEV_ID, 3);
    no_name_service: VdevFeatures, "entry 1 (vdev)", "no channel", |elf| elf.poke(field::VDEV_FEATURES, 0);
    event_index: VdevFeatures, "entry 1 (vdev)", "format of the rings", |elf| elf.poke(field::VDEV_FEATURES, 0x2000_0001);
    status_set: VdevState, "entry 1 (vdev)", "before it is", |elf| elf.poke_byte(field::VDEV_BYTES, 7);
    features_accepted: VdevState, "entry 1 (vdev)", "before it is", |elf| elf.poke(field::VDEV_ACCEPTED, 1);
    one_vring: VdevVrings, "entry 1 (vdev)", "asks for 2", |elf| elf.poke_byte(field::VDEV_BYTES + 1, 1);
    three_vrings: VdevVrings, "entry 1 (vdev)", "too many vrings: 3", |elf| elf.poke_byte(field::VDEV_BYTES + 1, 3);
    no_entries: VringNum, "entry 1 (vdev) at offset 0x34, vring0", "invalid qsz (0) or alignment (4096)", |elf| elf.poke(field::VRING0 + field::NUM_ENTRIES, 0);
    ring_of_100: VringNum, "vring0", "power of two", |elf| elf.poke(field::VRING0 + field::NUM_ENTRIES, 100);
    ring_of_512: VringNum, "vring0", "512 buffers at most", |elf| elf.poke(field::VRING0 + field::NUM_ENTRIES, 512);
    no_alignment: VringAlign, "vring1", "invalid qsz (256) or alignment (0)", |elf| elf.poke(field::VRING1 + field::ALIGN, 0);
    alignment_of_16: VringAlign, "vring1", "share a cache line", |elf| elf.poke(field::VRING1 + field::ALIGN, 16);
    uneven_rings: VringSymmetry, "entry 1 (vdev)", "symmetric", |elf| elf.poke(field::VRING1 + field::NUM_ENTRIES, 128);
    large_ring: VringSize, "vring0", "Registered carveout doesn't fit len request", |elf| elf.poke(field::VRING0 + field::ALIGN, 0x8000);
    ring_elsewhere: VringAddress, "vring0", "Registered carveout doesn't fit da request", |elf| elf.poke(field::VRING0 + field::ADDRESS, 0x9300_0000);
    ring_over_the_end: VringAddress, "vring1", "len request", |elf| elf.poke(field::VRING1 + field::ADDRESS, 0x942f_e000);
    too_many_buffers: BufferSize, "entry 1 (vdev)", "error -12", |elf| {
        elf.edit_board("name = \"vdev0buffer\"", "size = 0x100000", "size = 0x20000");
        elf.edit_board("[vring]", "num = 256", "num = 128");
    };
    log_outside_the_image: TraceAddress, "entry 2 (trace)", "not available", |elf| elf.poke(field::TRACE_ADDRESS, 0x3b6f_0000);
    log_over_the_table: TraceAddress, "entry 2 (trace)", "other memory", |elf| elf.poke(field::TRACE_ADDRESS, 0x9240_0080);
    log_without_bytes: TraceAddress, "entry 2 (trace)", "not available", |elf| elf.poke(field::TRACE_SIZE, 0);
    log_with_endless_name: TraceName, "entry 2 (trace)", "reads beyond it", |elf| (0..32).for_each(|i| elf.poke_byte(field::TRACE_NAME + i, b'x'));
    vendor_len: Vendor, "entry 0 (vendor)", "waits for the ready doorbell", |elf| elf.poke(field::VENDOR_LEN, 20);
    vendor_magic: Vendor, "entry 0 (vendor)", "waits for the ready doorbell", |elf| elf.poke(field::VENDOR_MAGIC, 0x7370_786e);
    vendor_version: Vendor, "entry 0 (vendor)", "waits for the ready doorbell", |elf| elf.poke(field::VENDOR_VERSION, 1);
    vendor_features: Vendor, "entry 0 (vendor)", "", |elf| elf.poke(field::VENDOR_FEATURES, 3);
    no_vendor_entry: VendorMissing, "section 3 (.resource_table)", "waits for the ready doorbell", |elf| {
        elf.edit_board("[resource_table]", "nxp_vendor_entry = false", "nxp_vendor_entry = true");
        elf.poke(field::NUM, 2);
        elf.poke(field::OFFSET, field::TRACE as u32);
    };
}
