// SPDX-License-Identifier: MIT OR Apache-2.0
//! A minimal firmware ELF that breaks no rule, made of parts that a test can spoil.

use imx_rpmsg_board::Board;

const BOARD: &str = include_str!("../../../../boards/imx8mp-evk-dsp.toml");

pub(crate) const RESET: usize = 0;
pub(crate) const VECTORS: usize = 1;
pub(crate) const TABLE: usize = 2;
pub(crate) const TEXT: usize = 3;
pub(crate) const DATA: usize = 4;

pub(crate) const TABLE_ADDRESS: u32 = 0x9240_0000;
pub(crate) const TEXT_ADDRESS: u32 = 0x9240_0100;
pub(crate) const DATA_ADDRESS: u32 = 0x9240_0300;
pub(crate) const BSS_ADDRESS: u32 = 0x9240_0400;
pub(crate) const LOG_ADDRESS: u32 = 0x9240_0800;

const PROGBITS: u32 = 1;
pub(crate) const NOBITS: u32 = 8;
const WRITE: u32 = 1;
const ALLOC: u32 = 2;
const RX: u32 = 5;
const RW: u32 = 6;

const HEADER_BYTES: usize = 52;
const PROGRAM_HEADER_BYTES: usize = 32;
const SECTION_HEADER_BYTES: usize = 40;

/// A PT_LOAD segment; the sizes may lie about the contents.
#[derive(Clone)]
pub(crate) struct Segment {
    pub(crate) vaddr: u32,
    pub(crate) paddr: u32,
    pub(crate) filesz: u32,
    pub(crate) memsz: u32,
    pub(crate) flags: u32,
    pub(crate) contents: Vec<u8>,
}

impl Segment {
    pub(crate) fn new(address: u32, flags: u32, contents: Vec<u8>) -> Self {
        let size = contents.len() as u32;
        Self { vaddr: address, paddr: address, filesz: size, memsz: size, flags, contents }
    }

    /// Code of that many bytes at the address.
    pub(crate) fn code(address: u32, size: usize) -> Self {
        Self::new(address, RX, vec![0x36; size])
    }

    /// Data of that many bytes at the address.
    pub(crate) fn data(address: u32, size: usize) -> Self {
        Self::new(address, RW, vec![0x5a; size])
    }

    pub(crate) fn move_to(&mut self, address: u32) {
        (self.vaddr, self.paddr) = (address, address);
    }

    pub(crate) fn resize(&mut self, size: usize) {
        self.contents.resize(size, 0x36);
        (self.filesz, self.memsz) = (size as u32, size as u32);
    }
}

/// A section; its offset in the file follows from its address, unless given.
#[derive(Clone)]
pub(crate) struct Section {
    pub(crate) name: &'static str,
    pub(crate) kind: u32,
    pub(crate) flags: u32,
    pub(crate) address: u32,
    pub(crate) size: u32,
    pub(crate) offset: Option<u32>,
}

impl Section {
    pub(crate) fn new(name: &'static str, kind: u32, flags: u32, address: u32, size: u32) -> Self {
        Self { name, kind, flags: ALLOC | flags, address, size, offset: None }
    }

    /// Memory that is reserved but not loaded.
    pub(crate) fn reserved(name: &'static str, address: u32, size: u32) -> Self {
        Self::new(name, NOBITS, WRITE, address, size)
    }

    /// Contents.
    pub(crate) fn contents(name: &'static str, address: u32, size: u32) -> Self {
        Self::new(name, PROGBITS, 0, address, size)
    }
}

