// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each kind of bad board file for a Cortex-M is refused at the right line, with the field and what to write instead.

mod refuse;

use imx_rpmsg_board::Board;
use refuse::{Good, refusals};

const GOOD: Good = Good { text: include_str!("../../../boards/imx8mp-evk-m7.toml"), file: "boards/imx8mp-evk-m7.toml" };
const M4: Good = Good { text: include_str!("../../../boards/imx8qm-mek-m4.toml"), file: "boards/imx8qm-mek-m4.toml" };
const M33: Good = Good { text: include_str!("../../../boards/imx93-evk-m33.toml"), file: "boards/imx93-evk-m33.toml" };
const ULP: Good =
    Good { text: include_str!("../../../boards/imx8ulp-evk-m33.toml"), file: "boards/imx8ulp-evk-m33.toml" };

refusals! {
    GOOD;
    // What goes with the core.
    table_of_another_core: "[cortex_m]", "[cortex_m]" => "[hifi4]\ndcache_size = 0x8000\nicache_size = 0x8000\nexcm_level = 3\nreset_vector = 0\nvecbase = 0\ncacheattr = 0\ntimer_interrupt = 0\ntimer_interrupt_level = 0\nsoftware_interrupt = 0\nsoftware_interrupt_level = 0\n[cortex_m]", "hifi4", "is not for a cortex-m7", "remove it, or correct core";
    loader_of_another_core: "loader =", "loader = \"imx_rproc\"" => "loader = \"imx_dsp_rproc\"", "loader", "imx_dsp_rproc does not load a cortex-m7", "write \"imx_rproc\"";
    level_of_a_hifi4: "[mailbox]", "channel = 1" => "interrupt_level = 2\nchannel = 1", "mailbox.interrupt_level", "is not for a Cortex-M", "remove it";
    flag_of_a_dsps_row: "# OCRAM_S\n", "device = 0x00180000" => "iram = true\ndevice = 0x00180000", "translation[1].iram", "is no flag of imx_rproc's rows", "remove it";
    unknown_role: "name = \"dtcm\"", "role = \"data\"" => "role = \"heap\"", "memory[2].role", "unknown variant `heap`", "\"code\" or \"data\"";

    // The core.
    no_interrupts: "[cortex_m]", "interrupts = 154" => "interrupts = 0", "cortex_m.interrupts", "a cortex-m7 has no 0 external interrupts", "write 1 to 240";
    too_many_interrupts: "[cortex_m]", "interrupts = 154" => "interrupts = 241", "cortex_m.interrupts", "no 241 external", "write 1 to 240";
    interrupt_beyond_the_nvic: "[mailbox]", "interrupt = 97" => "interrupt = 154", "mailbox.interrupt", "154 is beyond the NVIC of 154 interrupts", "write 0 to 153, or correct cortex_m.interrupts";
    mpu_of_5: "[cortex_m]", "mpu_regions = 16" => "mpu_regions = 5", "cortex_m.mpu_regions", "no cortex-m7 has an MPU of 5 regions", "write 8 or 16, or 0";
    no_room_for_code: "name = \"itcm\"", "size = 0x20000" => "size = 0x2a8", "memory[0].size", "0x2a8 has no room for code: the vector table alone takes 0x2a8", "holds the code";
    stack_of_odd_end: "name = \"dtcm_stack\"", "size = 0x4000" => "size = 0x3ffc", "memory[1].size", "would start at 0x20003ffc", "multiple of 8";
    stack_off_its_guard: "name = \"dtcm_stack\"", "address = 0x20000000\nsize = 0x4000" => "address = 0x20000080\nsize = 0x3f80", "memory[1].address", "0x20000080 is not a multiple of 0x100: the MPU cannot guard its end", "write 0x20000000";
    stack_of_a_guard_alone: "name = \"dtcm_stack\"", "size = 0x4000" => "size = 0x3f8", "memory[1].size", "0x3f8 is too little for a stack", "write 0x400 or more";
    overlapping_memory: "name = \"dtcm\"", "address = 0x20004000" => "address = 0x20003000", "memory[2].address", "overlaps 'dtcm_stack'", "move or shrink";
    odd_size: "name = \"dtcm\"", "size = 0x1c000" => "size = 0x1bffe", "memory[2].size", "not a multiple of 4", "write 0x1bffc";

    // Link.
    channel_of_the_other_driver: "[mailbox]", "channel = 1" => "channel = 0", "mailbox.channel", "imx_rproc does not kick on channel 0", "write 1,";
    shift_of_the_other_driver: "[mailbox]", "kick_shift = 16" => "kick_shift = 0", "mailbox.kick_shift", "imx_rproc does not shift by 0", "write 16";
    unknown_mu: "[mailbox]", "mu_version = 1" => "mu_version = 0", "mailbox.mu_version", "no MU version 0", "or 2 (fsl,imx8ulp-mu";
    log_of_odd_size: "[trace]", "size = 0x2000" => "size = 0x2010", "trace.size", "no size for the log", "multiple of 0x20";
    log_too_large: "[trace]", "size = 0x2000" => "size = 0x10000", "trace.size", "no size for the log", "up to half of the data, 0xe000";

    // The live resource table.
    table_by_another_name: "# dts: rsc-table", "name = \"rsc-table\"" => "name = \"resource-table\"", "carveout[3].name", "does not find the resource table in 'resource-table'", "write \"rsc-table\"";
    table_too_small: "# dts: rsc-table", "size = 0x1000" => "size = 0x200", "carveout[3].size", "0x200 is too little for the resource table", "write 0x400 or more";

    // U-Boot.
    image_elsewhere: "[uboot]", "address = 0x7e0000" => "address = 0x7e0400", "uboot.address", "0x7e0400 is not where the A core has 'itcm'", "write 0x7e0000";
    image_buffered_in_rings: "[uboot]", "buffer = 0x48000000" => "buffer = 0x54fe8000", "uboot.buffer", "would overlap 'vdev0vring0'", "loadaddr";
    image_buffered_in_the_tcm: "[uboot]", "buffer = 0x48000000" => "buffer = 0x00804000", "uboot.buffer", "would overlap 'dtcm'", "DDR";
    unknown_placeholder: "[uboot]", "bootaux {address}" => "bootaux {start}", "uboot.commands[3]", "nothing for {start}", "{file}, {buffer}, {address}, {entry}";
    open_brace: "[uboot]", "bootaux {address}" => "bootaux {address", "uboot.commands[3]", "never closes", "{entry}";
    empty_command: "[uboot]", "bootaux {address}" => "", "uboot.commands[3]", "not one line", "one command";
    no_commands: "[uboot]", "commands = [\n    \"run prepare_mcore\",\n    \"load mmc ${mmcdev}:${mmcpart} {buffer} {file}\",\n    \"cp.b {buffer} {address} ${filesize}\",\n    \"bootaux {address}\",\n]" => "commands = []", "uboot.commands", "is empty", "remove [uboot]";
}

