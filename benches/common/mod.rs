// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the benchmarks on the host and on the core have in common: the cases, and a Linux that costs
//! nothing where it is not looked at. No std: it is part of src/bin/rpmsg-bench.rs too.

pub mod cases;
pub mod linux;
mod measured;
pub mod run;
