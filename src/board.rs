// SPDX-License-Identifier: MIT OR Apache-2.0
//! The board's figures, made by build.rs from `boards/NAME.toml`.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "the generator documents what it writes")]

include!(concat!(env!("OUT_DIR"), "/board.rs"));