/// The ELF, and the board that it is for.
pub(crate) struct Elf {
    pub(crate) entry: u32,
    pub(crate) kind: u16,
    pub(crate) machine: u16,
    pub(crate) segments: Vec<Segment>,
    pub(crate) sections: Vec<Section>,
    /// Written over the finished file: offset and bytes.
    pub(crate) patches: Vec<(usize, Vec<u8>)>,
    /// Bytes of the file that are kept.
    pub(crate) keep: usize,
    pub(crate) board: String,
}

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
        }
    }

    pub(crate) fn board(&self) -> Board {
        Board::parse(&self.board, "imx8mp-evk-dsp.toml").unwrap_or_else(|e| panic!("{e}"))
    }

    /// Changes the board file.
    pub(crate) fn edit_board(&mut self, after: &str, old: &str, new: &str) {
        let from = self.board.find(after).unwrap_or_else(|| panic!("no {after:?}"));
        let (head, tail) = self.board.split_at(from);
        assert!(tail.contains(old), "no {old:?} behind {after:?}");
        self.board = format!("{head}{}", tail.replacen(old, new, 1));
    }

    /// Writes a word into the resource table.
    pub(crate) fn poke(&mut self, offset: usize, word: u32) {
        self.segments[TABLE].contents[offset..offset + 4].copy_from_slice(&word.to_le_bytes());
    }

    /// Changes a byte of the resource table.
    pub(crate) fn poke_byte(&mut self, offset: usize, byte: u8) {
        self.segments[TABLE].contents[offset] = byte;
    }

    pub(crate) fn section(&mut self, name: &str) -> &mut Section {
        let section = self.sections.iter_mut().find(|s| s.name == name);
        section.unwrap_or_else(|| panic!("no section {name}"))
    }

    pub(crate) fn drop_section(&mut self, name: &str) {
        self.sections.retain(|s| s.name != name);
    }

    /// Takes the resource table to another segment of the same contents there.
    pub(crate) fn move_table(&mut self, address: u32) {
        self.segments[TABLE].move_to(address);
        self.section(".resource_table").address = address;
    }

    pub(crate) fn build(&self) -> Vec<u8> {
        let mut offset = HEADER_BYTES + self.segments.len() * PROGRAM_HEADER_BYTES;
        let mut offsets = Vec::new();
        let mut body = Vec::new();
        for segment in &self.segments {
            offsets.push(offset as u32);
            body.extend(&segment.contents);
            body.resize(body.len().next_multiple_of(16), 0);
            offset = HEADER_BYTES + self.segments.len() * PROGRAM_HEADER_BYTES + body.len();
        }
        let mut names = vec![0];
        let mut sections = vec![[0; 10]];
        for section in &self.sections {
            let inside = |s: &Segment| section.address.checked_sub(s.vaddr).filter(|d| *d < s.memsz);
            let at = self.segments.iter().zip(&offsets).find_map(|(s, o)| Some(o + inside(s)?));
            let offset = section.offset.or(at).unwrap_or(HEADER_BYTES as u32);
            let name = names.len() as u32;
            sections.push([name, section.kind, section.flags, section.address, offset, section.size, 0, 0, 4, 0]);
            names.extend(section.name.as_bytes());
            names.push(0);
        }
        let shstrtab = names.len() as u32;
        names.extend(b".shstrtab\0");
        sections.push([shstrtab, 3, 0, 0, offset as u32, names.len() as u32, 0, 0, 1, 0]);
        names.resize(names.len().next_multiple_of(4), 0);

        let mut out = b"\x7fELF\x01\x01\x01".to_vec();
        out.resize(16, 0);
        let half = |out: &mut Vec<u8>, v: u16| out.extend(v.to_le_bytes());
        let word = |out: &mut Vec<u8>, v: u32| out.extend(v.to_le_bytes());
        half(&mut out, self.kind);
        half(&mut out, self.machine);
        let section_headers = (offset + names.len()) as u32;
        for v in [1, self.entry, HEADER_BYTES as u32, section_headers, 0] {
            word(&mut out, v);
        }
        let counts = [
            HEADER_BYTES,
            PROGRAM_HEADER_BYTES,
            self.segments.len(),
            SECTION_HEADER_BYTES,
            sections.len(),
            sections.len() - 1,
        ];
        for v in counts {
            half(&mut out, v as u16);
        }
        for (s, offset) in self.segments.iter().zip(&offsets) {
            for v in [1, *offset, s.vaddr, s.paddr, s.filesz, s.memsz, s.flags, 16] {
                word(&mut out, v);
            }
        }
        out.extend(body);
        out.extend(names);
        for v in sections.iter().flatten() {
            word(&mut out, *v);
        }
        for (at, bytes) in &self.patches {
            out[*at..at + bytes.len()].copy_from_slice(bytes);
        }
        out.truncate(self.keep);
        out
    }
}
