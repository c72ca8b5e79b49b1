// SPDX-License-Identifier: MIT OR Apache-2.0
//! i.MX 8ULP.

use crate::table::Flags::{None as Plain, Own, OwnIram};
use crate::table::{Cpu, Figures};
use imx_rpmsg_board::CarveoutRole::{Buffer, RscTable, Vring0, Vring1};
use imx_rpmsg_board::MemoryRole::{Code, Data, Image, Stack, Vectors};
use imx_rpmsg_board::{Core, Loader, UartKind};

#[test]
fn dsp() {
    Figures {
        board: "imx8ulp-evk-dsp",
        core: Core::Hifi4,
        loader: Loader::ImxDspRproc,
        compatible: "fsl,imx8ulp-hifi4",
        linux_starts: true,
        clock_hz: 475_200_000,
        line: 128,
        // core-isa.h.
        cpu: Cpu::Hifi4 {
            caches: (64 << 10, 32 << 10),
            excm_level: 2,
            reset_vector: 0x2117_0000,
            vecbase: 0x2117_0400,
            cacheattr: 0x2222_2221,
            timer: (2, 2),
            software: (1, 2),
        },
        memory: &[
            ("iram", Some(Vectors), 0x2117_0000, 0x1_0000),
            ("dram", Some(Stack), 0x2118_0000, 0x1_0000),
            ("ddr", Some(Image), 0x1a00_0000, 0x100_0000),
        ],
        // imx_dsp_rproc_att_imx8ulp.
        rows: &[
            (0x2117_0000, 0x2117_0000, 0x0001_0000, OwnIram),
            (0x2118_0000, 0x2118_0000, 0x0001_0000, Own),
            (0x0c00_0000, 0x8000_0000, 0x1000_0000, Plain),
            (0x3000_0000, 0x9000_0000, 0x1000_0000, Plain),
        ],
        // The node from the mailing list; the device addresses by the third row.
        carveouts: &[
            ("vdev0vring0", Vring0, 0x8fef_0000, 0x1bef_0000, 0x8000),
            ("vdev0vring1", Vring1, 0x8fef_8000, 0x1bef_8000, 0x8000),
            ("vdev0buffer", Buffer, 0x8ff0_0000, 0x1bf0_0000, 0x10_0000),
        ],
        mu: (2, 0x2da2_0000, 0, 0),
        interrupt: (15, Some(1)),
        setup: &[],
        uart: (UartKind::Lpuart, 0x2987_0000, 48_000_000),
        vendor_entry: false,
        uboot: &[],
        uncached: &[],
    }
    .check();
}

#[test]
fn m33() {
    Figures {
        board: "imx8ulp-evk-m33",
        core: Core::CortexM33,
        loader: Loader::ImxRproc,
        compatible: "fsl,imx8ulp-cm33",
        linux_starts: false,
        clock_hz: 96_000_000,
        line: 32,
        cpu: Cpu::CortexM { interrupts: 180, mpu_regions: 8, reset_vector_mask: None },
        memory: &[
            ("ssram_code", Some(Code), 0x1ffc_2000, 0x3_6000),
            ("ssram_stack", Some(Stack), 0x2000_0000, 0x4000),
            ("ssram_data", Some(Data), 0x2000_4000, 0x2_c000),
        ],
        // imx_rproc_att_imx8ulp.
        rows: &[
            (0x1ffc_0000, 0x1ffc_0000, 0x000c_0000, Own),
            (0x2100_0000, 0x2100_0000, 0x0001_0000, Own),
            (0x8000_0000, 0x8000_0000, 0x6000_0000, Plain),
        ],
        // imx8ulp-evk.dts.
        carveouts: &[
            ("vdev0vring0", Vring0, 0xaff0_0000, 0xaff0_0000, 0x8000),
            ("vdev0vring1", Vring1, 0xaff0_8000, 0xaff0_8000, 0x8000),
            ("vdevbuffer", Buffer, 0xa840_0000, 0xa840_0000, 0x10_0000),
            ("rsc-table", RscTable, 0x1fff_8000, 0x1fff_8000, 0x1000),
        ],
        mu: (2, 0x2802_2000, 1, 16),
        interrupt: (74, None),
        // Flag F0 of MU0's FCR, for U-Boot.
        setup: &[(0x2802_2100, 0, 1)],
        uart: (UartKind::Lpuart, 0x2809_b000, 24_000_000),
        vendor_entry: false,
        uboot: &[],
        uncached: &[(0xa840_0000, 0x10_0000), (0xaff0_0000, 0x1_0000)],
    }
    .check();
}