#[test]
fn memory_in_no_row() {
    let text = GOOD.with(&[("size = 0x1c000", "size = 0x1c020")]);
    GOOD.expect_only(
        &text,
        "memory[2].address",
        "0x20004000..=0x2002001f is not inside one row",
        "0x20000000..=0x2001ffff",
    );
}

#[test]
fn log_off_a_line() {
    let text = GOOD.with(&[("address = 0x20004000\nsize = 0x1c000", "address = 0x20004010\nsize = 0x1bff0")]);
    GOOD.expect_only(&text, "memory[2].address", "not a multiple of cpu.dcache_line", "write 0x20004000");
}

#[test]
fn an_image_that_is_never_loaded() {
    let text = GOOD.with(&[("{buffer} {file}", "{buffer} x.bin")]);
    GOOD.expect_only(&text, "uboot.commands", "no command loads {file}", "loads the image");
}

#[test]
fn a_cortex_m_needs_its_table() {
    let start = GOOD.text.find("[cortex_m]").unwrap_or(0);
    let end = GOOD.text.find("# Where the linker").unwrap_or(0);
    let without = format!("{}{}", &GOOD.text[..start], &GOOD.text[end..]);
    GOOD.expect_only(&without, "core", "a cortex-m7 has a table [cortex_m]", "add [cortex_m]");
}

