// SPDX-License-Identifier: MIT OR Apache-2.0
//! The parts of an ELF that the loader looks at.

use std::fmt;

use imx_rpmsg_board::{Board, Range};
use object::LittleEndian;
use object::elf::{
    ELFCLASS32, ELFCLASS64, ELFDATA2LSB, ELFMAG, EM_ARM, EM_XTENSA, ET_EXEC, FileHeader32, PF_R, PF_W, PF_X, PT_LOAD,
    SHF_ALLOC, SHT_NOBITS,
};
use object::read::elf::{FileHeader as _, ProgramHeader as _, SectionHeader as _};

use crate::finding::{Findings, Rule, SILENT};
use crate::start;

/// An ELF as the loader sees it.
pub(crate) struct Image<'a> {
    /// The whole file.
    pub(crate) data: &'a [u8],
    pub(crate) entry: u32,
    /// `PT_LOAD` segments that take memory.
    pub(crate) segments: Vec<Segment>,
    pub(crate) sections: Vec<Section>,
}

/// A segment to load.
pub(crate) struct Segment {
    index: usize,
    pub(crate) offset: u32,
    pub(crate) vaddr: u32,
    pub(crate) paddr: u32,
    pub(crate) filesz: u32,
    pub(crate) memsz: u32,
    flags: u32,
    /// Names of the sections in it.
    pub(crate) names: String,
}

impl Segment {
    /// Where it is loaded.
    pub(crate) const fn range(&self) -> Range {
        Range::new(self.paddr, self.memsz)
    }

    /// The part of that which comes from the file.
    pub(crate) const fn file_range(&self) -> Range {
        Range::new(self.paddr, self.filesz)
    }

    /// Where it was linked for.
    pub(crate) const fn linked_range(&self) -> Range {
        Range::new(self.vaddr, self.memsz)
    }

    pub(crate) const fn is_executable(&self) -> bool {
        self.flags & PF_X != 0
    }

    /// `rwx` with `-` for what is not allowed.
    pub(crate) fn permissions(&self) -> String {
        let letter = |flag, letter| if self.flags & flag != 0 { letter } else { '-' };
        [letter(PF_R, 'r'), letter(PF_W, 'w'), letter(PF_X, 'x')].iter().collect()
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "segment {}", self.index)?;
        if !self.names.is_empty() {
            write!(f, " ({})", self.names)?;
        }
        write!(f, " at {:#010x}", self.paddr)
    }
}

/// A section.
pub(crate) struct Section {
    index: usize,
    pub(crate) name: String,
    kind: u32,
    flags: u32,
    pub(crate) address: u32,
    pub(crate) offset: u32,
    pub(crate) size: u32,
}

impl Section {
    pub(crate) const fn range(&self) -> Range {
        Range::new(self.address, self.size)
    }

    /// Whether it takes memory of the program.
    pub(crate) const fn takes_memory(&self) -> bool {
        self.flags & SHF_ALLOC != 0 && self.size > 0
    }

    /// Whether it has bytes in the file.
    pub(crate) const fn has_contents(&self) -> bool {
        self.kind != SHT_NOBITS
    }

    pub(crate) const fn kind(&self) -> u32 {
        self.kind
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "section {} ({}) at {:#010x}", self.index, self.name, self.address)
    }
}

/// How Linux refuses a file before it looks at segments.
const EINVAL: &str = "\"Boot failed: -22\"";

