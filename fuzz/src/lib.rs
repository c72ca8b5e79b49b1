// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fuzzing of the device side: a hostile Linux in memory of exact size, and a monitor of every access.
//!
//! ```text
//!  targets   what a run does, and what must hold in it
//!  bus       every access of the device: where it may read and write, what it holds and owes
//!  linux     the driver's side: keeps to the rules or breaks them
//!  memory    shared memory in exact heap allocations, with a copy that only permitted writes reach
//!  asan      memory that nobody may touch
//!  op        one step of a run in 8 bytes, so that seeds can be written down
//! ```
#![cfg_attr(fuzzing, feature(cfg_sanitize))]

pub mod asan;
pub mod bus;
pub mod linux;
pub mod memory;
pub mod op;
pub mod seeds;
pub mod targets;

/// Runs the inputs whose files the command line names.
pub fn replay(run: fn(&[u8])) {
    for path in std::env::args().skip(1) {
        let data = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        run(&data);
        println!("{path}: nothing found");
    }
}
