// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each kind of bad board file is refused at the right line, with the field and what to write instead. Those of a
//! Cortex-M are in `refusals_cortex_m.rs`.

mod refuse;

use imx_rpmsg_board::{Board, Error};
use refuse::{Good, refusals};

const QM: Good = Good { text: include_str!("../../../boards/imx8qm-mek-dsp.toml"), file: "boards/imx8qm-mek-dsp.toml" };
const GOOD: Good =
    Good { text: include_str!("../../../boards/imx8mp-evk-dsp.toml"), file: "boards/imx8mp-evk-dsp.toml" };

refusals! {
    GOOD;
    // Form.
    no_toml: "[vring]", "num = 256" => "num = = 256", "", "", "toml.io";
    unknown_field: "[vring]", "align = 4096" => "size = 1\nalign = 4096", "vring.size", "unknown field `size`, expected", "remove it";
    unknown_top_field: "soc", "soc = \"imx8mp\"" => "socks = 2\nsoc = \"imx8mp\"", "socks", "unknown field `socks`", "remove it";
    missing_field: "[[carveout]]", "[[carveout]] # dts: vdev0vring0@942f0000; IAF: VRING0 base\nname = \"vdev0vring0\"" => "[[carveout]]", "carveout[0].name", "missing field `name`", "add name = \"vdev0vring0\"";
    missing_in_table: "[vring]", "[vring] # IAF: 256 entries, 4 KiB aligned: the used ring shares no cache line with what Linux writes\nnum = 256" => "[vring]", "vring.num", "missing field `num`", "add num = 256";
    wrong_type: "[mailbox]", "channel = 0" => "channel = \"0\"", "mailbox.channel", "expected u32", "write channel = 0";
    too_large: "[mailbox]", "base = 0x30e70000" => "base = 0x130e70000", "mailbox.base", "expected u32", "write base = 0x30e70000";
    unknown_core: "core =", "hifi4" => "hifi5", "core", "unknown variant `hifi5`, expected one of `hifi4`, `cortex-m4`","write core = \"hifi4\"";
    unknown_role: "name = \"dram0\"", "role = \"stack\"" => "role = \"heap\"", "memory[1].role", "unknown variant `heap`", "write role = \"vectors\"";

    // What goes with the core.
    field_that_moved: "[cpu]", "clock_hz = 800_000_000" => "excm_level = 3\nclock_hz = 800_000_000", "cpu.excm_level", "unknown field `excm_level`", "remove it";
    table_of_another_core: "[hifi4]", "[hifi4]" => "[cortex_m]\ninterrupts = 160\nmpu_regions = 0\n[hifi4]", "cortex_m", "is not for a hifi4", "remove it, or correct core";
    loader_of_another_core: "loader =", "loader = \"imx_dsp_rproc\"" => "loader = \"imx_rproc\"", "loader", "imx_rproc does not load a hifi4", "write \"imx_dsp_rproc\"";
    only_attached_to: "loader =", "loader = \"imx_dsp_rproc\"" => "linux_starts = false\nloader = \"imx_dsp_rproc\"", "linux_starts", "cannot attach", "remove it";
    role_of_another_core: "name = \"dram1\"", "name = \"dram1\"" => "role = \"code\"\nname = \"dram1\"", "memory[2].role", "\"code\" is no role of a hifi4's memory", "one of \"vectors\", \"stack\", \"image\"";

    // Identity.
    other_name: "name =", "name = \"imx8mp-evk-dsp\"" => "name = \"imx8mp\"", "name", "not the file's name", "write \"imx8mp-evk-dsp\"";

    // Memory.
    overlapping_memory: "name = \"dram1\"", "address = 0x3b6f0000\nsize = 0x8000" => "address = 0x3b6ec000\nsize = 0x1000", "memory[2].address", "overlaps 'dram0'", "move or shrink";
    memory_twice: "name = \"dram0\"", "name = \"dram1\"" => "name = \"dram0\"", "memory[2].name", "there already", "another name";
    role_twice: "name = \"dram1\"", "name = \"dram1\"" => "role = \"stack\"\nname = \"dram1\"", "memory[2].role", "'dram0' has this role already", "one of them";
    bad_region_name: "name = \"dram1\"", "name = \"dram1\"" => "name = \"dram-1\"", "memory[2].name", "no name for a linker region", "underscores";
    empty_memory: "name = \"dram1\"", "size = 0x8000" => "size = 0", "memory[2].size", "is 0", "size in bytes";
    odd_memory: "name = \"dram1\"", "size = 0x8000" => "size = 0x7fff", "memory[2].size", "not a multiple of 4", "write 0x7ffc";
    wrapping_row: "# DDR", "size = 0x80000000" => "size = 0xc0000004", "translation[4].size", "behind the 32-bit address space", "write 0xc0000000 or less";
    untranslated_memory: "name = \"dram1\"", "address = 0x3b6f0000" => "address = 0x3b000000", "memory[2].address", "not inside one row of [[translation]]", "0x3b6f0000..=0x3b6f7fff";
    memory_over_the_end_of_a_row: "name = \"dram1\"", "address = 0x3b6f0000" => "address = 0x3b73c000", "memory[2].address", "0x3b73c000..=0x3b743fff is not inside one row", "0x3b700000..=0x3b73ffff";
    image_over_rings: "name = \"ddr\"", "address = 0x92400000" => "address = 0x932f1000", "memory[3].address", "overlaps the carveout 'vdev0vring0'", "move or shrink";
    unaligned_image: "name = \"ddr\"", "address = 0x92400000" => "address = 0x92400040", "memory[3].address", "not a multiple of cpu.dcache_line", "write 0x92400000";

    // Translation.
    overlapping_rows: "# OCRAM_A", "device = 0x3b700000" => "device = 0x3b6f8400", "translation[3].device", "overlaps the row of 0x3b6f8000..=0x3b6f87ff", "copy the rows";
    empty_row: "# OCRAM_A", "size = 0x40000" => "size = 0", "translation[3].size", "is 0", "remove the table";

    // Carveouts and rings.
    overlapping_carveouts: "name = \"vdev0vring1\"", "linux = 0x942f8000" => "linux = 0x942f4000", "carveout[1].linux", "overlaps 'vdev0vring0'", "device tree";
    carveout_role_twice: "name = \"vdev0buffer\"", "role = \"buffer\"" => "role = \"rings\"", "carveout[2].role", "unknown variant `rings`", "\"buffer\"";
    carveout_off_a_line: "name = \"vdev0buffer\"", "size = 0x100000" => "size = 0xfffc4", "carveout[2].size", "not a multiple of cpu.dcache_line", "multiple of 0x80";
    untranslated_carveout: "name = \"vdev0buffer\"", "linux = 0x94300000" => "linux = 0xc0000000", "carveout[2].linux", "not inside one row", "0x40000000..=0xbfffffff";
    ring_off_its_alignment: "name = \"vdev0vring0\"", "linux = 0x942f0000" => "linux = 0x942ef800", "carveout[0].linux", "not a multiple of vring.align", "multiple of 0x1000";
    ring_too_large: "name = \"vdev0vring0\"", "size = 0x8000" => "size = 0x2000", "carveout[0].size", "0x2000 is too little: the ring of 256 entries take 0x3000", "write 0x3000 or more, as the device tree must have it, or vring.num = 128";
    buffers_too_large: "name = \"vdev0buffer\"", "size = 0x100000" => "size = 0x20000", "carveout[2].size", "the buffers for 256 entries take 0x40000", "or vring.num = 128";
    ring_of_100: "[vring]", "num = 256" => "num = 100", "vring.num", "100 entries make no ring", "power of two from 2 to 256";
    ring_of_512: "[vring]", "num = 256" => "num = 512", "vring.num", "512 entries make no ring", "power of two from 2 to 256";
    ring_of_1: "[vring]", "num = 256" => "num = 1", "vring.num", "1 entries make no ring", "power of two from 2 to 256";
    align_no_power: "[vring]", "align = 4096" => "align = 3000", "vring.align", "3000 is no alignment", "power of two from 128 to 4096";
    align_of_16: "[vring]", "align = 4096" => "align = 16", "vring.align", "share a cache line", "write 128";

    // Core.
    no_clock: "[cpu]", "clock_hz = 800_000_000" => "clock_hz = 0", "cpu.clock_hz", "0 is no clock of the core", "nominal clock in Hz";
    clock_in_megahertz: "[cpu]", "clock_hz = 800_000_000" => "clock_hz = 800", "cpu.clock_hz", "800 is no clock of the core", "nominal clock in Hz";
    clock_just_too_slow: "[cpu]", "clock_hz = 800_000_000" => "clock_hz = 999_999", "cpu.clock_hz", "999999 is no clock of the core", "nominal clock in Hz";
    line_of_another_core: "[cpu]", "dcache_line = 128" => "dcache_line = 64", "cpu.dcache_line", "64 is not that of a HiFi4", "write 128";
    bad_line: "[cpu]", "dcache_line = 128" => "dcache_line = 96", "cpu.dcache_line", "96 is no size", "a power of two";
    no_cache: "[hifi4]", "dcache_size = 0xc000" => "dcache_size = 0", "hifi4.dcache_size", "no size of a cache", "multiple of 0x80";
    cache_of_half_a_line: "[hifi4]", "icache_size = 0x8000" => "icache_size = 0x8040", "hifi4.icache_size", "no size of a cache", "multiple of 0x80";
    bad_attribute: "[hifi4]", "0x22212222" => "0x22212223", "hifi4.cacheattr", "nibble 0 is 3", "1 (write-through)";
    cached_registers: "[hifi4]", "0x22212222" => "0x22212212", "hifi4.cacheattr", "nibble 1 is 1, which does not suit the registers of 'mailbox.base'", "2 (bypass)";
    forbidden_memory: "[hifi4]", "0x22212222" => "0x222f2222", "hifi4.cacheattr", "nibble 4 is 15, which forbids access to 'ddr'", "1 (write-through)";
    reset_outside: "[hifi4]", "reset_vector = 0x3b6f8000" => "reset_vector = 0x3b6f9000", "hifi4.reset_vector", "outside 'iram'", "correct the memory";
    reset_in_vectors: "[hifi4]", "reset_vector = 0x3b6f8000" => "reset_vector = 0x3b6f8500", "hifi4.reset_vector", "is inside the vectors", "XCHAL_RESET_VECTOR0_VADDR";
    vectors_over_the_end: "[hifi4]", "vecbase = 0x3b6f8400" => "vecbase = 0x3b6f8600", "hifi4.vecbase", "outside 'iram'", "correct the memory";
    odd_vecbase: "[hifi4]", "vecbase = 0x3b6f8400" => "vecbase = 0x3b6f8402", "hifi4.vecbase", "not a multiple of 4", "write 0x3b6f8400";
    no_such_interrupt: "[mailbox]", "interrupt = 7" => "interrupt = 32", "mailbox.interrupt", "32 is no interrupt", "write 0 to 31";
    level_0: "[mailbox]", "interrupt_level = 2" => "interrupt_level = 0", "mailbox.interrupt_level", "level 0", "write 1 to 3 (hifi4.excm_level)";
    level_above_excm: "[mailbox]", "interrupt_level = 2" => "interrupt_level = 4", "mailbox.interrupt_level", "cannot be compiled code", "write 1 to 3 (hifi4.excm_level)";
    same_interrupt: "[mailbox]", "interrupt = 7" => "interrupt = 2", "mailbox.interrupt", "2 is hifi4.timer_interrupt already", "another interrupt";

    stack_of_64_bytes: "name = \"dram0\"", "size = 0x8000" => "size = 0x40", "memory[1].size", "0x40 is too little for a stack", "write 0x400 or more";
    stack_that_starts_off_a_frame: "name = \"dram0\"", "size = 0x8000" => "size = 0x7ff8", "memory[1].size", "start at 0x3b6efff8, not at a multiple of 16", "ends on a multiple of 16";

    // RAM.
    empty_ram: "[[ram]]", "size = 0xc0000000" => "size = 0", "ram[0].size", "is 0", "remove the table";

    // Names that Linux goes by.
    ring_of_no_name: "name = \"vdev0vring0\"", "vdev0vring0" => "vdev0vringX", "carveout[0].name", "Linux does not take 'vdev0vringX' for the vring0", "write \"vdev0vring0\"";
    ring_of_another_device: "name = \"vdev0vring1\"", "vdev0vring1" => "vdev1vring1", "carveout[1].name", "Linux does not take 'vdev1vring1' for the vring1", "write \"vdev0vring1\"";
    ring_under_the_buffers_name: "name = \"vdev0vring0\"", "vdev0vring0" => "vdevbuffer", "carveout[0].name", "Linux does not take 'vdevbuffer' for the vring0", "write \"vdev0vring0\"";
    buffers_of_another_device: "name = \"vdev0buffer\"", "vdev0buffer" => "vdev1buffer", "carveout[2].name", "Linux does not take 'vdev1buffer' for the buffer", "\"vdevbuffer\"";
    name_with_an_address: "name = \"vdev0buffer\"", "vdev0buffer" => "vdev0buffer@94300000", "carveout[2].name", "has the node's address", "write \"vdev0buffer\"";
    compatible_of_another_core: "linux_compatible", "imx8mp-hifi4" => "imx8mp-cm7", "linux_compatible", "none of imx_dsp_rproc's compatibles for a hifi4", "write \"fsl,imx8mp-hifi4\"";

    // Link.
    mu_of_another_soc: "[mailbox]", "mu_version = 1" => "mu_version = 2", "mailbox.mu_version", "2 is not that of an imx8mp", "write 1, or correct soc";
    mu_3: "[mailbox]", "mu_version = 1" => "mu_version = 3", "mailbox.mu_version", "no MU version 3", "write 1 (fsl,imx6sx-mu";
    channel_4: "[mailbox]", "channel = 0" => "channel = 4", "mailbox.channel", "imx_dsp_rproc does not kick on channel 4", "write 0,";
    shift_8: "[mailbox]", "kick_shift = 0" => "kick_shift = 8", "mailbox.kick_shift", "imx_dsp_rproc does not shift by 8", "write 0";
    shift_of_the_other_driver: "[mailbox]", "kick_shift = 0" => "kick_shift = 16", "mailbox.kick_shift", "imx_dsp_rproc does not shift by 16", "write 0";
    mu_off_its_base: "[mailbox]", "base = 0x30e70000" => "base = 0x30e70010", "mailbox.base", "no base of a peripheral", "multiple of 0x1000";
    mu_in_memory: "[mailbox]", "base = 0x30e70000" => "base = 0x3b6f0000", "mailbox.base", "inside the memory 'dram1'", "address of the registers";
    uart_without_clock: "[uart]", "clock_hz = 24_000_000" => "clock_hz = 0", "uart.clock_hz", "0 is too slow for 115200 baud", "clock of the baud rate";
    uart_clock_in_megahertz: "[uart]", "clock_hz = 24_000_000" => "clock_hz = 24", "uart.clock_hz", "24 is too slow for 115200 baud", "in Hz";
    uart_at_the_mailbox: "[uart]", "base = 0x30a60000" => "base = 0x30e70000", "uart.base", "is mailbox.base", "base of the serial port";
    uart_in_ram: "[uart]", "base = 0x30a60000" => "base = 0x50000000", "uart.base", "inside the memory 'RAM'", "address of the registers";
    mu_in_the_cores_own_memory: "[mailbox]", "base = 0x30e70000" => "base = 0x3b700000", "mailbox.base", "inside the memory 'of the core's own'", "address of the registers";
    uart_at_0: "[uart]", "base = 0x30a60000" => "base = 0", "uart.base", "no base of a peripheral", "memory map";
    trace_of_odd_size: "[trace]", "size = 0x2000" => "size = 0x2010", "trace.size", "no size for the log", "multiple of 0x80";
    trace_too_large: "[trace]", "size = 0x2000" => "size = 0x1000000", "trace.size", "no size for the log", "up to half of the image, 0x800000";
    trace_without_name: "[trace]", "imx-rpmsg log" => "", "trace.name", "does not fit", "1 to 31";
    trace_with_long_name: "[trace]", "imx-rpmsg log" => "a name of thirty-two characters..", "trace.name", "does not fit", "1 to 31";
}