#[test]
fn roles_of_a_hifi4_are_refused() {
    let text = GOOD.with(&[("role = \"data\"", "role = \"image\"")]);
    let problems = GOOD.refused(&text);
    let fields: Vec<&str> = problems.iter().map(|p| p.field.as_str()).collect();
    assert_eq!(fields, ["memory", "memory[2].role"], "{problems:?}");
    assert!(problems[1].what.contains("\"image\" is no role of a cortex-m7's memory"), "{}", problems[1]);
}

#[test]
fn the_vendor_entry_is_the_dsps() {
    let text = GOOD.with(&[("[trace]", "[resource_table]\nnxp_vendor_entry = true\n\n[trace]")]);
    GOOD.expect_only(&text, "resource_table.nxp_vendor_entry", "only imx_dsp_rproc knows", "write false");
    let text = GOOD.with(&[("[trace]", "[resource_table]\nnxp_vendor_entry = false\n\n[trace]")]);
    assert!(Board::parse(&text, GOOD.file).is_ok());
}

#[test]
fn a_second_live_table_is_refused() {
    let block =
        "[[carveout]]\nname = \"rsc-table\"\nrole = \"rsc-table\"\nlinux = 0x56000000\nsize = 0x1000\n\n[vring]";
    GOOD.expect_only(&GOOD.with(&[("[vring]", block)]), "carveout[4].role", "has this role already", "one of them");
}

#[test]
fn code_where_vtor_cannot_point() {
    let text = ULP.with(&[("address = 0x1ffc2000\nsize = 0x36000", "address = 0x1ffc2200\nsize = 0x35e00")]);
    ULP.expect_only(&text, "memory[0].address", "not a multiple of 0x400: VTOR cannot point there", "write 0x1ffc2000");
}

#[test]
fn memory_over_the_live_table() {
    let text = ULP.with(&[("size = 0x36000", "size = 0x36100")]);
    ULP.expect_only(&text, "memory[0].address", "overlaps the carveout 'rsc-table'", "move or shrink");
    let text = M33.with(&[("size = 0x1a000", "size = 0x1a100")]);
    M33.expect_only(&text, "memory[2].address", "would lie in the live resource table", "move or shrink");
    // The same memory by its secure address.
    let text = M33.with(&[("address = 0x20004000\nsize = 0x1a000", "address = 0x30004000\nsize = 0x1a100")]);
    M33.expect_only(&text, "memory[2].address", "would lie in the live resource table", "move or shrink");
}

#[test]
fn a_pool_over_the_memory_of_the_core() {
    let text = M4.with(&[("linux = 0xc0000000", "linux = 0x35000000"), ("size = 0x20000000", "size = 0x100000")]);
    let problems = M4.refused(&text);
    let fields: Vec<&str> = problems.iter().map(|p| p.field.as_str()).collect();
    assert_eq!(fields, ["memory[1].address", "memory[2].address", "carveout[4].linux"], "{problems:?}");
    assert!(problems[0].what.contains("overlaps the carveout 'linux,cma'"), "{}", problems[0]);
}

/// On a board whose rows give one piece of memory two addresses, a carveout by Linux's must not be another by the device's.
#[test]
fn an_address_in_the_resource_table_means_one_place() {
    // By the row of DDR for code, the buffer would have device addresses that are not Linux's.
    let text = GOOD.with(&[("linux = 0x55400000", "linux = 0x55400000\ndevice = 0x55000000")]);
    let problems = GOOD.refused(&text);
    assert!(
        problems.iter().any(|p| p.field == "carveout[2].linux" && p.what.contains("device addresses of 'vdevbuffer'"))
    );
    let text = GOOD.with(&[("linux = 0x55400000", "linux = 0x55400000\ndevice = 0x15400000")]);
    let board = Board::parse(&text, GOOD.file).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(board.carveouts[2].device, 0x1540_0000);
}