impl<'a> Image<'a> {
    /// Reads the headers; `None` when they cannot be read.
    pub(crate) fn parse(board: &Board, data: &'a [u8], findings: &mut Findings<'_>) -> Option<Self> {
        identify(data, findings)?;
        let header =
            FileHeader32::<LittleEndian>::parse(data).map_err(|e| unreadable(findings, "the ELF header", e)).ok()?;
        let endian = LittleEndian;
        let machine = header.e_machine(endian);
        let (wanted, name) = if board.core.is_cortex_m() { (EM_ARM, "Arm") } else { (EM_XTENSA, "Xtensa") };
        if machine != wanted {
            findings.add(
                Rule::ElfMachine,
                "file header",
                format!("e_machine is {machine}, not {wanted} ({name})"),
                format!("says nothing; the core cannot run it: {}", start::dead(board)),
                format!("build for this board: scripts/build.sh {}", board.name),
            );
        }
        if header.e_type(endian) != ET_EXEC {
            findings.add(
                Rule::ElfType,
                "file header",
                format!("e_type is {}, not {ET_EXEC} (executable)", header.e_type(endian)),
                "says nothing; addresses in it are not final",
                "link it statically, without -r, -shared or -pie",
            );
        }
        let programs =
            header.program_headers(endian, data).map_err(|e| unreadable(findings, "the program headers", e)).ok()?;
        let tables =
            header.section_headers(endian, data).map_err(|e| unreadable(findings, "the section headers", e)).ok()?;
        let names = header
            .section_strings(endian, data, tables)
            .map_err(|e| unreadable(findings, "the section names", e))
            .ok()?;

        let mut sections = Vec::new();
        for (index, section) in tables.iter().enumerate() {
            let name = section.name(endian, names).unwrap_or(b"?");
            sections.push(Section {
                index,
                name: String::from_utf8_lossy(name).into_owned(),
                kind: section.sh_type(endian),
                flags: section.sh_flags(endian),
                address: section.sh_addr(endian),
                offset: section.sh_offset(endian),
                size: section.sh_size(endian),
            });
        }
        let mut segments = Vec::new();
        for (index, program) in programs.iter().enumerate() {
            if program.p_type(endian) != PT_LOAD || program.p_memsz(endian) == 0 {
                continue;
            }
            let mut segment = Segment {
                index,
                offset: program.p_offset(endian),
                vaddr: program.p_vaddr(endian),
                paddr: program.p_paddr(endian),
                filesz: program.p_filesz(endian),
                memsz: program.p_memsz(endian),
                flags: program.p_flags(endian),
                names: String::new(),
            };
            let inside = |s: &&Section| s.takes_memory() && segment.linked_range().contains(&s.range());
            let names: Vec<&str> = sections.iter().filter(inside).map(|s| s.name.as_str()).collect();
            segment.names = names.join(" ");
            segments.push(segment);
        }
        if segments.is_empty() {
            findings.add(
                Rule::ElfSegments,
                "program headers",
                "there is no PT_LOAD segment with memory",
                if programs.is_empty() {
                    format!("\"No loadable segments\", {EINVAL}")
                } else {
                    format!("{SILENT}; it starts a core without code")
                },
                "link with the board's linker script",
            );
            return None;
        }
        let entry = header.e_entry(endian);
        Some(Self { data, entry, segments, sections })
    }

    /// The bytes that are loaded to `range`, if one segment has them all in the file.
    pub(crate) fn loaded(&self, range: &Range) -> Option<&'a [u8]> {
        let segment = self.segments.iter().find(|s| s.file_range().contains(range))?;
        let start = segment.offset as usize + (range.start - segment.paddr) as usize;
        self.data.get(start..start + range.size as usize)
    }

    pub(crate) fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|s| s.name == name)
    }
}

/// Whether the file is an ELF of the right class and endianness, from its first bytes.
fn identify(data: &[u8], findings: &mut Findings<'_>) -> Option<()> {
    if data.len() < size_of::<FileHeader32<LittleEndian>>() {
        findings.add(
            Rule::ElfHeader,
            "file",
            format!("{} bytes are too few for an ELF header", data.len()),
            format!("\"Image is too small\", {EINVAL}"),
            "give the ELF that the linker wrote",
        );
        return None;
    }
    if data[..4] != ELFMAG {
        findings.add(
            Rule::ElfHeader,
            "file",
            "it does not start as an ELF does",
            format!("\"Image is corrupted (bad magic)\", {EINVAL}"),
            "give the ELF that the linker wrote, not a .bin or .hex made from it",
        );
        return None;
    }
    if data[4] != ELFCLASS32 {
        findings.add(
            Rule::ElfClass,
            "file header",
            format!("class {} is not ELF32", data[4]),
            if data[4] == ELFCLASS64 {
                "takes an ELF64, but the core cannot run it: -110 of a DSP".to_owned()
            } else {
                format!("\"Unsupported class: {}\", {EINVAL}", data[4])
            },
            "build for the core, not for the host",
        );
        return None;
    }
    if data[5] != ELFDATA2LSB {
        findings.add(
            Rule::ElfEndian,
            "file header",
            format!("data encoding {} is not little-endian", data[5]),
            format!("\"Unsupported firmware endianness\", {EINVAL}"),
            "build for the core, which is little-endian",
        );
        return None;
    }
    Some(())
}

fn unreadable(findings: &mut Findings<'_>, what: &str, error: object::Error) {
    findings.add(
        Rule::ElfHeader,
        "file header",
        format!("{what}: {error}"),
        format!("\"Image is too small\" or \"Firmware size is too small\", {EINVAL}; or it reads beyond the file"),
        "the file is cut short or damaged: link again, and copy it whole",
    );
}