#[test]
fn a_file_without_an_image_or_a_carveout() {
    let without_image = GOOD.text.replacen("role = \"image\"\n", "", 1);
    let problems = GOOD.refused(&without_image);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].field, "memory");
    assert!(problems[0].what.contains("no memory has the role \"image\""));

    let start = GOOD.text.find("[[carveout]] # dts: vdev0buffer").unwrap_or(0);
    let end = GOOD.text.find("[vring]").unwrap_or(0);
    let without_buffer = format!("{}{}", &GOOD.text[..start], &GOOD.text[end..]);
    let problems = GOOD.refused(&without_buffer);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].field, "carveout");
    assert!(problems[0].instead.contains("role = \"buffer\""));
}

#[test]
fn data_in_memory_that_takes_words_only() {
    let text = GOOD.text.replacen("role = \"vectors\"\n", "", 1);
    let text = text.replacen("role = \"stack\"", "role = \"vectors\"", 1);
    let text = text.replacen("name = \"iram\"", "name = \"iram\"\nrole = \"stack\"", 1);
    let problems = GOOD.refused(&text);
    let words = problems.iter().find(|p| p.field == "memory[0].role");
    assert!(words.is_some_and(|p| p.what.contains("32-bit writes only")), "{problems:?}");
}

#[test]
fn all_problems_are_listed_in_the_order_of_the_file() {
    let text = GOOD
        .text
        .replacen("kick_shift = 0", "kick_shift = 8", 1)
        .replacen("num = 256", "num = 100", 1)
        .replacen("excm_level = 3", "excm_level = 9", 1);
    let problems = GOOD.refused(&text);
    let fields: Vec<&str> = problems.iter().map(|p| p.field.as_str()).collect();
    assert_eq!(fields, ["hifi4.excm_level", "vring.num", "mailbox.kick_shift"]);
    assert!(problems.is_sorted_by_key(|p| p.line));
    let message = Error::Refused(problems).to_string();
    assert_eq!(message.lines().count(), 3);
    assert!(message.lines().all(|l| l.starts_with("boards/imx8mp-evk-dsp.toml:")), "{message}");
}

