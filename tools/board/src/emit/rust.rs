// SPDX-License-Identifier: MIT OR Apache-2.0
//! Constants for the firmware.

use std::fmt::{Display, Write};

use crate::{Board, MemoryRole, UartKind};

impl Board {
    /// Rust constants, each with its documentation, for a module of the firmware. Carveouts are
    /// `crate::shm::Window { linux: u32, device: u32, len: u32 }`.
    pub fn to_rust(&self) -> String {
        let mut out = Constants(String::new());
        let cpu = &self.cpu;
        let mailbox = &self.mailbox;

        out.text("Name of the board file.", "NAME", &self.name);
        out.text("The board in one line.", "DESCRIPTION", &self.description);
        out.text("The SoC.", "SOC", &self.soc);

        out.number(
            "Nominal clock of the core in Hz; nothing may depend on it but time stamps.",
            "CLOCK_HZ",
            "u32",
            cpu.clock_hz,
        );
        out.number("Bytes of a data cache line.", "DCACHE_LINE", "usize", cpu.dcache_line);
        out.number("Level up to which exceptions mask interrupts.", "EXCM_LEVEL", "u32", cpu.excm_level);
        out.hex("Where the core starts.", "RESET_VECTOR", "u32", cpu.reset_vector);
        out.hex("Where the vectors are.", "VECBASE", "u32", cpu.vecbase);
        out.hex("Cache attributes, one nibble for each 512 MiB, lowest first.", "CACHEATTR", "u32", cpu.cacheattr);
        out.number("Interrupt of the timer.", "TIMER_INTERRUPT", "u32", cpu.timer_interrupt);
        out.number("Level of the timer's interrupt.", "TIMER_INTERRUPT_LEVEL", "u32", cpu.timer_interrupt_level);
        out.number("Interrupt that software can raise.", "SOFTWARE_INTERRUPT", "u32", cpu.software_interrupt);
        out.number("Level of the software interrupt.", "SOFTWARE_INTERRUPT_LEVEL", "u32", cpu.software_interrupt_level);

        out.number("Register layout of the messaging unit.", "MU_VERSION", "u32", mailbox.mu_version);
        out.hex("Registers of the messaging unit.", "MU_BASE", "usize", mailbox.base);
        out.number("Channel of the kicks.", "MU_CHANNEL", "u32", mailbox.channel);
        out.number("Interrupt of the messaging unit.", "MU_INTERRUPT", "u32", mailbox.interrupt);
        out.number("Level of the messaging unit's interrupt.", "MU_INTERRUPT_LEVEL", "u32", mailbox.interrupt_level);
        out.number(
            "A kick's word is the index of the vring shifted left by this.",
            "KICK_SHIFT",
            "u32",
            mailbox.kick_shift,
        );

        if let Some(image) = self.memory(MemoryRole::Image) {
            out.hex("Where the image starts: the resource table, then the log.", "IMAGE_BASE", "u32", image.address);
        }
        out.number("Entries of each vring.", "VRING_NUM", "u16", self.vring.num);
        out.number("Alignment of the used ring.", "VRING_ALIGN", "u32", self.vring.align);
        for carveout in &self.carveouts {
            let doc = format!("Reserved memory `{}`.", carveout.name);
            let window = format!(
                "crate::shm::Window {{ linux: {}, device: {}, len: {} }}",
                grouped(carveout.linux),
                grouped(carveout.device),
                grouped(carveout.size)
            );
            let name = carveout.role.name().to_uppercase();
            out.constant(&doc, &name, "crate::shm::Window", window);
        }
        let names: Vec<String> = self.carveouts.iter().map(|c| c.role.name().to_uppercase()).collect();
        out.constant(
            "All memory in which rings and buffers may be.",
            "CARVEOUTS",
            &format!("[crate::shm::Window; {}]", names.len()),
            format!("[{}]", names.join(", ")),
        );

        out.text("Name of the log in the resource table.", "TRACE_NAME", &self.trace.name);
        out.number("Bytes of the log.", "TRACE_SIZE", "usize", self.trace.size);
        out.number(
            "Whether the resource table carries NXP's vendor entry.",
            "NXP_VENDOR_ENTRY",
            "bool",
            self.resource_table.nxp_vendor_entry,
        );
        let base = self.uart.as_ref().map_or("None".into(), |u| format!("Some({})", grouped(u.base)));
        out.constant("Registers of the serial port.", "UART_BASE", "Option<usize>", base);
        let kind = self.uart.as_ref().map_or("", |u| match u.kind {
            UartKind::ImxUart => "imx-uart",
            UartKind::Lpuart => "lpuart",
        });
        out.text("Kind of the serial port; empty when there is none.", "UART_KIND", kind);
        out.0
    }
}

/// Rust source that grows by one constant at a time.
struct Constants(String);

impl Constants {
    fn constant(&mut self, doc: &str, name: &str, kind: &str, value: impl Display) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "/// {doc}\npub const {name}: {kind} = {value};");
    }

    fn number(&mut self, doc: &str, name: &str, kind: &str, value: impl Display) {
        self.constant(doc, name, kind, value);
    }

    fn hex(&mut self, doc: &str, name: &str, kind: &str, value: u32) {
        self.constant(doc, name, kind, grouped(value));
    }

    fn text(&mut self, doc: &str, name: &str, value: &str) {
        self.constant(doc, name, "&str", format!("{value:?}"));
    }
}

/// `0x3b6f_8000`
fn grouped(value: u32) -> String {
    format!("{:#06x}_{:04x}", value >> 16, value & 0xffff)
}
