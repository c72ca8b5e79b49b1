// SPDX-License-Identifier: MIT OR Apache-2.0
//! Constants for the firmware.

use std::fmt::{Display, Write};

use crate::{Board, Carveout, CarveoutRole, Hifi4, Loader, MemoryRole, MpuAccess, MpuRegion};

const WINDOW: &str = "crate::shm::Window";
const MPU_REGION: &str = "crate::arch::cortex_m::mpu::Region";

impl Board {
    /// Rust constants, each with its documentation, for a module of the firmware. Carveouts are
    /// `crate::shm::Window { linux: u32, device: u32, len: u32 }`.
    pub fn to_rust(&self) -> String {
        let mut out = Constants(String::new());
        out.text("Name of the board file.", "NAME", &self.name);
        out.number(
            "Nominal clock of the core in Hz; nothing may depend on it but time stamps.",
            "CLOCK_HZ",
            "u32",
            self.cpu.clock_hz,
        );
        if let Some(hifi4) = &self.hifi4 {
            self.hifi4(hifi4, &mut out);
        }
        if self.core.is_cortex_m() {
            self.cortex_m(&mut out);
        }
        self.link(&mut out);
        self.memory_windows(&mut out);
        self.log(&mut out);
        out.0
    }

    fn hifi4(&self, hifi4: &Hifi4, out: &mut Constants) {
        out.number("Bytes of a data cache line.", "DCACHE_LINE", "usize", self.cpu.dcache_line);
        out.hex("Cache attributes, one nibble for each 512 MiB, lowest first.", "CACHEATTR", "u32", hifi4.cacheattr);
        out.number("Interrupt of the timer.", "TIMER_INTERRUPT", "u32", hifi4.timer_interrupt);
        out.number("Interrupt that software can raise.", "SOFTWARE_INTERRUPT", "u32", hifi4.software_interrupt);
        if let Some(image) = self.memory(MemoryRole::Image) {
            out.hex("Where the image starts: the resource table, then the log.", "IMAGE_BASE", "u32", image.address);
        }
    }

    fn cortex_m(&self, out: &mut Constants) {
        let regions: Vec<String> = self.mpu().iter().map(region).collect();
        out.list("Regions of the MPU; none when the board does without.", "MPU", MPU_REGION, &regions);
        out.number("Bytes at the stack's end that the MPU guards.", "STACK_GUARD", "u32", self.stack_guard());
    }

    fn link(&self, out: &mut Constants) {
        let mailbox = &self.mailbox;
        out.hex("Registers of the messaging unit.", "MU_BASE", "usize", mailbox.base);
        out.number("Channel of the kicks.", "MU_CHANNEL", "u32", mailbox.channel);
        out.number("Interrupt of the messaging unit.", "MU_INTERRUPT", "u32", mailbox.interrupt);
        out.number(
            "A kick's word is the index of the vring shifted left by this.",
            "KICK_SHIFT",
            "u32",
            mailbox.kick_shift,
        );
        out.number(
            "Whether every version of Linux's driver writes rings and status into the resource table.",
            "TABLE_IS_KEPT",
            "bool",
            self.loader == Loader::ImxRproc,
        );
        out.number("Whether Linux can start the core.", "LINUX_STARTS", "bool", self.linux_starts);
        let registers: Vec<String> = self
            .setup
            .iter()
            .map(|s| format!("({}, {}, {})", grouped(s.address), grouped(s.clear), grouped(s.set)))
            .collect();
        out.list(
            "Registers to change before the messaging unit is listened to: address, bits to clear, bits to set.",
            "SETUP",
            "(usize, u32, u32)",
            &registers,
        );
        out.number("Entries of each vring.", "VRING_NUM", "u16", self.vring.num);
        out.number("Alignment of the used ring.", "VRING_ALIGN", "u32", self.vring.align);
        out.number(
            "Whether the resource table carries NXP's vendor entry.",
            "NXP_VENDOR_ENTRY",
            "bool",
            self.resource_table.nxp_vendor_entry,
        );
    }

    fn memory_windows(&self, out: &mut Constants) {
        let mut names = Vec::new();
        for carveout in CarveoutRole::NEEDED.into_iter().filter_map(|role| self.carveout(role)) {
            let doc = format!("Reserved memory `{}`.", carveout.name);
            let name = carveout.role.name().to_uppercase();
            out.constant(&doc, &name, WINDOW, window(carveout));
            names.push(name);
        }
        let pools = self.carveouts.iter().filter(|c| c.role == CarveoutRole::Pool);
        names.extend(pools.map(window));
        out.list("All memory in which rings and buffers may be.", "CARVEOUTS", WINDOW, &names);
        let table = self.carveout(CarveoutRole::RscTable);
        out.constant(
            "Where Linux keeps the live resource table, when not in the ELF's own section.",
            "RSC_TABLE",
            &format!("Option<{WINDOW}>"),
            table.map_or("None".to_owned(), |c| format!("Some({})", window(c))),
        );
    }

    fn log(&self, out: &mut Constants) {
        let base = match self.memory(MemoryRole::Data) {
            Some(data) => grouped(data.address),
            None => "IMAGE_BASE + crate::wire::resource_table::TABLE_LEN as u32".to_owned(),
        };
        out.constant("Where the log is.", "TRACE_BASE", "u32", base);
        out.text("Name of the log in the resource table.", "TRACE_NAME", &self.trace.name);
        out.number("Bytes of the log.", "TRACE_SIZE", "usize", self.trace.size);

        let uart = self.uart.as_ref();
        let base = uart.map_or("None".into(), |u| format!("Some({})", grouped(u.base)));
        out.constant("Registers of the serial port.", "UART_BASE", "Option<usize>", base);
        out.text("Kind of the serial port; empty when there is none.", "UART_KIND", uart.map_or("", |u| u.kind.name()));
        out.number(
            "Clock of the serial port in Hz; 0 when there is none.",
            "UART_CLOCK_HZ",
            "u32",
            uart.map_or(0, |u| u.clock_hz),
        );
    }
}

fn window(carveout: &Carveout) -> String {
    format!(
        "{WINDOW} {{ linux: {}, device: {}, len: {} }}",
        grouped(carveout.linux),
        grouped(carveout.device),
        grouped(carveout.size)
    )
}

/// Rust source of a region.
fn region(region: &MpuRegion) -> String {
    let access = match region.access {
        MpuAccess::Shared => "Shared",
        MpuAccess::Device => "Device",
        MpuAccess::Data => "Data",
        MpuAccess::Code => "Code",
        MpuAccess::Nothing => "Nothing",
    };
    format!(
        "{MPU_REGION} {{ start: {}, last: {}, without: {:#04x}, access: crate::arch::cortex_m::mpu::Access::{access} }}",
        grouped(region.start),
        grouped(region.last),
        region.without
    )
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

    fn list(&mut self, doc: &str, name: &str, kind: &str, items: &[String]) {
        self.constant(doc, name, &format!("[{kind}; {}]", items.len()), format!("[{}]", items.join(", ")));
    }
}

/// `0x3b6f_8000`
fn grouped(value: u32) -> String {
    format!("{:#06x}_{:04x}", value >> 16, value & 0xffff)
}