/// What a later SoC needs: addresses that differ between core and Linux, and another MU.
#[test]
fn a_board_whose_addresses_differ_from_those_of_linux() {
    let text = GOOD
        .text
        .replacen(
            "device = 0x40000000\nlinux = 0x40000000\nsize = 0x80000000",
            "device = 0x0c000000\nlinux = 0x80000000\nsize = 0x10000000",
            1,
        )
        .replacen("address = 0x92400000", "address = 0x1a000000", 1)
        .replacen("0x942f0000\nsize", "0x8fef0000\nsize", 1)
        .replacen("0x942f8000\nsize", "0x8fef8000\nsize", 1)
        .replacen("linux = 0x94300000\n", "linux = 0x8ff00000\n", 1)
        .replacen("mu_version = 1", "mu_version = 2", 1)
        .replacen("soc = \"imx8mp\"", "soc = \"imx8ulp\"", 1)
        .replacen("base = 0x30e70000", "base = 0x2da20000", 1);
    let board = Board::parse(&text, GOOD.file).unwrap_or_else(|e| panic!("{e}"));
    let devices: Vec<u32> = board.carveouts.iter().map(|c| c.device).collect();
    assert_eq!(devices, [0x1bef_0000, 0x1bef_8000, 0x1bf0_0000]);
    assert!(board.to_rust().contains(
        "VRING0: crate::shm::Window = crate::shm::Window { linux: 0x8fef_0000, device: 0x1bef_0000, len: 0x0000_8000 };"
    ));
}

