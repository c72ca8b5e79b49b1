// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory regions for GNU ld.

use std::fmt::Write;

use crate::{Board, MemoryRole};

impl Board {
    /// A part of a linker script: `MEMORY`, the aliases `VECTORS`, `STACK` and `IMAGE` by role, and the
    /// symbols `_reset_vector`, `_vecbase`, `_dcache_line` and `_trace_size`.
    pub fn to_linker(&self) -> String {
        let mut out = format!("/* Made from the board file of {}. */\nMEMORY\n{{\n", self.name);
        for memory in &self.memory {
            // Only the image has attributes: sections that the script forgets go there and nowhere else.
            let attributes = match memory.role {
                Some(MemoryRole::Image) => " (rwx)",
                _ => "",
            };
            let _ = writeln!(
                out,
                "  {}{attributes} : ORIGIN = {:#010x}, LENGTH = {:#x}",
                memory.name, memory.address, memory.size
            );
        }
        out += "}\n";
        for role in MemoryRole::ALL {
            if let Some(memory) = self.memory(role) {
                let alias = role.name().to_uppercase();
                let _ = writeln!(out, "REGION_ALIAS(\"{alias}\", {});", memory.name);
            }
        }
        let symbols = [
            ("_reset_vector", self.cpu.reset_vector),
            ("_vecbase", self.cpu.vecbase),
            ("_dcache_line", self.cpu.dcache_line),
            ("_trace_size", self.trace.size),
        ];
        for (name, value) in symbols {
            let _ = writeln!(out, "{name} = {value:#x};");
        }
        out
    }
}
