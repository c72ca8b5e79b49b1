// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory regions for GNU ld.

use std::fmt::Write;

use crate::{Board, Hifi4, MemoryRole, Range};

impl Board {
    /// A part of a linker script: `MEMORY`, and symbols.
    ///
    /// The regions have the names of the board file, so that the linker's messages name what the user has written; the
    /// scripts use aliases by role. For a HiFi4 these are `VECTORS`, `STACK` and `IMAGE`, and there
    /// are the symbols `_reset_vector`, `_vecbase`, `_dcache_line` and `_trace_size`. For a Cortex-M they are what `link.x`
    /// of cortex-m-rt takes from `memory.x`: `FLASH` is the memory `code`, `STACK` is `stack`, `TRACE` the log's part of
    /// `data` and `RAM` the rest of it; and the symbols are `_stack_start`, `_stack_end` and `_trace_size`.
    pub fn to_linker(&self) -> String {
        let mut out = format!("/* Made from the board file of {}. */\nMEMORY\n{{\n", self.name);
        for (name, range) in self.regions() {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "  {name} : ORIGIN = {:#010x}, LENGTH = {:#x}", range.start, range.size);
        }
        out += "}\n";
        self.aliases(&mut out);
        match &self.hifi4 {
            Some(hifi4) => self.hifi4_symbols(hifi4, &mut out),
            None => {
                let _ = writeln!(out, "_stack_start = ORIGIN(STACK) + LENGTH(STACK);\n_stack_end = ORIGIN(STACK);");
            }
        }
        let _ = writeln!(out, "_trace_size = {:#x};", self.trace.size);
        out
    }

    /// Names, with attributes where they have any, and addresses.
    fn regions(&self) -> Vec<(String, Range)> {
        let mut regions = Vec::new();
        for memory in &self.memory {
            let range = memory.range();
            match memory.role {
                // Only the image has attributes: sections that the script forgets go there and nowhere else.
                Some(MemoryRole::Image) => regions.push((format!("{} (rwx)", memory.name), range)),
                Some(MemoryRole::Data) => {
                    let log = self.trace.size;
                    regions.push((log_region(&memory.name), Range::new(range.start, log)));
                    regions.push((memory.name.clone(), Range::new(range.start + log, range.size - log)));
                }
                _ => regions.push((memory.name.clone(), range)),
            }
        }
        regions
    }

    fn aliases(&self, out: &mut String) {
        let mut alias = |alias: &str, name: &str| {
            let _ = writeln!(out, "REGION_ALIAS(\"{alias}\", {name});");
        };
        for role in self.core.memory_roles() {
            let Some(memory) = self.memory(role) else { continue };
            match role {
                MemoryRole::Code => alias("FLASH", &memory.name),
                MemoryRole::Data => {
                    alias("TRACE", &log_region(&memory.name));
                    alias("RAM", &memory.name);
                }
                _ => alias(&role.name().to_uppercase(), &memory.name),
            }
        }
    }

    fn hifi4_symbols(&self, hifi4: &Hifi4, out: &mut String) {
        let symbols = [
            ("_reset_vector", hifi4.reset_vector),
            ("_vecbase", hifi4.vecbase),
            ("_dcache_line", self.cpu.dcache_line),
        ];
        for (name, value) in symbols {
            let _ = writeln!(out, "{name} = {value:#x};");
        }
    }
}

/// The log's part of a memory. No memory has a dot in its name.
fn log_region(memory: &str) -> String {
    format!("{memory}.log")
}
