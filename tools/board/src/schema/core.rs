// SPDX-License-Identifier: MIT OR Apache-2.0
//! The core.

use serde::Deserialize;

use crate::MemoryRole;

/// A kind of core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Core {
    /// Cadence Tensilica HiFi 4, as NXP configures it in all i.MX 8.
    Hifi4,
    /// Arm Cortex-M4 (i.MX 8QM and 8QXP).
    CortexM4,
    /// Arm Cortex-M7 (i.MX 8M Plus and 95).
    CortexM7,
    /// Arm Cortex-M33 (i.MX 8ULP and 93).
    CortexM33,
}

impl Core {
    /// As it is written in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hifi4 => "hifi4",
            Self::CortexM4 => "cortex-m4",
            Self::CortexM7 => "cortex-m7",
            Self::CortexM33 => "cortex-m33",
        }
    }

    /// Whether it is a Cortex-M.
    pub const fn is_cortex_m(self) -> bool {
        !matches!(self, Self::Hifi4)
    }

    /// The compiler's target for it. Cortex-M7 has the Cortex-M4's: the FPUs of i.MX differ.
    pub const fn target(self) -> &'static str {
        match self {
            Self::Hifi4 => "xtensa-hifi4-none-elf",
            Self::CortexM4 | Self::CortexM7 => "thumbv7em-none-eabihf",
            Self::CortexM33 => "thumbv8m.main-none-eabihf",
        }
    }

    /// The roles of its memories; a board has each exactly once.
    pub const fn memory_roles(self) -> [MemoryRole; 3] {
        if self.is_cortex_m() {
            [MemoryRole::Code, MemoryRole::Stack, MemoryRole::Data]
        } else {
            [MemoryRole::Vectors, MemoryRole::Stack, MemoryRole::Image]
        }
    }

    /// The role of the memory in which the log is, and its table's.
    pub const fn log_role(self) -> MemoryRole {
        if self.is_cortex_m() { MemoryRole::Data } else { MemoryRole::Image }
    }
}

/// Properties of any core.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Cpu {
    /// Nominal clock.
    pub clock_hz: u32,
    /// Bytes of a data cache line, or the unit in which what Linux writes is kept apart.
    pub dcache_line: u32,
}

/// Properties of a HiFi4.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Hifi4 {
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

/// Properties of a Cortex-M.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CortexM {
    /// External interrupts of the NVIC.
    pub interrupts: u32,
    /// Regions of the MPU; 0 when the board does without.
    pub mpu_regions: u32,
    /// The bits of an ELF's entry point that are the address of the vector table, where Linux takes it from that.
    pub reset_vector_mask: Option<u32>,
}