/// `block` before the vrings' table.
fn with_block(block: &str) -> String {
    GOOD.with(&[("[vring]", &format!("{block}\n[vring]"))])
}

#[test]
fn a_hifi4_needs_its_table_and_its_level() {
    let start = GOOD.text.find("[hifi4]").unwrap_or(0);
    let end = GOOD.text.find("# Where the linker").unwrap_or(0);
    let without = format!("{}{}", &GOOD.text[..start], &GOOD.text[end..]);
    GOOD.expect_only(&without, "core", "a hifi4 has a table [hifi4]", "add [hifi4]");

    let without = GOOD.with(&[("interrupt_level = 2 # HAL: XCHAL_INT7_LEVEL\n", "")]);
    GOOD.expect_only(&without, "mailbox.interrupt_level", "is missing", "add interrupt_level");
}

#[test]
fn u_boot_does_not_start_a_hifi4() {
    let text = with_block("[uboot]\nbuffer = 0x48000000\naddress = 0\ncommands = [\"load {file}\"]");
    GOOD.expect_only(&text, "uboot", "only Linux's driver starts it", "remove it");
}

#[test]
fn registers_to_set_up() {
    let setup = |address: &str, rest: &str| with_block(&format!("[[setup]]\naddress = {address}\n{rest}"));
    let fine = "set = 1\nwhy = \"unmasks\"";
    assert!(Board::parse(&setup("0x30a80004", fine), GOOD.file).is_ok());
    let cleared = Board::parse(&setup("0x30a80004", "clear = 6\nwhy = \"masks\""), GOOD.file);
    let cleared = cleared.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((cleared.setup[0].clear, cleared.setup[0].set), (6, 0));
    for (address, rest, field, what, instead) in [
        ("0x30a80002", fine, "setup[0].address", "not a multiple of 4", "write 0x30a80000"),
        ("0x3b6f0000", fine, "setup[0].address", "inside the memory 'dram1'", "of the registers"),
        ("0x80000000", fine, "setup[0].address", "inside the memory 'RAM'", "of the registers"),
        ("0x30a80004", "set = 0\nwhy = \"x\"", "setup[0].set", "changes nothing", "bits to set"),
        ("0x30a80004", "why = \"x\"", "setup[0].set", "changes nothing", "those to clear"),
        ("0x30a80004", "set = 1\nwhy = \" \"", "setup[0].why", "is empty", "reason"),
        ("0x30a80004", "set = 1", "setup[0].why", "missing field `why`", "add why"),
    ] {
        // In RAM the core has another attribute than registers need, which is another test.
        let text = setup(address, rest).replacen("cacheattr = 0x22212222", "cacheattr = 0x22222222", 1);
        GOOD.expect_only(&text, field, what, instead);
    }
    let cached = setup("0x80000000", fine).replacen("address = 0x40000000\nsize = 0xc0000000", "", 1);
    let cached = cached.replacen("[[ram]]", "", 1);
    let what = "does not suit the registers of 'setup.address'";
    GOOD.expect_only(&cached, "hifi4.cacheattr", what, "2 (bypass)");
}

