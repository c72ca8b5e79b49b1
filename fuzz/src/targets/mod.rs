// SPDX-License-Identifier: MIT OR Apache-2.0
//! The fuzz targets: each a function of the fuzzer's bytes that panics when something does not hold.

pub mod call_sequence;
pub mod header;
pub mod name_service;
pub mod resource_table;
pub mod ring;
pub mod steps;

/// A target's name and function.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const ALL: [Target; 5] = [
    ("ring", ring::run),
    ("header", header::run),
    ("name_service", name_service::run),
    ("resource_table", resource_table::run),
    ("call_sequence", call_sequence::run),
];
