// SPDX-License-Identifier: MIT OR Apache-2.0
//! i.MX 93 and 95.

use crate::table::Flags::{None as Plain, Own};
use crate::table::{Cpu, Figures};
use imx_rpmsg_board::CarveoutRole::{Buffer, RscTable, Vring0, Vring1};
use imx_rpmsg_board::MemoryRole::{Code, Data, Stack};
use imx_rpmsg_board::{Core, Loader, UartKind};

#[test]
fn imx93_m33() {
    Figures {
        board: "imx93-evk-m33",
        core: Core::CortexM33,
        loader: Loader::ImxRproc,
        compatible: "fsl,imx93-cm33",
        linux_starts: true,
        clock_hz: 200_000_000,
        line: 32,
        cpu: Cpu::CortexM { interrupts: 268, mpu_regions: 8, reset_vector_mask: None },
        memory: &[
            ("itcm", Some(Code), 0x0ffe_0000, 0x2_0000),
            ("dtcm_stack", Some(Stack), 0x2000_0000, 0x4000),
            ("dtcm", Some(Data), 0x2000_4000, 0x1_a000),
        ],
        // imx_rproc_att_imx93.
        rows: &[
            (0x0ffc_0000, 0x201c_0000, 0x0004_0000, Own),
            (0x1ffc_0000, 0x201c_0000, 0x0004_0000, Own),
            (0x2000_0000, 0x2020_0000, 0x0004_0000, Own),
            (0x3000_0000, 0x2020_0000, 0x0004_0000, Own),
            (0x8000_0000, 0x8000_0000, 0x1000_0000, Plain),
            (0x9000_0000, 0x8000_0000, 0x1000_0000, Plain),
            (0xc000_0000, 0xc000_0000, 0x1000_0000, Plain),
            (0xd000_0000, 0xc000_0000, 0x1000_0000, Plain),
        ],
        // imx93-11x11-evk-common.dtsi; rings and buffers are in no row, the table is in system TCM.
        carveouts: &[
            ("vdev0vring0", Vring0, 0xa400_0000, 0xa400_0000, 0x8000),
            ("vdev0vring1", Vring1, 0xa400_8000, 0xa400_8000, 0x8000),
            ("vdevbuffer", Buffer, 0xa402_0000, 0xa402_0000, 0x10_0000),
            ("rsc-table", RscTable, 0x2021_e000, 0x2001_e000, 0x1000),
        ],
        mu: (2, 0x4422_0000, 1, 16),
        interrupt: (21, None),
        setup: &[],
        uart: (UartKind::Lpuart, 0x4439_0000, 24_000_000),
        vendor_entry: false,
        uboot: &[
            "run prepare_mcore",
            "load mmc ${mmcdev}:${mmcpart} 0x88000000 fw.bin",
            "cp.b 0x88000000 0x201e0000 ${filesize}",
            "bootaux 0x1ffe0000 0",
        ],
        uncached: &[(0xa400_0000, 0x1_0000), (0xa402_0000, 0x10_0000)],
    }
    .check();
}

#[test]
fn imx95_m7() {
    Figures {
        board: "imx95-evk-m7",
        core: Core::CortexM7,
        loader: Loader::ImxRproc,
        compatible: "fsl,imx95-cm7",
        linux_starts: true,
        clock_hz: 800_000_000,
        line: 32,
        // imx_rproc_cfg_imx95_m7.
        cpu: Cpu::CortexM { interrupts: 240, mpu_regions: 8, reset_vector_mask: Some(0xffff_0000) },
        memory: &[
            ("itcm", Some(Code), 0, 0x4_0000),
            ("dtcm_stack", Some(Stack), 0x2000_0000, 0x4000),
            ("dtcm", Some(Data), 0x2000_4000, 0x3_c000),
        ],
        // imx_rproc_att_imx95_m7.
        rows: &[
            (0x0000_0000, 0x203c_0000, 0x0004_0000, Own),
            (0x2000_0000, 0x2040_0000, 0x0004_0000, Own),
            (0x8000_0000, 0x8000_0000, 0x5000_0000, Plain),
        ],
        // Mainline's imx95-19x19-evk.dts, 7.3; NXP's calls the buffers vdevbuffer.
        carveouts: &[
            ("vdev0vring0", Vring0, 0x8800_0000, 0x8800_0000, 0x8000),
            ("vdev0vring1", Vring1, 0x8800_8000, 0x8800_8000, 0x8000),
            ("vdev0buffer", Buffer, 0x8802_0000, 0x8802_0000, 0x10_0000),
            ("rsc-table", RscTable, 0x8822_0000, 0x8822_0000, 0x1000),
        ],
        mu: (2, 0x4244_0000, 1, 16),
        interrupt: (207, None),
        setup: &[],
        uart: (UartKind::Lpuart, 0x4257_0000, 24_000_000),
        vendor_entry: false,
        uboot: &[
            "prepaux 1",
            "load mmc ${mmcdev}:${mmcpart} 0x90000000 fw.bin",
            "cp.b 0x90000000 0x203c0000 ${filesize}",
            "bootaux 0x0 1",
        ],
        // The buffers start off a multiple of their size.
        uncached: &[
            (0x8800_0000, 0x1_0000),
            (0x8802_0000, 0x2_0000),
            (0x8804_0000, 0x4_0000),
            (0x8808_0000, 0x8_0000),
            (0x8810_0000, 0x2_0000),
            (0x8822_0000, 0x1000),
        ],
    }
    .check();
}