#[test]
fn a_file_without_carveouts_is_told_of_all_roles() {
    let start = GOOD.text.find("[[carveout]]").unwrap_or(0);
    let end = GOOD.text.find("[vring]").unwrap_or(0);
    let problems = GOOD.refused(&format!("{}{}", &GOOD.text[..start], &GOOD.text[end..]));
    assert_eq!(problems.len(), 1, "{problems:?}");
    for role in ["vring0", "vring1", "buffer", "rsc-table", "pool"] {
        assert!(problems[0].instead.contains(role), "{}", problems[0]);
    }
}

#[test]
fn a_figure_in_doubt_comes_with_a_check() {
    let text = with_block("[[unconfirmed]]\nwhat = \"x\"\ncheck = \"\"");
    GOOD.expect_only(&text, "unconfirmed[0].check", "is empty", "five minutes");
    let text = with_block("[[unconfirmed]]\nwhat = \"x\"");
    GOOD.expect_only(&text, "unconfirmed[0].check", "missing field `check`", "add check");
}

#[test]
fn carveouts_of_other_roles() {
    let carveout = |name, role, linux, size| {
        with_block(&format!("[[carveout]]\nname = \"{name}\"\nrole = \"{role}\"\nlinux = {linux}\nsize = {size}"))
    };
    let live = carveout("rsc-table", "rsc-table", "0x95000000", "0x1000");
    GOOD.expect_only(
        &live,
        "carveout[3].role",
        "keeps the resource table in the ELF's own section",
        "remove the table",
    );
    let pool = carveout("linux,cma", "pool", "0x96000000", "0x2000000");
    assert!(Board::parse(&pool, GOOD.file).is_ok());
    let small = carveout("linux,cma", "pool", "0x96000000", "0x40000");
    GOOD.expect_only(
        &small,
        "carveout[3].size",
        "rings and buffers for 256 entries take 0x46000",
        "or vring.num = 128",
    );
    let over_rings = carveout("linux,cma", "pool", "0x94000000", "0x2000000");
    let fields: Vec<String> = GOOD.refused(&over_rings).into_iter().map(|p| p.field).collect();
    assert_eq!(fields, ["carveout[3].linux"; 3]);
    let over_image = carveout("linux,cma", "pool", "0x90000000", "0x4000000");
    GOOD.expect_only(&over_image, "memory[3].address", "overlaps the carveout 'linux,cma'", "move or shrink");
}

