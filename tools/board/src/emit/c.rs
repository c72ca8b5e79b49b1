// SPDX-License-Identifier: MIT OR Apache-2.0
//! Macros for the C shim.

use crate::Board;

impl Board {
    /// Macros for the C shim, name and value. Values have no suffix, so that the assembler takes them too. Only the
    /// start and the exceptions of a HiFi4 need any: the mailbox's accessors are told base and channel.
    pub fn to_c_defines(&self) -> Vec<(String, String)> {
        let Some(hifi4) = &self.hifi4 else {
            return Vec::new();
        };
        let defines = [
            ("BOARD_VECBASE", hex(hifi4.vecbase)),
            ("BOARD_CACHEATTR", hex(hifi4.cacheattr)),
            ("BOARD_EXCM_LEVEL", hifi4.excm_level.to_string()),
            ("BOARD_DCACHE_LINE", self.cpu.dcache_line.to_string()),
            ("BOARD_DCACHE_SIZE", hifi4.dcache_size.to_string()),
            ("BOARD_ICACHE_SIZE", hifi4.icache_size.to_string()),
        ];
        defines.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

fn hex(value: u32) -> String {
    format!("{value:#010x}")
}
