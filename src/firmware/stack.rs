// SPDX-License-Identifier: MIT OR Apache-2.0
//! The stack of a Cortex-M, from its end to its start: it grows down.
#![allow(unsafe_code)]

use core::ops::Range;

unsafe extern "C" {
    // From the board file, by way of memory.x.
    static _stack_start: u8;
    static _stack_end: u8;
}

pub(super) fn addresses() -> Range<usize> {
    (&raw const _stack_end).addr()..(&raw const _stack_start).addr()
}