#[test]
fn an_address_in_the_resource_table_means_one_place() {
    // The device addresses of vring1 are Linux's of vring0, and other memory.
    let text = GOOD.with(&[("linux = 0x942f8000", "linux = 0x942f8000\ndevice = 0x942f0000")]);
    let problems = GOOD.refused(&text);
    let fields: Vec<&str> = problems.iter().map(|p| p.field.as_str()).collect();
    assert_eq!(fields, ["carveout[1].linux", "carveout[1].device"], "{problems:?}");
    assert!(problems[0].what.contains("are device addresses of 'vdev0vring1'"), "{}", problems[0]);
    // Elsewhere it is a board like another.
    let text = GOOD.with(&[("linux = 0x942f8000", "linux = 0x942f8000\ndevice = 0x9f000000")]);
    let board = Board::parse(&text, GOOD.file).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((board.carveouts[1].linux, board.carveouts[1].device), (0x942f_8000, 0x9f00_0000));
    let text = GOOD.with(&[("linux = 0x942f8000", "linux = 0x942f8000\ndevice = 0x9f000002")]);
    GOOD.expect_only(&text, "carveout[1].device", "not a multiple of 4", "write 0x9f000000");
}

#[test]
fn carveouts_that_are_apart_for_linux_are_apart_for_the_core() {
    let device = |ring1: &str, buffer: &str| {
        GOOD.with(&[
            ("linux = 0x942f8000", &format!("linux = 0x942f8000\ndevice = {ring1}")),
            ("linux = 0x94300000", &format!("linux = 0x94300000\ndevice = {buffer}")),
        ])
    };
    let text = device("0x9f008000", "0x9ef09000");
    let overlap = "0x9ef09000..=0x9f008fff, by device addresses, overlaps 'vdev0vring1', 0x9f008000..=0x9f00ffff";
    GOOD.expect_only(&text, "carveout[2].device", overlap, "apart for the core");
    assert!(Board::parse(&device("0x9f008000", "0x9ef08000"), GOOD.file).is_ok());
}

