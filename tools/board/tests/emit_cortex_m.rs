// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the firmware, the linker and the C shim get of a Cortex-M.

mod emitted;

use emitted::{assert_documented, assert_lines, board, names};

/// What `link.x` of cortex-m-rt takes from `memory.x`, under the names that the board file has.
#[test]
fn linker_regions() {
    let script = board("imx8mp-evk-m7").to_linker();
    assert_lines(
        &script,
        &[
            "  itcm : ORIGIN = 0x00000000, LENGTH = 0x20000",
            "  dtcm_stack : ORIGIN = 0x20000000, LENGTH = 0x4000",
            "  dtcm.log : ORIGIN = 0x20004000, LENGTH = 0x2000",
            "  dtcm : ORIGIN = 0x20006000, LENGTH = 0x1a000",
            "REGION_ALIAS(\"FLASH\", itcm);",
            "REGION_ALIAS(\"STACK\", dtcm_stack);",
            "REGION_ALIAS(\"TRACE\", dtcm.log);",
            "REGION_ALIAS(\"RAM\", dtcm);",
            "_stack_start = ORIGIN(STACK) + LENGTH(STACK);",
            "_stack_end = ORIGIN(STACK);",
            "_trace_size = 0x2000;",
        ],
    );
    assert!(!script.contains("_vecbase"), "{script}");
}

#[test]
fn rust_constants() {
    let rust = board("imx8qm-mek-m4").to_rust();
    assert_lines(
        &rust,
        &[
            "pub const NAME: &str = \"imx8qm-mek-m4\";",
            "pub const STACK_GUARD: u32 = 256;",
            "pub const MU_CHANNEL: u32 = 1;",
            "pub const MU_INTERRUPT: u32 = 35;",
            "pub const KICK_SHIFT: u32 = 16;",
            "pub const SETUP: [(usize, u32, u32); 1] = [(0x5107_0024, 0x0000_0000, 0x0000_0100)];",
            "pub const CARVEOUTS: [crate::shm::Window; 4] = [VRING0, VRING1, BUFFER, crate::shm::Window { linux: 0xc000_0000, device: 0xc000_0000, len: 0x2000_0000 }];",
            "pub const RSC_TABLE: Option<crate::shm::Window> = Some(crate::shm::Window { linux: 0x900f_f000, device: 0x900f_f000, len: 0x0000_1000 });",
            "pub const TRACE_BASE: u32 = 0x2000_4000;",
            "pub const NXP_VENDOR_ENTRY: bool = false;",
            "pub const UART_KIND: &str = \"lpuart\";",
            "pub const UART_CLOCK_HZ: u32 = 24000000;",
        ],
    );
    assert_documented(&rust);
}

/// Each has the constants of its own kind of core, and all others.
#[test]
fn cores_differ_only_in_their_own_constants() {
    let (dsp, m7) = (board("imx8mp-evk-dsp").to_rust(), board("imx8mp-evk-m7").to_rust());
    let (dsp, m7) = (names(&dsp), names(&m7));
    let only = |of: &[&'_ str], not: &[&'_ str]| -> Vec<String> {
        of.iter().filter(|n| !not.contains(n)).map(|n| (*n).to_owned()).collect()
    };
    assert_eq!(only(&m7, &dsp), ["MPU", "STACK_GUARD"]);
    assert_eq!(only(&dsp, &m7), ["DCACHE_LINE", "CACHEATTR", "TIMER_INTERRUPT", "SOFTWARE_INTERRUPT", "IMAGE_BASE"]);
}

#[test]
fn without_a_serial_port_there_is_none() {
    let mut board = board("imx95-evk-m7");
    board.uart = None;
    assert_lines(
        &board.to_rust(),
        &[
            "pub const UART_BASE: Option<usize> = None;",
            "pub const UART_KIND: &str = \"\";",
            "pub const UART_CLOCK_HZ: u32 = 0;",
        ],
    );
}

/// The mailbox's accessors are told base and channel.
#[test]
fn the_c_shim_of_a_cortex_m_knows_no_board() {
    assert_eq!(board("imx93-evk-m33").to_c_defines(), []);
}
