// SPDX-License-Identifier: MIT OR Apache-2.0
//! The fields of a board file.
//!
//! A later kind of board adds fields or variants here; as those are optional, the files there are stay as
//! they are.

use serde::Deserialize;

use crate::Range;

/// A checked board file: what the firmware, its linker and the desk check know about a board.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Board {
    /// The file's name without `.toml`.
    pub name: String,
    /// One line for people.
    pub description: String,
    /// The SoC.
    pub soc: String,
    /// The core that runs the firmware.
    pub core: Core,
    /// The Linux driver that loads it.
    pub loader: Loader,
    /// What Linux's device tree calls the core.
    pub linux_compatible: String,
    /// Properties of the core.
    pub cpu: Cpu,
    /// Memory for the linker.
    pub memory: Vec<Memory>,
    /// Linux's table of device addresses.
    pub translation: Vec<Translation>,
    /// Reserved memory for rings and buffers.
    #[serde(rename = "carveout")]
    pub carveouts: Vec<Carveout>,
    /// The rings that the firmware offers.
    pub vring: Vring,
    /// The messaging unit towards Linux.
    pub mailbox: Mailbox,
    /// The serial port, where there is one.
    pub uart: Option<Uart>,
    /// The log that Linux can read.
    pub trace: Trace,
    /// What else the resource table holds.
    pub resource_table: ResourceTable,
}

/// A kind of core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Core {
    /// Cadence Tensilica HiFi 4, as NXP configures it in all i.MX 8.
    Hifi4,
}

/// A remoteproc driver of Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Loader {
    /// For the DSPs.
    #[serde(rename = "imx_dsp_rproc")]
    ImxDspRproc,
    /// For the Cortex-M cores.
    #[serde(rename = "imx_rproc")]
    ImxRproc,
}

/// Properties of the core.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Cpu {
    /// Nominal clock.
    pub clock_hz: u32,
    /// Bytes of a data cache line.
    pub dcache_line: u32,
    /// Bytes of the data cache.
    pub dcache_size: u32,
    /// Bytes of the instruction cache.
    pub icache_size: u32,
    /// Level up to which an exception masks interrupts; above it no compiled code can run.
    pub excm_level: u32,
    /// Where the core starts.
    pub reset_vector: u32,
    /// Where the vectors are.
    pub vecbase: u32,
    /// Cache attribute of each 512 MiB, one nibble each, lowest first.
    pub cacheattr: u32,
    /// Interrupt of the timer.
    pub timer_interrupt: u32,
    /// Its level.
    pub timer_interrupt_level: u32,
    /// Interrupt that software can raise.
    pub software_interrupt: u32,
    /// Its level.
    pub software_interrupt_level: u32,
}

/// What a memory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MemoryRole {
    /// Reset code and vectors.
    Vectors,
    /// The stack.
    Stack,
    /// Code, data, resource table and log.
    Image,
}

impl MemoryRole {
    /// All of them; a board has each exactly once.
    pub const ALL: [MemoryRole; 3] = [Self::Vectors, Self::Stack, Self::Image];

    /// As it is written in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vectors => "vectors",
            Self::Stack => "stack",
            Self::Image => "image",
        }
    }
}

/// A memory in which the linker may place things.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Memory {
    /// The linker's name for it.
    pub name: String,
    /// What it is for; nothing in particular when absent.
    pub role: Option<MemoryRole>,
    /// Device address.
    pub address: u32,
    /// Bytes.
    pub size: u32,
}

impl Memory {
    /// Its device addresses.
    pub const fn range(&self) -> Range {
        Range::new(self.address, self.size)
    }
}

/// A row of the driver's address translation table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Translation {
    /// Device address.
    pub device: u32,
    /// The same memory as Linux addresses it.
    pub linux: u32,
    /// Bytes.
    pub size: u32,
    /// Linux maps all of it for the core (`ATT_OWN`); else only reserved memory inside is mapped.
    #[serde(default)]
    pub own: bool,
    /// Instruction memory (`ATT_IRAM`): takes 32-bit writes only.
    #[serde(default)]
    pub iram: bool,
}

impl Translation {
    /// Its device addresses.
    pub const fn device_range(&self) -> Range {
        Range::new(self.device, self.size)
    }

    /// Its addresses in Linux.
    pub const fn linux_range(&self) -> Range {
        Range::new(self.linux, self.size)
    }
}

/// What a carveout is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CarveoutRole {
    /// The ring on which the firmware sends.
    Vring0,
    /// The ring on which the firmware receives.
    Vring1,
    /// The buffers of both.
    Buffer,
}

impl CarveoutRole {
    /// All of them; a board has each exactly once.
    pub const ALL: [CarveoutRole; 3] = [Self::Vring0, Self::Vring1, Self::Buffer];

    /// As it is written in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vring0 => "vring0",
            Self::Vring1 => "vring1",
            Self::Buffer => "buffer",
        }
    }
}

/// Reserved memory of the device tree for rings or buffers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Carveout {
    /// Name of the device-tree node, by which Linux finds it.
    pub name: String,
    /// What it is for.
    pub role: CarveoutRole,
    /// Address in Linux.
    pub linux: u32,
    /// Device address: not in the file, it follows from the translation.
    #[serde(skip)]
    pub device: u32,
    /// Bytes.
    pub size: u32,
}

impl Carveout {
    /// Its addresses in Linux.
    pub const fn linux_range(&self) -> Range {
        Range::new(self.linux, self.size)
    }

    /// Its device addresses.
    pub const fn device_range(&self) -> Range {
        Range::new(self.device, self.size)
    }
}

