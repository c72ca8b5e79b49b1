// SPDX-License-Identifier: MIT OR Apache-2.0
//! An ELF by its parts.

use imx_rpmsg_board::Board;

const PROGBITS: u32 = 1;
pub(crate) const NOBITS: u32 = 8;
const WRITE: u32 = 1;
const ALLOC: u32 = 2;
const RX: u32 = 5;
pub(super) const RW: u32 = 6;

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
    /// The name of the board.
    pub(crate) board_name: &'static str,
    /// The segment that holds the resource table, and nothing else.
    pub(crate) table: usize,
}

impl Elf {
    pub(crate) fn board(&self) -> Board {
        Board::parse(&self.board, &format!("{}.toml", self.board_name)).unwrap_or_else(|e| panic!("{e}"))
    }

    /// Changes the board file.
    pub(crate) fn edit_board(&mut self, after: &str, old: &str, new: &str) {
        let from = self.board.find(after).unwrap_or_else(|| panic!("no {after:?}"));
        let (head, tail) = self.board.split_at(from);
        assert!(tail.contains(old), "no {old:?} behind {after:?}");
        self.board = format!("{head}{}", tail.replacen(old, new, 1));
    }

    /// A board that U-Boot cannot start.
    pub(crate) fn drop_uboot(&mut self) {
        let start = self.board.find("\n[uboot]").unwrap_or_else(|| panic!("no [uboot]"));
        let end = self.board[start + 1..].find("\n[[").map_or(self.board.len(), |e| start + 1 + e);
        self.board.replace_range(start..end, "");
    }

    /// Writes a word into the resource table.
    pub(crate) fn poke(&mut self, offset: usize, word: u32) {
        self.segments[self.table].contents[offset..offset + 4].copy_from_slice(&word.to_le_bytes());
    }

    /// Changes a byte of the resource table.
    pub(crate) fn poke_byte(&mut self, offset: usize, byte: u8) {
        self.segments[self.table].contents[offset] = byte;
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
        self.segments[self.table].move_to(address);
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
