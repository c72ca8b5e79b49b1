// SPDX-License-Identifier: MIT OR Apache-2.0
//! For the Cortex-M7 of the i.MX 8M Plus.

use super::elf::{Elf, RW, Section, Segment};

/// Its parts and addresses, and where fields of its resource table are.
pub(crate) mod m7 {
    pub(crate) const VECTORS: usize = 0;
    pub(crate) const TEXT: usize = 1;
    pub(crate) const TABLE: usize = 2;
    pub(crate) const DATA: usize = 3;

    pub(crate) const TEXT_ADDRESS: u32 = 0x400;
    pub(crate) const TABLE_ADDRESS: u32 = 0x600;
    /// Where the initial values of data are loaded, and where data is.
    pub(crate) const VALUES_ADDRESS: u32 = 0x700;
    pub(crate) const DATA_ADDRESS: u32 = 0x2000_6000;
    pub(crate) const LOG_ADDRESS: u32 = 0x2000_4000;
    pub(crate) const STACK_END: u32 = 0x2000_4000;

    pub(crate) const VDEV: usize = 0x18;
    pub(crate) const VRING0_ADDRESS: usize = VDEV + 28;
    pub(crate) const TRACE: usize = 0x5c;
    pub(crate) const TRACE_ADDRESS: usize = TRACE + 4;
    pub(crate) const TRACE_SIZE: usize = TRACE + 8;
}

const BOARD: &str = include_str!("../../../../boards/imx8mp-evk-m7.toml");

/// Up to the interrupt of the messaging unit, 97.
const VECTORS: usize = 16 + 98;

fn vector_table() -> Vec<u8> {
    let handler = m7::TEXT_ADDRESS + 0x11;
    let mut words = [handler; VECTORS];
    (words[0], words[1]) = (m7::STACK_END, m7::TEXT_ADDRESS + 1);
    words.iter().flat_map(|w| w.to_le_bytes()).collect()
}

/// A resource table with an RPMsg device and a log.
fn resource_table() -> Vec<u8> {
    let mut table = Vec::new();
    let mut words = |words: &[u32]| words.iter().for_each(|w| table.extend(w.to_le_bytes()));
    words(&[1, 2, 0, 0, m7::VDEV as u32, m7::TRACE as u32]);
    words(&[3, 7, 0, 1, 0, 0, 0x0000_0200]);
    words(&[0xffff_ffff, 4096, 256, 0, 0]);
    words(&[0xffff_ffff, 4096, 256, 1, 0]);
    words(&[2, m7::LOG_ADDRESS, 0x2000, 0]);
    table.extend(b"log");
    table.resize(0x100, 0);
    table
}

impl Elf {
    pub(crate) fn good_m7() -> Self {
        let vectors = vector_table();
        let table_size = vectors.len() as u32;
        let mut data = Segment::data(m7::DATA_ADDRESS, 0x100);
        data.paddr = m7::VALUES_ADDRESS;
        // GNU ld gives .bss the load address behind that of .data.
        let mut bss = Segment::data(m7::DATA_ADDRESS + 0x100, 0);
        (bss.paddr, bss.memsz) = (m7::VALUES_ADDRESS + 0x100, 0x200);
        Self {
            entry: m7::TEXT_ADDRESS + 1,
            kind: 2,
            machine: 40,
            segments: vec![
                Segment::new(0, 4, vectors),
                Segment::code(m7::TEXT_ADDRESS, 0x200),
                Segment::new(m7::TABLE_ADDRESS, RW, resource_table()),
                data,
                bss,
            ],
            sections: vec![
                Section::contents(".vector_table", 0, table_size),
                Section::contents(".text", m7::TEXT_ADDRESS, 0x200),
                Section::contents(".resource_table", m7::TABLE_ADDRESS, 0x100),
                Section::contents(".data", m7::DATA_ADDRESS, 0x100),
                Section::reserved(".bss", m7::DATA_ADDRESS + 0x100, 0x200),
                Section::reserved(".trace", m7::LOG_ADDRESS, 0x2000),
            ],
            patches: Vec::new(),
            keep: usize::MAX,
            board: BOARD.to_owned(),
            board_name: "imx8mp-evk-m7",
            table: m7::TABLE,
        }
    }

    /// Writes a word into the vector table.
    pub(crate) fn vector(&mut self, index: usize, word: u32) {
        self.segments[m7::VECTORS].contents[4 * index..4 * index + 4].copy_from_slice(&word.to_le_bytes());
    }
}
