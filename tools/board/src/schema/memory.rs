// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory: the linker's, the driver's table, and the device tree's reservations.

use serde::Deserialize;

use crate::Range;

/// What a memory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MemoryRole {
    /// HiFi4: reset code and vectors.
    Vectors,
    /// The stack.
    Stack,
    /// HiFi4: code, data, resource table and log.
    Image,
    /// Cortex-M: vector table, code, constants, resource table, initial values of data.
    Code,
    /// Cortex-M: log and data.
    Data,
}

impl MemoryRole {
    /// As it is written in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vectors => "vectors",
            Self::Stack => "stack",
            Self::Image => "image",
            Self::Code => "code",
            Self::Data => "data",
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

/// RAM that the board has, as Linux addresses it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Ram {
    /// Address in Linux.
    pub address: u32,
    /// Bytes below 4 GiB.
    pub size: u32,
}

impl Ram {
    /// Its addresses in Linux.
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
    /// Where Linux keeps the live resource table.
    RscTable,
    /// Where Linux may place rings and buffers when its device tree names no memory for them.
    Pool,
}

impl CarveoutRole {
    /// Those that a board has exactly once.
    pub const NEEDED: [CarveoutRole; 3] = [Self::Vring0, Self::Vring1, Self::Buffer];

    /// As it is written in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vring0 => "vring0",
            Self::Vring1 => "vring1",
            Self::Buffer => "buffer",
            Self::RscTable => "rsc-table",
            Self::Pool => "pool",
        }
    }

    /// Whether it is one ring.
    pub const fn is_ring(self) -> bool {
        matches!(self, Self::Vring0 | Self::Vring1)
    }
}

/// Memory of the device tree that Linux and the core share.
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
    /// Device address as the file gives it, where it does not follow from the translation.
    #[serde(rename = "device")]
    pub given_device: Option<u32>,
    /// Device address: the given one, or by the translation.
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
