// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the firmware, the linker and the C shim get of a HiFi4.

mod emitted;

use emitted::{assert_documented, assert_lines, board, names};

#[test]
fn linker_regions() {
    assert_lines(
        &board("imx8mp-evk-dsp").to_linker(),
        &[
            "  iram : ORIGIN = 0x3b6f8000, LENGTH = 0x800",
            "  dram0 : ORIGIN = 0x3b6e8000, LENGTH = 0x8000",
            "  dram1 : ORIGIN = 0x3b6f0000, LENGTH = 0x8000",
            "  ddr (rwx) : ORIGIN = 0x92400000, LENGTH = 0x1000000",
            "REGION_ALIAS(\"VECTORS\", iram);",
            "REGION_ALIAS(\"STACK\", dram0);",
            "REGION_ALIAS(\"IMAGE\", ddr);",
            "_reset_vector = 0x3b6f8000;",
            "_vecbase = 0x3b6f8400;",
            "_dcache_line = 0x80;",
            "_trace_size = 0x2000;",
        ],
    );
}

#[test]
fn rust_constants() {
    let rust = board("imx8mp-evk-dsp").to_rust();
    assert_lines(
        &rust,
        &[
            "pub const NAME: &str = \"imx8mp-evk-dsp\";",
            "pub const MU_BASE: usize = 0x30e7_0000;",
            "pub const DCACHE_LINE: usize = 128;",
            "pub const CACHEATTR: u32 = 0x2221_2222;",
            "pub const VRING_NUM: u16 = 256;",
            "pub const VRING_ALIGN: u32 = 4096;",
            "pub const VRING0: crate::shm::Window = crate::shm::Window { linux: 0x942f_0000, device: 0x942f_0000, len: 0x0000_8000 };",
            "pub const CARVEOUTS: [crate::shm::Window; 3] = [VRING0, VRING1, BUFFER];",
            "pub const RSC_TABLE: Option<crate::shm::Window> = None;",
            "pub const SETUP: [(usize, u32, u32); 0] = [];",
            "pub const IMAGE_BASE: u32 = 0x9240_0000;",
            "pub const TRACE_BASE: u32 = IMAGE_BASE + crate::wire::resource_table::TABLE_LEN as u32;",
            "pub const TRACE_SIZE: usize = 8192;",
            "pub const NXP_VENDOR_ENTRY: bool = false;",
            "pub const UART_BASE: Option<usize> = Some(0x30a6_0000);",
        ],
    );
    assert_documented(&rust);
    let names = names(&rust);
    assert!(!names.iter().any(|n| ["MPU", "STACK_GUARD"].contains(n)), "{names:?}");
}

/// On the 8ULP the DSP sees memory elsewhere than Linux does.
#[test]
fn windows_have_both_addresses() {
    let rust = board("imx8ulp-evk-dsp").to_rust();
    assert_lines(
        &rust,
        &[
            "pub const BUFFER: crate::shm::Window = crate::shm::Window { linux: 0x8ff0_0000, device: 0x1bf0_0000, len: 0x0010_0000 };",
        ],
    );
}

#[test]
fn c_macros_suit_the_assembler() {
    let defines = board("imx8mp-evk-dsp").to_c_defines();
    let defines: Vec<_> = defines.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        defines,
        [
            ("BOARD_VECBASE", "0x3b6f8400"),
            ("BOARD_CACHEATTR", "0x22212222"),
            ("BOARD_EXCM_LEVEL", "3"),
            ("BOARD_DCACHE_LINE", "128"),
            ("BOARD_DCACHE_SIZE", "49152"),
            ("BOARD_ICACHE_SIZE", "32768"),
        ]
    );
}
