// SPDX-License-Identifier: MIT OR Apache-2.0
//! i.MX 8M Plus.

use crate::table::Flags::{None as Plain, Own, OwnIram};
use crate::table::{Cpu, Figures};
use imx_rpmsg_board::CarveoutRole::{Buffer, RscTable, Vring0, Vring1};
use imx_rpmsg_board::MemoryRole::{Code, Data, Image, Stack, Vectors};
use imx_rpmsg_board::{Core, Loader, UartKind};

#[test]
fn dsp() {
    Figures {
        board: "imx8mp-evk-dsp",
        core: Core::Hifi4,
        loader: Loader::ImxDspRproc,
        compatible: "fsl,imx8mp-hifi4",
        linux_starts: true,
        clock_hz: 800_000_000,
        line: 128,
        // core-isa.h.
        cpu: Cpu::Hifi4 {
            caches: (48 << 10, 32 << 10),
            excm_level: 3,
            reset_vector: 0x3b6f_8000,
            vecbase: 0x3b6f_8400,
            cacheattr: 0x2221_2222,
            timer: (2, 2),
            software: (8, 1),
        },
        memory: &[
            ("iram", Some(Vectors), 0x3b6f_8000, 0x800),
            ("dram0", Some(Stack), 0x3b6e_8000, 0x8000),
            ("dram1", None, 0x3b6f_0000, 0x8000),
            ("ddr", Some(Image), 0x9240_0000, 0x100_0000),
        ],
        // imx_dsp_rproc_att_imx8mp.
        rows: &[
            (0x3b6e_8000, 0x3b6e_8000, 0x0000_8000, Own),
            (0x3b6f_0000, 0x3b6f_0000, 0x0000_8000, Own),
            (0x3b6f_8000, 0x3b6f_8000, 0x0000_0800, OwnIram),
            (0x3b70_0000, 0x3b70_0000, 0x0004_0000, Own),
            (0x4000_0000, 0x4000_0000, 0x8000_0000, Plain),
        ],
        // imx8mp-evk.dts.
        carveouts: &[
            ("vdev0vring0", Vring0, 0x942f_0000, 0x942f_0000, 0x8000),
            ("vdev0vring1", Vring1, 0x942f_8000, 0x942f_8000, 0x8000),
            ("vdev0buffer", Buffer, 0x9430_0000, 0x9430_0000, 0x10_0000),
        ],
        mu: (1, 0x30e7_0000, 0, 0),
        interrupt: (7, Some(2)),
        setup: &[],
        uart: (UartKind::ImxUart, 0x30a6_0000, 24_000_000),
        vendor_entry: false,
        uboot: &[],
        uncached: &[],
    }
    .check();
}

#[test]
fn m7() {
    Figures {
        board: "imx8mp-evk-m7",
        core: Core::CortexM7,
        loader: Loader::ImxRproc,
        compatible: "fsl,imx8mp-cm7",
        linux_starts: true,
        clock_hz: 800_000_000,
        line: 32,
        cpu: Cpu::CortexM { interrupts: 154, mpu_regions: 16, reset_vector_mask: None },
        memory: &[
            ("itcm", Some(Code), 0, 0x2_0000),
            ("dtcm_stack", Some(Stack), 0x2000_0000, 0x4000),
            ("dtcm", Some(Data), 0x2000_4000, 0x1_c000),
            ("ddr", None, 0x8000_0000, 0x100_0000),
        ],
        // imx_rproc_att_imx8mn.
        rows: &[
            (0x0000_0000, 0x007e_0000, 0x0002_0000, Own),
            (0x0018_0000, 0x0018_0000, 0x0000_9000, Plain),
            (0x0090_0000, 0x0090_0000, 0x0002_0000, Plain),
            (0x0092_0000, 0x0092_0000, 0x0002_0000, Plain),
            (0x0094_0000, 0x0094_0000, 0x0005_0000, Plain),
            (0x0800_0000, 0x0800_0000, 0x0800_0000, Plain),
            (0x1000_0000, 0x4000_0000, 0x0ffe_0000, Plain),
            (0x2000_0000, 0x0080_0000, 0x0002_0000, Own),
            (0x2018_0000, 0x0018_0000, 0x0000_8000, Own),
            (0x2020_0000, 0x0090_0000, 0x0002_0000, Own),
            (0x2022_0000, 0x0092_0000, 0x0002_0000, Own),
            (0x2024_0000, 0x0094_0000, 0x0004_0000, Own),
            (0x4000_0000, 0x4000_0000, 0x8000_0000, Plain),
        ],
        // imx8mp-evk-rpmsg.dts.
        carveouts: &[
            ("vdev0vring0", Vring0, 0x5500_0000, 0x5500_0000, 0x8000),
            ("vdev0vring1", Vring1, 0x5500_8000, 0x5500_8000, 0x8000),
            ("vdevbuffer", Buffer, 0x5540_0000, 0x5540_0000, 0x10_0000),
            ("rsc-table", RscTable, 0x550f_f000, 0x550f_f000, 0x1000),
        ],
        mu: (1, 0x30ab_0000, 1, 16),
        interrupt: (97, None),
        setup: &[],
        uart: (UartKind::ImxUart, 0x30a6_0000, 24_000_000),
        vendor_entry: false,
        uboot: &[
            "run prepare_mcore",
            "load mmc ${mmcdev}:${mmcpart} 0x48000000 fw.bin",
            "cp.b 0x48000000 0x7e0000 ${filesize}",
            "bootaux 0x7e0000",
        ],
        uncached: &[(0x5500_0000, 0x1_0000), (0x550f_f000, 0x1000), (0x5540_0000, 0x10_0000)],
    }
    .check();
}
