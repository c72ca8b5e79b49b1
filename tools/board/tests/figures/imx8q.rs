// SPDX-License-Identifier: MIT OR Apache-2.0
//! i.MX 8QuadMax and 8QuadXPlus.

use crate::table::Flags::{None as Plain, Own, OwnIram};
use crate::table::{Cpu, Figures, Flags};
use imx_rpmsg_board::CarveoutRole::{Buffer, Pool, RscTable, Vring0, Vring1};
use imx_rpmsg_board::MemoryRole::{Code, Data, Image, Stack, Vectors};
use imx_rpmsg_board::{Core, Loader, UartKind};

/// What differs between the two SoCs' DSPs is where Linux sees their memory, and the clock.
fn check_dsp(board: &'static str, compatible: &'static str, clock_hz: u32, rows: &'static [(u32, u32, u32, Flags)]) {
    Figures {
        board,
        core: Core::Hifi4,
        loader: Loader::ImxDspRproc,
        compatible,
        linux_starts: true,
        clock_hz,
        line: 128,
        // core-isa.h.
        cpu: Cpu::Hifi4 {
            caches: (48 << 10, 32 << 10),
            excm_level: 3,
            reset_vector: 0x596f_8000,
            vecbase: 0x596f_8400,
            cacheattr: 0x2221_2222,
            timer: (2, 2),
            software: (8, 1),
        },
        memory: &[
            ("iram", Some(Vectors), 0x596f_8000, 0x800),
            ("dram0", Some(Stack), 0x596e_8000, 0x8000),
            ("dram1", None, 0x596f_0000, 0x8000),
            ("ddr", Some(Image), 0x9240_0000, 0x100_0000),
        ],
        rows,
        // imx8qm-mek.dts, imx8qxp-mek.dts; the pool is what the DSP reaches of linux,cma.
        carveouts: &[
            ("vdev0vring0", Vring0, 0x942f_0000, 0x942f_0000, 0x8000),
            ("vdev0vring1", Vring1, 0x942f_8000, 0x942f_8000, 0x8000),
            ("vdev0buffer", Buffer, 0x9430_0000, 0x9430_0000, 0x10_0000),
            ("linux,cma", Pool, 0xc000_0000, 0xc000_0000, 0x2000_0000),
        ],
        mu: (1, 0x5d31_0000, 0, 0),
        interrupt: (7, Some(2)),
        setup: &[],
        uart: (UartKind::Lpuart, 0x5a08_0000, 80_000_000),
        vendor_entry: false,
        uboot: &[],
        uncached: &[],
    }
    .check();
}

#[test]
fn quadmax_dsp() {
    // imx_dsp_rproc_att_imx8qm.
    let rows = &[
        (0x596e_8000, 0x556e_8000, 0x0000_8000, Own),
        (0x596f_0000, 0x556f_0000, 0x0000_8000, Own),
        (0x596f_8000, 0x556f_8000, 0x0000_0800, OwnIram),
        (0x5570_0000, 0x5570_0000, 0x0007_0000, Own),
        (0x8000_0000, 0x8000_0000, 0x6000_0000, Plain),
    ];
    check_dsp("imx8qm-mek-dsp", "fsl,imx8qm-hifi4", 666_000_000, rows);
}

#[test]
fn quadxplus_dsp() {
    // imx_dsp_rproc_att_imx8qxp.
    let rows = &[
        (0x596e_8000, 0x596e_8000, 0x0000_8000, Own),
        (0x596f_0000, 0x596f_0000, 0x0000_8000, Own),
        (0x596f_8000, 0x596f_8000, 0x0000_0800, OwnIram),
        (0x5970_0000, 0x5970_0000, 0x0007_0000, Own),
        (0x8000_0000, 0x8000_0000, 0x6000_0000, Plain),
    ];
    check_dsp("imx8qxp-mek-dsp", "fsl,imx8qxp-hifi4", 640_000_000, rows);
}

/// What differs between the two SoCs' M4s is the driver's table, and the serial port's clock.
fn check_m4(board: &'static str, compatible: &'static str, uart_hz: u32, rows: &'static [(u32, u32, u32, Flags)]) {
    Figures {
        board,
        core: Core::CortexM4,
        loader: Loader::ImxRproc,
        compatible,
        linux_starts: true,
        clock_hz: 264_000_000,
        line: 32,
        cpu: Cpu::CortexM { interrupts: 51, mpu_regions: 8, reset_vector_mask: None },
        memory: &[
            ("tcml", Some(Code), 0x1ffe_0000, 0x1_f000),
            ("tcmu_stack", Some(Stack), 0x2000_0000, 0x4000),
            ("tcmu", Some(Data), 0x2000_4000, 0x1_c000),
        ],
        rows,
        // imx8qm-mek.dts, imx8qxp-mek.dts; the pool is what the M4 reaches of linux,cma.
        carveouts: &[
            ("vdev0vring0", Vring0, 0x9000_0000, 0x9000_0000, 0x8000),
            ("vdev0vring1", Vring1, 0x9000_8000, 0x9000_8000, 0x8000),
            ("vdevbuffer", Buffer, 0x9040_0000, 0x9040_0000, 0x10_0000),
            ("rsc-table", RscTable, 0x900f_f000, 0x900f_f000, 0x1000),
            ("linux,cma", Pool, 0xc000_0000, 0xc000_0000, 0x2000_0000),
        ],
        mu: (1, 0x5d29_0000, 1, 16),
        interrupt: (35, None),
        // IRQSTEER: LSIO_MU5_INT_B is 283, the direct lines are 51, and CHn_MASK[n] at 0x04 + 4 n counts down from 15.
        setup: &[(0x5107_0000 + 0x04 + 4 * (15 - (283 - 51) / 32), 0, 1 << ((283 - 51) % 32))],
        uart: (UartKind::Lpuart, 0x4122_0000, uart_hz),
        vendor_entry: false,
        uboot: &["load mmc ${mmcdev}:${mmcpart} 0x88000000 fw.bin", "dcache flush", "bootaux 0x88000000 0"],
        uncached: &[(0x9000_0000, 0x1_0000), (0x900f_f000, 0x1000), (0x9040_0000, 0x10_0000)],
    }
    .check();
}

#[test]
fn quadmax_m4() {
    // imx_rproc_att_imx8qm, but for the rows of core 1.
    let rows = &[
        (0x0800_0000, 0x0800_0000, 0x1000_0000, Plain),
        (0x1ffe_0000, 0x34fe_0000, 0x0002_0000, Own),
        (0x2000_0000, 0x3500_0000, 0x0002_0000, Own),
        (0x8000_0000, 0x8000_0000, 0x6000_0000, Plain),
    ];
    check_m4("imx8qm-mek-m4", "fsl,imx8qm-cm4", 24_000_000, rows);
}

#[test]
fn quadxplus_m4() {
    // imx_rproc_att_imx8qxp.
    let rows = &[
        (0x0800_0000, 0x0800_0000, 0x1000_0000, Plain),
        (0x1ffe_0000, 0x34fe_0000, 0x0004_0000, Own),
        (0x2100_0000, 0x0010_0000, 0x0001_8000, Plain),
        (0x2110_0000, 0x0010_0000, 0x0004_0000, Plain),
        (0x8000_0000, 0x8000_0000, 0x6000_0000, Plain),
    ];
    check_m4("imx8qxp-mek-m4", "fsl,imx8qxp-cm4", 133_333_333, rows);
}
