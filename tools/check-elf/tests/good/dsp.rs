// SPDX-License-Identifier: MIT OR Apache-2.0
//! For the HiFi4 of the i.MX 8M Plus.

use super::elf::{Elf, RW, Section, Segment};

const BOARD: &str = include_str!("../../../../boards/imx8mp-evk-dsp.toml");

pub(crate) const RESET: usize = 0;
pub(crate) const VECTORS: usize = 1;
pub(crate) const TABLE: usize = 2;
pub(crate) const TEXT: usize = 3;
pub(crate) const DATA: usize = 4;

const TABLE_ADDRESS: u32 = 0x9240_0000;
const TEXT_ADDRESS: u32 = 0x9240_0100;
const DATA_ADDRESS: u32 = 0x9240_0300;
const BSS_ADDRESS: u32 = 0x9240_0400;
const LOG_ADDRESS: u32 = 0x9240_0800;

/// Offsets of fields in the good resource table.
pub(crate) mod field {
    pub(crate) const VERSION: usize = 0;
    pub(crate) const NUM: usize = 4;
    pub(crate) const RESERVED: usize = 8;
    pub(crate) const OFFSET: usize = 16;

    pub(crate) const VENDOR: usize = 0x20;
    pub(crate) const VENDOR_LEN: usize = VENDOR + 4;
    pub(crate) const VENDOR_MAGIC: usize = VENDOR + 8;
    pub(crate) const VENDOR_VERSION: usize = VENDOR + 12;
    pub(crate) const VENDOR_FEATURES: usize = VENDOR + 16;

    pub(crate) const VDEV: usize = 0x34;
    pub(crate) const VDEV_ID: usize = VDEV + 4;
    pub(crate) const VDEV_FEATURES: usize = VDEV + 12;
    pub(crate) const VDEV_ACCEPTED: usize = VDEV + 16;
    pub(crate) const VDEV_CONFIG_LEN: usize = VDEV + 20;
    pub(crate) const VDEV_BYTES: usize = VDEV + 24;
    pub(crate) const VRING0: usize = VDEV + 28;
    pub(crate) const VRING1: usize = VRING0 + 20;
    pub(crate) const ADDRESS: usize = 0;
    pub(crate) const ALIGN: usize = 4;
    pub(crate) const NUM_ENTRIES: usize = 8;

    pub(crate) const TRACE: usize = 0x78;
    pub(crate) const TRACE_ADDRESS: usize = TRACE + 4;
    pub(crate) const TRACE_SIZE: usize = TRACE + 8;
    pub(crate) const TRACE_RESERVED: usize = TRACE + 12;
    pub(crate) const TRACE_NAME: usize = TRACE + 16;
    pub(crate) const END: usize = 0xa8;
}

/// A resource table with NXP's vendor entry, an RPMsg device and a log.
fn resource_table() -> Vec<u8> {
    let mut table = Vec::new();
    let mut words = |words: &[u32]| words.iter().for_each(|w| table.extend(w.to_le_bytes()));
    words(&[1, 3, 0, 0, field::VENDOR as u32, field::VDEV as u32, field::TRACE as u32, 0]);
    words(&[128, 16, 0x6e78_7073, 0, 1]);
    words(&[3, 7, 0, 1, 0, 0, 0x0000_0200]);
    words(&[0xffff_ffff, 4096, 256, 0, 0]);
    words(&[0xffff_ffff, 4096, 256, 1, 0]);
    words(&[2, LOG_ADDRESS, 0x2000, 0]);
    table.extend(b"log");
    table.resize(field::END, 0);
    table
}

impl Elf {
    pub(crate) fn good() -> Self {
        let mut table = resource_table();
        table.resize(0x100, 0);
        let mut data = Segment::data(DATA_ADDRESS, 0x100);
        data.memsz = 0x100 + 0x2400;
        Self {
            entry: 0x3b6f_8000,
            kind: 2,
            machine: 94,
            segments: vec![
                Segment::code(0x3b6f_8000, 0x40),
                Segment::code(0x3b6f_8400, 0x258),
                Segment::new(TABLE_ADDRESS, RW, table),
                Segment::code(TEXT_ADDRESS, 0x200),
                data,
            ],
            sections: vec![
                Section::contents(".reset", 0x3b6f_8000, 0x40),
                Section::contents(".vectors", 0x3b6f_8400, 0x258),
                Section::contents(".resource_table", TABLE_ADDRESS, field::END as u32),
                Section::contents(".text", TEXT_ADDRESS, 0x200),
                Section::contents(".data", DATA_ADDRESS, 0x100),
                Section::reserved(".bss", BSS_ADDRESS, 0x2400),
                Section::reserved(".stack", 0x3b6e_8000, 0x8000),
            ],
            patches: Vec::new(),
            keep: usize::MAX,
            board: BOARD.to_owned(),
            board_name: "imx8mp-evk-dsp",
            table: TABLE,
        }
    }
}
