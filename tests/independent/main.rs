// SPDX-License-Identifier: MIT OR Apache-2.0
//! Peers and oracles that nobody here wrote: what this project believes of the split ring is compared
//! with what others believe of it.

mod copies;
mod echoes;
#[path = "../common/kicks.rs"]
mod kicks;
mod memory;
mod oracle;
mod peer;
