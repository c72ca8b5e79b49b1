// SPDX-License-Identifier: MIT OR Apache-2.0
//! Board files of imx-rpmsg.
//!
//! A board is one TOML file in `boards/`. [`Board::load`] reads it and refuses what cannot work, naming
//! file, line, field and what to write instead; the checked board is then turned into what its users need:
//! [`Board::to_rust`] and [`Board::to_linker`] for the firmware's build script, [`Board::to_c_defines`] for
//! the C shim, and the plain fields for the desk check.

#![forbid(unsafe_code)]

mod check;
mod cortex_m;
mod emit;
mod find;
mod hifi4;
mod memory_map;
mod mpu;
mod problem;
mod range;
mod rings;
mod schema;
mod source;
mod uboot;

pub use cortex_m::{CORTEX_M_EXCEPTIONS, vector_table_bytes};
pub use hifi4::VECTORS as HIFI4_VECTORS;
pub use mpu::{MpuAccess, MpuRegion};
pub use problem::{Error, Problem};
pub use range::Range;
pub use rings::{BUFFER_BYTES, MAX_NUM, buffer_bytes, ring_bytes};
pub use schema::{
    Board, Carveout, CarveoutRole, Core, CortexM, Cpu, Hifi4, Loader, Mailbox, Memory, MemoryRole, Ram, ResourceTable,
    Setup, Trace, Translation, Uart, UartKind, Uboot, Unconfirmed, Vring,
};

impl Board {
    /// Checks the text of a board file; `file_name` is for messages, and its stem must be the board's name.
    pub fn parse(text: &str, file_name: &str) -> Result<Self, Error> {
        let source = source::Source::parse(file_name, text).map_err(|problem| Error::Refused(vec![problem]))?;
        let board = source.read().map_err(|problem| Error::Refused(vec![problem]))?;
        check::check(board, &source).map_err(Error::Refused)
    }

    /// The carveout of that role, the first where there may be several.
    pub fn carveout(&self, role: CarveoutRole) -> Option<&Carveout> {
        self.carveouts.iter().find(|c| c.role == role)
    }

    /// The memory of that role. A checked board has one of each of its core's roles.
    pub fn memory(&self, role: MemoryRole) -> Option<&Memory> {
        self.memory.iter().find(|m| m.role == Some(role))
    }

    /// The nibble of a HiFi4's `cacheattr` for a device address, if it lets accesses past the cache.
    pub fn bypass(&self, device: u32) -> Option<u32> {
        let attribute = hifi4::cacheattr::of(self.hifi4.as_ref()?.cacheattr, device);
        hifi4::cacheattr::PAST_THE_CACHE.contains(&attribute).then_some(attribute)
    }

    /// The row of Linux's table that holds all of these device addresses.
    pub fn translation_of_device(&self, device: &Range) -> Option<&Translation> {
        self.translation.iter().find(|t| t.device_range().contains(device))
    }

    /// The device address of memory that Linux addresses so, by the first row that holds it.
    pub fn device_of_linux(&self, linux: &Range) -> Option<u32> {
        let row = self.translation.iter().find(|t| t.linux_range().contains(linux))?;
        Some(row.device + (linux.start - row.linux))
    }

    /// How Linux addresses memory of these device addresses.
    pub fn linux_of_device(&self, device: &Range) -> Option<u32> {
        let row = self.translation_of_device(device)?;
        Some(row.linux + (device.start - row.device))
    }
}