#[test]
fn what_must_not_be_cached_and_no_region_describes() {
    // 30 pieces for 16 regions.
    let text = GOOD.with(&[("linux = 0x55400000\nsize = 0x100000", "linux = 0x55400020\nsize = 0xfffc0")]);
    GOOD.expect_only(&text, "cortex_m.mpu_regions", "16 regions are too few", "multiples of their sizes");
    let without_mpu = text.replacen("mpu_regions = 16", "mpu_regions = 0", 1);
    let board = Board::parse(&without_mpu, GOOD.file).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((board.uncached(), board.mpu()), (vec![], vec![]));
    assert!(board.to_rust().contains("pub const MPU: [crate::arch::cortex_m::mpu::Region; 0] = [];"));
    // Lines of 16 bytes are no granule of an MPU.
    let buffer = ("linux = 0x90400000\nsize = 0x100000", "linux = 0x90400000\nsize = 0xffff0");
    let text = M4.with(&[("dcache_line = 32", "dcache_line = 16"), buffer]);
    M4.expect_only(&text, "carveout[2].size", "not a multiple of 32: no region of the MPU", "multiple of 0x20");
    // Armv8-M takes any multiple of 32.
    let text = M33.with(&[("linux = 0xa4020000\nsize = 0x100000", "linux = 0xa4020020\nsize = 0xfffc0")]);
    let board = Board::parse(&text, M33.file).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(board.uncached().len(), 2);
}

/// What needs no guard of an MPU is aligned for the procedure call standard and for MSPLIM alone.
#[test]
fn the_end_of_a_stack_without_a_guard() {
    let moved = |by: u32| format!("address = {:#x}\nsize = {:#x}", 0x2000_0000 + by, 0x4000 - by);
    let stack = "address = 0x20000000\nsize = 0x4000";
    for good in [&M33, &ULP] {
        assert!(Board::parse(&good.with(&[(stack, &moved(8))]), good.file).is_ok(), "{}", good.file);
        let text = good.with(&[(stack, &moved(4))]);
        good.expect_only(
            &text,
            "memory[1].address",
            "not a multiple of 0x8: no stack can end there",
            "write 0x20000000",
        );
    }
    let without_mpu = [("mpu_regions = 8", "mpu_regions = 0"), (stack, &*moved(8))];
    assert!(Board::parse(&M4.with(&without_mpu), M4.file).is_ok());
    M4.expect_only(&M4.with(&without_mpu[1..]), "memory[1].address", "not a multiple of 0x100", "write 0x20000000");
}

#[test]
fn a_mask_that_the_vector_table_is_not_behind() {
    let text = ULP.with(&[("mpu_regions = 8", "mpu_regions = 8\nreset_vector_mask = 0xffff0000")]);
    let what = "0xffff0000 leaves out bits of 0x1ffc2000, where the vector table is";
    ULP.expect_only(&text, "cortex_m.reset_vector_mask", what, "copy it from the driver");
}

#[test]
fn an_m4_has_8_regions() {
    let text = M4.with(&[("mpu_regions = 8", "mpu_regions = 16")]);
    M4.expect_only(&text, "cortex_m.mpu_regions", "no cortex-m4 has an MPU of 16", "write 8, or 0");
}

#[test]
fn memory_that_is_neither_ram_nor_the_socs() {
    // Behind the end of OCRAM_S, and where there is nothing.
    for linux in ["0x00180000", "0x3f400000"] {
        let text = GOOD.with(&[("linux = 0x55400000", &format!("linux = {linux}"))]);
        GOOD.expect_only(&text, "carveout[2].linux", "the carveout 'vdevbuffer'", "or correct ram");
    }
    let text = GOOD.with(&[("buffer = 0x48000000", "buffer = 0x00001000")]);
    GOOD.expect_only(&text, "uboot.buffer", "would not be in the board's RAM", "loadaddr");
}

#[test]
fn an_m7_has_lines_of_32_bytes() {
    let text = GOOD.with(&[("dcache_line = 32", "dcache_line = 16")]);
    GOOD.expect_only(&text, "cpu.dcache_line", "16 is less than a line of a Cortex-M7", "write 32");
}
