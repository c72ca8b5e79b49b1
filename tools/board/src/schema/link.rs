// SPDX-License-Identifier: MIT OR Apache-2.0
//! What joins the firmware to Linux, and its log.

use serde::Deserialize;

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

impl Loader {
    /// As it is written in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ImxDspRproc => "imx_dsp_rproc",
            Self::ImxRproc => "imx_rproc",
        }
    }

    /// The MU channel of its kicks, and by how much it shifts the index of the vring in their word.
    pub const fn kicks(self) -> (u32, u32) {
        match self {
            Self::ImxDspRproc => (0, 0),
            Self::ImxRproc => (1, 16),
        }
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
    /// Its level; a checked board has it if and only if it is a HiFi4.
    pub interrupt_level: Option<u32>,
    /// A kick's word is the index of the vring shifted left by this.
    pub kick_shift: u32,
}

/// A register to change before the messaging unit is listened to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Setup {
    /// The register, as a device address.
    pub address: u32,
    /// Bits to clear first.
    #[serde(default)]
    pub clear: u32,
    /// Bits to set then.
    #[serde(default)]
    pub set: u32,
    /// The reason.
    pub why: String,
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

impl UartKind {
    /// As it is written in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ImxUart => "imx-uart",
            Self::Lpuart => "lpuart",
        }
    }
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
    /// The clock that its baud rate is divided from.
    pub clock_hz: u32,
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ResourceTable {
    /// NXP's vendor entry ("nxps"): the driver need not wait for the ready doorbell.
    #[serde(default)]
    pub nxp_vendor_entry: bool,
}