#[test]
fn a_null_pointer_is_no_carveout() {
    let text = GOOD.with(&[("linux = 0x94300000", "linux = 0x94300000\ndevice = 0")]);
    GOOD.expect_only(&text, "carveout[2].device", "is at device address 0, a null pointer", "other memory");
}

#[test]
fn shared_memory_is_cached_as_the_image_is_or_not_at_all() {
    let attributes = |value| QM.with(&[("cacheattr = 0x22212222", &format!("cacheattr = {value}"))]);
    // The image is in region 4, the pool is all of region 6.
    for (value, nibble) in [("0x24212222", 4), ("0x21242222", 1)] {
        let what = format!("nibble 6 is {nibble}, which is not the image's");
        let remedy = if nibble == 4 { "write 2 (bypass) or 1 there" } else { "write 2 (bypass) or 4 there" };
        QM.expect_only(&attributes(value), "hifi4.cacheattr", &what, remedy);
    }
    // An image that is not cached leaves one answer.
    let text = attributes("0x21222222");
    QM.expect_only(&text, "hifi4.cacheattr", "nibble 6 is 1, which is not the image's 2", "write 2 (bypass) there");
    for value in ["0x22242222", "0x21212222", "0x24242222"] {
        assert!(Board::parse(&attributes(value), QM.file).is_ok(), "{value}");
    }
    // Over regions 5 and 6.
    let pool = [("linux = 0xc0000000", "linux = 0xbf000000"), ("cacheattr = 0x22212222", "cacheattr = 0x24212222")];
    let text = QM.with(&pool);
    QM.expect_only(
        &text,
        "hifi4.cacheattr",
        "Linux shares 'linux,cma', in 0xc0000000..=0xdfffffff",
        "write 2 (bypass) or 1 there",
    );
    assert!(Board::parse(&QM.with(&pool[..1]), QM.file).is_ok());
}

