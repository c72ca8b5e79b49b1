// SPDX-License-Identifier: MIT OR Apache-2.0
//! The fields of a board file. [`fields`] says what to write for each.

mod core;
pub(crate) mod fields;
mod link;
mod memory;
mod owner;

use serde::Deserialize;

pub use core::{Core, CortexM, Cpu, Hifi4};
pub use link::{Loader, Mailbox, ResourceTable, Setup, Trace, Uart, UartKind, Vring};
pub use memory::{Carveout, CarveoutRole, Memory, MemoryRole, Ram, Translation};
pub use owner::{Uboot, Unconfirmed};

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
    /// Whether Linux starts the core; else something before Linux does, and Linux attaches.
    #[serde(default = "yes")]
    pub linux_starts: bool,
    /// Properties of the core.
    pub cpu: Cpu,
    /// Those of a HiFi4; a checked board has them if and only if it is one.
    pub hifi4: Option<Hifi4>,
    /// Those of a Cortex-M; a checked board has them if and only if it is one.
    pub cortex_m: Option<CortexM>,
    /// The board's RAM below 4 GiB; where the file says nothing, nothing is held against it.
    #[serde(default)]
    pub ram: Vec<Ram>,
    /// Memory for the linker.
    pub memory: Vec<Memory>,
    /// Linux's table of device addresses.
    pub translation: Vec<Translation>,
    /// Reserved memory for rings, buffers and resource table.
    #[serde(rename = "carveout")]
    pub carveouts: Vec<Carveout>,
    /// The rings that the firmware offers.
    pub vring: Vring,
    /// The messaging unit towards Linux.
    pub mailbox: Mailbox,
    /// Registers to change before the messaging unit is listened to.
    #[serde(default)]
    pub setup: Vec<Setup>,
    /// The serial port, where there is one.
    pub uart: Option<Uart>,
    /// The log that Linux can read.
    pub trace: Trace,
    /// What else the resource table holds.
    #[serde(default)]
    pub resource_table: ResourceTable,
    /// How U-Boot starts the firmware, where it can.
    pub uboot: Option<Uboot>,
    /// Figures that neither a primary source nor hardware confirms.
    #[serde(default)]
    pub unconfirmed: Vec<Unconfirmed>,
}

const fn yes() -> bool {
    true
}
