// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the programs for QEMU's mps2-an500, a Cortex-M7, have in common.
#![no_std]

#[path = "../../common/mod.rs"]
pub mod common;
pub mod end;
pub mod shared;
