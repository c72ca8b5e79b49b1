// SPDX-License-Identifier: MIT OR Apache-2.0
//! Macros for the C shim.

use crate::Board;

impl Board {
    /// Macros for the C shim, name and value. Values have no suffix, so that the assembler takes them too.
    pub fn to_c_defines(&self) -> Vec<(String, String)> {
        let (cpu, mailbox) = (&self.cpu, &self.mailbox);
        let mut defines = vec![
            ("BOARD_RESET_VECTOR", hex(cpu.reset_vector)),
            ("BOARD_VECBASE", hex(cpu.vecbase)),
            ("BOARD_CACHEATTR", hex(cpu.cacheattr)),
            ("BOARD_EXCM_LEVEL", cpu.excm_level.to_string()),
            ("BOARD_DCACHE_LINE", cpu.dcache_line.to_string()),
            ("BOARD_DCACHE_SIZE", cpu.dcache_size.to_string()),
            ("BOARD_ICACHE_SIZE", cpu.icache_size.to_string()),
            ("BOARD_TIMER_INTERRUPT", cpu.timer_interrupt.to_string()),
            ("BOARD_TIMER_INTERRUPT_LEVEL", cpu.timer_interrupt_level.to_string()),
            ("BOARD_SOFTWARE_INTERRUPT", cpu.software_interrupt.to_string()),
            ("BOARD_SOFTWARE_INTERRUPT_LEVEL", cpu.software_interrupt_level.to_string()),
            ("BOARD_MU_VERSION", mailbox.mu_version.to_string()),
            ("BOARD_MU_BASE", hex(mailbox.base)),
            ("BOARD_MU_CHANNEL", mailbox.channel.to_string()),
            ("BOARD_MU_INTERRUPT", mailbox.interrupt.to_string()),
            ("BOARD_MU_INTERRUPT_LEVEL", mailbox.interrupt_level.to_string()),
        ];
        if let Some(uart) = &self.uart {
            defines.push(("BOARD_UART_BASE", hex(uart.base)));
        }
        defines.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

fn hex(value: u32) -> String {
    format!("{value:#010x}")
}
