// SPDX-License-Identifier: MIT OR Apache-2.0
//! The board file of the i.MX 8M Plus says what Linux, the HAL and the device tree say.

use std::path::{Path, PathBuf};

use imx_rpmsg_board::{Board, CarveoutRole, Core, Error, Loader, MemoryRole, Range, UartKind};

fn boards() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../boards")
}

fn board() -> Board {
    Board::find(boards(), "imx8mp-evk-dsp").unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn core_and_loader() {
    let board = board();
    assert_eq!((board.core, board.loader), (Core::Hifi4, Loader::ImxDspRproc));
    assert_eq!(board.linux_compatible, "fsl,imx8mp-hifi4");
    let Some(cpu) = &board.hifi4 else { panic!("no [hifi4]") };
    assert_eq!((cpu.reset_vector, cpu.vecbase), (0x3b6f_8000, 0x3b6f_8400));
    assert_eq!((board.cpu.dcache_line, cpu.excm_level, cpu.cacheattr), (128, 3, 0x2221_2222));
    assert_eq!((cpu.dcache_size, cpu.icache_size), (48 << 10, 32 << 10));
    // Level 2 is 0x7FFFFEF4, level 1 is 0x00000100 (core-isa.h).
    assert_eq!(0x7fff_fef4 >> cpu.timer_interrupt & 1, 1);
    assert_eq!(cpu.timer_interrupt_level, 2);
    assert_eq!(0x0000_0100 >> cpu.software_interrupt & 1, 1);
    assert_eq!(cpu.software_interrupt_level, 1);
}

#[test]
fn translation_is_the_drivers_table() {
    let rows: Vec<_> = board().translation.iter().map(|t| (t.device, t.linux, t.size, t.own, t.iram)).collect();
    assert_eq!(
        rows,
        [
            (0x3b6e_8000, 0x3b6e_8000, 0x8000, true, false),
            (0x3b6f_0000, 0x3b6f_0000, 0x8000, true, false),
            (0x3b6f_8000, 0x3b6f_8000, 0x800, true, true),
            (0x3b70_0000, 0x3b70_0000, 0x40000, true, false),
            (0x4000_0000, 0x4000_0000, 0x8000_0000, false, false),
        ]
    );
}

#[test]
fn memory_and_carveouts() {
    let board = board();
    let memory = |role| board.memory(role).map(|m| (m.name.as_str(), m.range()));
    assert_eq!(memory(MemoryRole::Vectors), Some(("iram", Range::new(0x3b6f_8000, 0x800))));
    assert_eq!(memory(MemoryRole::Stack), Some(("dram0", Range::new(0x3b6e_8000, 0x8000))));
    assert_eq!(memory(MemoryRole::Image), Some(("ddr", Range::new(0x9240_0000, 0x100_0000))));
    let carveout = |role| board.carveout(role).map(|c| (c.linux, c.device, c.size));
    assert_eq!(carveout(CarveoutRole::Vring0), Some((0x942f_0000, 0x942f_0000, 0x8000)));
    assert_eq!(carveout(CarveoutRole::Vring1), Some((0x942f_8000, 0x942f_8000, 0x8000)));
    assert_eq!(carveout(CarveoutRole::Buffer), Some((0x9430_0000, 0x9430_0000, 0x10_0000)));
}

#[test]
fn link() {
    let board = board();
    assert_eq!((board.vring.num, board.vring.align), (256, 4096));
    let mailbox = &board.mailbox;
    assert_eq!((mailbox.mu_version, mailbox.base, mailbox.channel), (1, 0x30e7_0000, 0));
    assert_eq!((mailbox.interrupt, mailbox.interrupt_level, mailbox.kick_shift), (7, Some(2), 0));
    assert_eq!(0x7fff_fef4 >> mailbox.interrupt & 1, 1);
    let uart = board.uart.as_ref().map(|u| (u.kind, u.base));
    assert_eq!(uart, Some((UartKind::ImxUart, 0x30a6_0000)));
    assert_eq!(board.trace.size, 0x2000);
    assert!(board.resource_table.nxp_vendor_entry);
}

#[test]
fn linker_regions() {
    let script = board().to_linker();
    for line in [
        "  iram : ORIGIN = 0x3b6f8000, LENGTH = 0x800",
        "  dram0 : ORIGIN = 0x3b6e8000, LENGTH = 0x8000",
        "  dram1 : ORIGIN = 0x3b6f0000, LENGTH = 0x8000",
        "  ddr (rwx) : ORIGIN = 0x92400000, LENGTH = 0x1000000",
        "REGION_ALIAS(\"VECTORS\", iram);",
        "REGION_ALIAS(\"STACK\", dram0);",
        "REGION_ALIAS(\"IMAGE\", ddr);",
        "_reset_vector = 0x3b6f8000;",
        "_vecbase = 0x3b6f8400;",
    ] {
        assert!(script.lines().any(|l| l == line), "no line {line:?} in\n{script}");
    }
}

#[test]
fn rust_constants_are_documented() {
    let rust = board().to_rust();
    for line in [
        "pub const NAME: &str = \"imx8mp-evk-dsp\";",
        "pub const MU_BASE: usize = 0x30e7_0000;",
        "pub const VRING_NUM: u16 = 256;",
        "pub const VRING_ALIGN: u32 = 4096;",
        "pub const VRING0: crate::shm::Window = crate::shm::Window { linux: 0x942f_0000, device: 0x942f_0000, len: 0x0000_8000 };",
        "pub const CARVEOUTS: [crate::shm::Window; 3] = [VRING0, VRING1, BUFFER];",
        "pub const TRACE_SIZE: usize = 8192;",
        "pub const NXP_VENDOR_ENTRY: bool = true;",
        "pub const UART_BASE: Option<usize> = Some(0x30a6_0000);",
    ] {
        assert!(rust.lines().any(|l| l == line), "no line {line:?} in\n{rust}");
    }
    let lines: Vec<&str> = rust.lines().collect();
    for pair in lines.chunks(2) {
        assert!(pair[0].starts_with("/// "), "{pair:?}");
        assert!(pair[1].starts_with("pub const "), "{pair:?}");
    }
}

#[test]
fn c_macros_suit_the_assembler() {
    let defines = board().to_c_defines();
    let value = |name: &str| defines.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    assert_eq!(value("BOARD_VECBASE"), Some("0x3b6f8400"));
    assert_eq!(value("BOARD_CACHEATTR"), Some("0x22212222"));
    assert_eq!(value("BOARD_EXCM_LEVEL"), Some("3"));
    assert_eq!(value("BOARD_MU_BASE"), Some("0x30e70000"));
    assert_eq!(value("BOARD_MU_CHANNEL"), Some("0"));
    assert_eq!(value("BOARD_DCACHE_SIZE"), Some("49152"));
}

#[test]
fn every_board_file_is_accepted() {
    let names = Board::list(boards()).unwrap_or_else(|e| panic!("{e}"));
    assert!(names.iter().any(|n| n == "imx8mp-evk-dsp"));
    for name in names {
        if let Err(e) = Board::find(boards(), &name) {
            panic!("{e}");
        }
    }
}

#[test]
fn an_unknown_board_is_answered_with_the_known_ones() {
    match Board::find(boards(), "imx9") {
        Err(Error::Unknown { name, known }) => {
            assert_eq!(name, "imx9");
            assert!(known.contains(&"imx8mp-evk-dsp".to_owned()));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_unreadable_folder_is_named() {
    let message = match Board::find("/no/such/folder", "x") {
        Err(e) => e.to_string(),
        Ok(_) => panic!("found a board in a folder that is not there"),
    };
    assert!(message.starts_with("cannot read /no/such/folder: "), "{message}");
}
