// SPDX-License-Identifier: MIT OR Apache-2.0
//! The stack, from its end to its start: it grows down.
#![allow(unsafe_code)]

use core::ops::Range;

unsafe extern "C" {
    // From the board file, by way of memory.x; on a HiFi4 link/xtensa.x.
    #[cfg_attr(target_arch = "xtensa", link_name = "_stack_top")]
    static _stack_start: u8;
    #[cfg_attr(target_arch = "xtensa", link_name = "_stack_bottom")]
    static _stack_end: u8;
}

pub(super) fn addresses() -> Range<usize> {
    (&raw const _stack_end).addr()..(&raw const _stack_start).addr()
}
