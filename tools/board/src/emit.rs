// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a build takes from a board.

mod c;
mod linker;
mod rust;
mod shell;
