// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the owner of a board does with it by hand.

use serde::Deserialize;

/// How U-Boot starts the firmware.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Uboot {
    /// Memory for the flat image while U-Boot loads it, as the A core addresses it.
    pub buffer: u32,
    /// Where the A core writes the flat image: the memory with the role "code", as the A core addresses it.
    pub address: u32,
    /// The commands, with `{file}`, `{buffer}`, `{address}` and `{entry}` to fill in.
    pub commands: Vec<String>,
}

/// A figure that neither a primary source nor hardware confirms.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Unconfirmed {
    /// The figure, and why it is in doubt.
    pub what: String,
    /// How an owner of the board checks it in five minutes.
    pub check: String,
}
