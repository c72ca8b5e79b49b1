// SPDX-License-Identifier: MIT OR Apache-2.0
//! Macros for the C shim.

use crate::{Board, Hifi4};

impl Board {
    /// Macros for the C shim, name and value. Values have no suffix, so that the assembler takes them too.
    pub fn to_c_defines(&self) -> Vec<(String, String)> {
        let mailbox = &self.mailbox;
        let mut defines = vec![
            ("BOARD_DCACHE_LINE", self.cpu.dcache_line.to_string()),
            ("BOARD_MU_VERSION", mailbox.mu_version.to_string()),
            ("BOARD_MU_BASE", hex(mailbox.base)),
            ("BOARD_MU_CHANNEL", mailbox.channel.to_string()),
            ("BOARD_MU_INTERRUPT", mailbox.interrupt.to_string()),
        ];
        if let Some(hifi4) = &self.hifi4 {
            defines.extend(of_hifi4(hifi4));
        }
        if let Some(level) = mailbox.interrupt_level {
            defines.push(("BOARD_MU_INTERRUPT_LEVEL", level.to_string()));
        }
        if let Some(uart) = &self.uart {
            defines.push(("BOARD_UART_BASE", hex(uart.base)));
        }
        defines.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

fn of_hifi4(hifi4: &Hifi4) -> [(&'static str, String); 10] {
    [
        ("BOARD_RESET_VECTOR", hex(hifi4.reset_vector)),
        ("BOARD_VECBASE", hex(hifi4.vecbase)),
        ("BOARD_CACHEATTR", hex(hifi4.cacheattr)),
        ("BOARD_EXCM_LEVEL", hifi4.excm_level.to_string()),
        ("BOARD_DCACHE_SIZE", hifi4.dcache_size.to_string()),
        ("BOARD_ICACHE_SIZE", hifi4.icache_size.to_string()),
        ("BOARD_TIMER_INTERRUPT", hifi4.timer_interrupt.to_string()),
        ("BOARD_TIMER_INTERRUPT_LEVEL", hifi4.timer_interrupt_level.to_string()),
        ("BOARD_SOFTWARE_INTERRUPT", hifi4.software_interrupt.to_string()),
        ("BOARD_SOFTWARE_INTERRUPT_LEVEL", hifi4.software_interrupt_level.to_string()),
    ]
}

fn hex(value: u32) -> String {
    format!("{value:#010x}")
}
