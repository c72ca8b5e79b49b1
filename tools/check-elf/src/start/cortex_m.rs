// SPDX-License-Identifier: MIT OR Apache-2.0
//! A Cortex-M takes stack pointer and reset code from its vector table, and the interrupts' code too.

use imx_rpmsg_board::{Board, CORTEX_M_EXCEPTIONS, MemoryRole, Range};

use super::{covering, dead};
use crate::bytes::u32_at;
use crate::finding::{Findings, Rule, SILENT};
use crate::image::Image;

/// Bit 0 of a vector: code of a Cortex-M is Thumb.
const THUMB: u32 = 1;

/// The cores that NXP's imx_rproc starts at the address of [`INTERRUPTS`], and at 0 without it.
const STARTED_BY_SECTION: [&str; 2] = ["fsl,imx93-cm33", "fsl,imx95-cm7"];
const INTERRUPTS: &str = ".interrupts";

/// The shortest instruction.
const INSTRUCTION: u32 = 2;

pub(super) fn check(board: &Board, image: &Image<'_>, findings: &mut Findings<'_>) {
    let Some(code) = board.memory(MemoryRole::Code) else {
        return;
    };
    let table = Table { board, image, base: code.address };
    let Some([stack, reset]) = table.first_words(findings) else {
        return;
    };
    table.section(findings);
    table.stack(stack, findings);
    if table.reset(reset, findings) {
        table.entry(reset, findings);
    }
    table.exceptions(findings);
}

struct Table<'a> {
    board: &'a Board,
    image: &'a Image<'a>,
    base: u32,
}

impl Table<'_> {
    fn word(&self, index: u32) -> Option<u32> {
        let bytes = self.image.loaded(&Range::new(self.base.checked_add(4 * index)?, 4))?;
        u32_at(bytes, 0)
    }

    fn place(&self) -> String {
        format!("vector table at {:#010x}", self.base)
    }

    fn first_words(&self, findings: &mut Findings<'_>) -> Option<[u32; 2]> {
        let words = self.word(0).zip(self.word(1)).map(|(stack, reset)| [stack, reset]);
        if words.is_none() {
            findings.add(
                Rule::VectorTable,
                self.place(),
                "nothing is loaded there",
                dead(self.board),
                "KEEP the section of the vector table at the start of FLASH in the linker script",
            );
        }
        words
    }

    fn section(&self, findings: &mut Findings<'_>) {
        if !STARTED_BY_SECTION.contains(&self.board.linux_compatible.as_str()) {
            return;
        }
        let section = self.image.sections.iter().find(|s| s.name == INTERRUPTS);
        let start = section.map_or(0, |s| s.address);
        if start != self.base {
            findings.add(
                Rule::ElfInterrupts,
                self.place(),
                match section {
                    Some(_) => format!("the section {INTERRUPTS} is at {start:#010x}"),
                    None => format!("there is no section {INTERRUPTS}"),
                },
                format!("NXP's starts the core with its vector table at {start:#010x}; mainline's does not look"),
                "let a section of that name begin with the vector table in the linker script",
            );
        }
    }

    fn stack(&self, pointer: u32, findings: &mut Findings<'_>) {
        let Some(memory) = self.board.memory(MemoryRole::Stack) else {
            return;
        };
        let range = memory.range();
        let inside = pointer > range.start && u64::from(pointer) <= range.end();
        if !inside || pointer % 8 != 0 {
            findings.add(
                Rule::InitialStack,
                self.place(),
                if inside {
                    format!("the initial stack pointer, {pointer:#010x}, is not a multiple of 8")
                } else {
                    format!("the initial stack pointer, {pointer:#010x}, is not in '{}', {range}", memory.name)
                },
                format!("{SILENT}; the stack is in memory of something else, or nowhere"),
                "let _stack_start be the end of STACK in the linker script",
            );
        }
    }

    /// Whether the reset vector leads to code.
    fn reset(&self, vector: u32, findings: &mut Findings<'_>) -> bool {
        if let Err(what) = self.code_at(vector) {
            findings.add(
                Rule::ResetVector,
                self.place(),
                format!("the reset vector, {vector:#010x}, {what}"),
                dead(self.board),
                "KEEP the reset code's section, and let the second word of the vector table be its address",
            );
            return false;
        }
        let target = Range::new(vector & !THUMB, INSTRUCTION);
        if let Some(segment) = covering(self.image, &target).filter(|s| !s.is_executable()) {
            findings.add(
                Rule::StartExecutable,
                segment,
                "it holds the reset code and is not executable",
                "says nothing; the section there is data, most likely linked to the wrong address",
                "put code, not data, where the reset vector points",
            );
        }
        true
    }

    /// NMI, hard fault, and the messaging unit's interrupt.
    fn exceptions(&self, findings: &mut Findings<'_>) {
        let interrupt = self.board.mailbox.interrupt;
        let needed = [
            ("NMI".to_owned(), 2),
            ("hard fault".to_owned(), 3),
            (format!("interrupt {interrupt} of the messaging unit"), CORTEX_M_EXCEPTIONS + interrupt),
        ];
        let missing: Vec<String> = needed
            .into_iter()
            .filter_map(|(name, index)| {
                let Some(vector) = self.word(index) else {
                    return Some(format!("{name}, word {index}: the table ends before it"));
                };
                self.code_at(vector).err().map(|what| format!("{name}, word {index}: {vector:#010x} {what}"))
            })
            .collect();
        if !missing.is_empty() {
            findings.add(
                Rule::Vectors,
                self.place(),
                format!("no code for {}", missing.join("; ")),
                format!("{SILENT}; the core stops at the first kick or fault"),
                "give each a handler, and the vector table a word for every interrupt up to the messaging unit's",
            );
        }
    }

    fn entry(&self, reset: u32, findings: &mut Findings<'_>) {
        let entry = self.image.entry;
        let mask = self.board.cortex_m.as_ref().and_then(|cortex_m| cortex_m.reset_vector_mask);
        if let Some(mask) = mask.filter(|mask| entry & mask != self.base) {
            findings.add(
                Rule::ElfEntryWindow,
                "file header",
                format!("e_entry is {entry:#010x}, which {mask:#010x} does not make {:#010x}", self.base),
                format!("starts the core with its vector table at {:#010x}", entry & mask),
                "put the reset code right behind the vector table, and write ENTRY(...) with its symbol",
            );
        } else if entry & !THUMB != reset & !THUMB {
            findings.add(
                Rule::ElfEntry,
                "file header",
                format!("e_entry is {entry:#010x}, the core starts at {reset:#010x}"),
                "starts the core by its vector table",
                "write ENTRY(...) with the reset code's symbol, so that debuggers start there too",
            );
        }
    }

    /// Whether a vector leads to code that is loaded.
    fn code_at(&self, vector: u32) -> Result<(), &'static str> {
        if vector & THUMB == 0 {
            return Err("is even: the core would leave Thumb state and fault");
        }
        match self.image.loaded(&Range::new(vector & !THUMB, INSTRUCTION)) {
            Some(_) => Ok(()),
            None => Err("leads where nothing is loaded"),
        }
    }
}