/// A board with 1 GB, whose memory is that of the board with 6 GB.
#[test]
fn a_board_with_less_ram() {
    let text = GOOD.with(&[("size = 0xc0000000", "size = 0x40000000")]);
    let problems = GOOD.refused(&text);
    let fields: Vec<&str> = problems.iter().map(|p| p.field.as_str()).collect();
    assert_eq!(fields, ["memory[3].address", "carveout[0].linux", "carveout[1].linux", "carveout[2].linux"]);
    assert!(problems.iter().all(|p| p.instead == "move it into 0x40000000..=0x7fffffff (ram), or correct ram"));
    for (size, field, range) in [
        (
            "0x53000000",
            "memory[3].address",
            "the memory 'ddr', 0x92400000..=0x933fffff of Linux's addresses, is not in",
        ),
        ("0x54380000", "carveout[2].linux", "the carveout 'vdev0buffer', 0x94300000..=0x943fffff of Linux's"),
    ] {
        let text = GOOD.with(&[("size = 0xc0000000", &format!("size = {size}"))]);
        let problems = GOOD.refused(&text);
        let problem = problems.iter().find(|p| p.field == field).unwrap_or_else(|| panic!("{problems:?}"));
        assert!(problem.what.contains(range) && problem.instead.contains("or correct ram"), "{problem}");
    }
    // Without the table nothing is known of it.
    let text = GOOD.with(&[("address = 0x40000000\nsize = 0xc0000000\n", ""), ("[[ram]]", "")]);
    assert!(Board::parse(&text, GOOD.file).is_ok());
}

#[test]
fn ranges_of_ram() {
    let rest = "size = 0xc0000000\n[[ram]]\naddress = 0x94000000\nsize = 0x6c000000";
    let (first, over) = ("size = 0x54000000\n", "size = 0x54001000\n");
    let two = |first: &str| GOOD.with(&[("size = 0xc0000000", &rest.replacen("size = 0xc0000000\n", first, 1))]);
    assert!(Board::parse(&two(first), GOOD.file).is_ok());
    GOOD.expect_only(&two(over), "ram[1].address", "overlaps 0x40000000..=0x94000fff", "each range once");
}

#[test]
fn a_pool_has_a_name_of_its_own() {
    let pool = |name: &str| {
        with_block(&format!("[[carveout]]\nname = \"{name}\"\nrole = \"pool\"\nlinux = 0x96000000\nsize = 0x2000000"))
    };
    for name in ["vdev0vring2", "vdevbuffer", "rsc-table", ""] {
        let what = format!("Linux does not take '{name}' for the pool");
        GOOD.expect_only(&pool(name), "carveout[3].name", &what, "from which Linux takes its memory");
    }
    let what = "'vdev0buffer' is there already, with the role \"buffer\"";
    GOOD.expect_only(&pool("vdev0buffer"), "carveout[3].name", what, "name of the node");
}

#[test]
fn every_reason_is_an_error() {
    fn is_error<E: std::error::Error + Send + Sync + 'static>() {}
    is_error::<Error>();
    is_error::<imx_rpmsg_board::Problem>();
}