/// The rings that the firmware offers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Vring {
    /// Entries of each ring.
    pub num: u32,
    /// Alignment of the used ring.
    pub align: u32,
}

/// The messaging unit towards Linux.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Mailbox {
    /// Register layout: 1 (i.MX 6SX to 8M Plus, 8QM) or 2 (8ULP, 93, 95).
    pub mu_version: u32,
    /// Registers of the core's side, as a device address.
    pub base: u32,
    /// Channel of the kicks.
    pub channel: u32,
    /// Interrupt of the core.
    pub interrupt: u32,
    /// Its level.
    pub interrupt_level: u32,
    /// A kick's word is the index of the vring shifted left by this.
    pub kick_shift: u32,
}

/// A kind of serial port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum UartKind {
    /// The UART of i.MX 6 to 8M.
    ImxUart,
    /// The LPUART of i.MX 8QM, 8ULP and 9.
    Lpuart,
}

/// The serial port.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Uart {
    /// Its registers' layout.
    pub kind: UartKind,
    /// Its registers, as a device address.
    pub base: u32,
}

/// The log that Linux can read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Trace {
    /// Name in the resource table.
    pub name: String,
    /// Bytes.
    pub size: u32,
}

/// What else the resource table holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ResourceTable {
    /// NXP's vendor entry ("nxps"): the driver need not wait for the ready doorbell.
    pub nxp_vendor_entry: bool,
}

/// What to write for a field, by its path without indices. Shown when it is missing or of the wrong type.
pub(crate) const FIELDS: &[(&str, &str)] = &[
    ("name", "name = \"...\", the file's name without .toml"),
    ("description", "description = \"...\", one line for people"),
    ("soc", "soc = \"imx8mp\""),
    ("core", "core = \"hifi4\""),
    ("loader", "loader = \"imx_dsp_rproc\" or \"imx_rproc\""),
    ("linux_compatible", "linux_compatible = \"fsl,imx8mp-hifi4\", the core's compatible in Linux"),
    ("cpu", "a table [cpu] with the core's properties"),
    ("cpu.clock_hz", "clock_hz = 800_000_000, the core's clock in Hz"),
    ("cpu.dcache_line", "dcache_line = 128, bytes of a data cache line"),
    ("cpu.dcache_size", "dcache_size = 0xc000, bytes of the data cache"),
    ("cpu.icache_size", "icache_size = 0x8000, bytes of the instruction cache"),
    ("cpu.excm_level", "excm_level = 3, the core's XCHAL_EXCM_LEVEL"),
    ("cpu.reset_vector", "reset_vector = 0x3b6f8000, where the core starts"),
    ("cpu.vecbase", "vecbase = 0x3b6f8400, where the vectors are"),
    ("cpu.cacheattr", "cacheattr = 0x22212222, one nibble for each 512 MiB"),
    ("cpu.timer_interrupt", "timer_interrupt = 2, the interrupt of CCOMPARE0"),
    ("cpu.timer_interrupt_level", "timer_interrupt_level = 2"),
    ("cpu.software_interrupt", "software_interrupt = 8, an interrupt that INTSET can raise"),
    ("cpu.software_interrupt_level", "software_interrupt_level = 1"),
    ("memory", "a table [[memory]] for each memory of the linker"),
    ("memory.name", "name = \"iram\", the linker's name for it"),
    ("memory.role", "role = \"vectors\", \"stack\" or \"image\", or no role"),
    ("memory.address", "address = 0x3b6f8000, the device address"),
    ("memory.size", "size = 0x800, bytes"),
    ("translation", "a table [[translation]] for each row of the driver's imx_dsp_rproc_att_*"),
    ("translation.device", "device = 0x3b6f8000, the row's da"),
    ("translation.linux", "linux = 0x3b6f8000, the row's sa"),
    ("translation.size", "size = 0x800, bytes"),
    ("translation.own", "own = true when the row has ATT_OWN"),
    ("translation.iram", "iram = true when the row has ATT_IRAM"),
    ("carveout", "a table [[carveout]] for each of vring0, vring1 and buffer"),
    ("carveout.name", "name = \"vdev0vring0\", the device-tree node without its address"),
    ("carveout.role", "role = \"vring0\", \"vring1\" or \"buffer\""),
    ("carveout.linux", "linux = 0x942f0000, the address in the device tree"),
    ("carveout.size", "size = 0x8000, bytes"),
    ("vring", "a table [vring] with num and align"),
    ("vring.num", "num = 256, entries of each ring"),
    ("vring.align", "align = 4096, alignment of the used ring"),
    ("mailbox", "a table [mailbox] with the messaging unit's properties"),
    ("mailbox.mu_version", "mu_version = 1 (fsl,imx6sx-mu) or 2 (fsl,imx8ulp-mu)"),
    ("mailbox.base", "base = 0x30e70000, the registers of the core's side"),
    ("mailbox.channel", "channel = 0, the channel in the device tree's mboxes"),
    ("mailbox.interrupt", "interrupt = 7, the core's interrupt"),
    ("mailbox.interrupt_level", "interrupt_level = 2"),
    ("mailbox.kick_shift", "kick_shift = 0 (imx_dsp_rproc) or 16 (imx_rproc)"),
    ("uart", "a table [uart] with kind and base, or none"),
    ("uart.kind", "kind = \"imx-uart\" or \"lpuart\""),
    ("uart.base", "base = 0x30a60000, its registers"),
    ("trace", "a table [trace] with name and size"),
    ("trace.name", "name = \"imx-rpmsg log\""),
    ("trace.size", "size = 0x2000, bytes"),
    ("resource_table", "a table [resource_table]"),
    ("resource_table.nxp_vendor_entry", "nxp_vendor_entry = true or false"),
];
