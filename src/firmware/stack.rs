// SPDX-License-Identifier: MIT OR Apache-2.0
//! The stack, from its end to its start (it grows down), and the words on it.
#![allow(unsafe_code)]

use core::ops::Range;

unsafe extern "C" {
    // From the board file, by way of memory.x (and link/xtensa.x).
    #[cfg_attr(target_arch = "xtensa", link_name = "_stack_top")]
    static _stack_start: u8;
    #[cfg_attr(target_arch = "xtensa", link_name = "_stack_bottom")]
    static _stack_end: u8;
}

pub(super) fn addresses() -> Range<usize> {
    (&raw const _stack_end).addr()..(&raw const _stack_start).addr()
}

/// The word at `at`; `None` where no word of the stack is. For reports: whoever else uses the stack has come to an end.
pub(super) fn word(at: usize) -> Option<usize> {
    let stack = addresses();
    let inside = stack.contains(&at) && stack.end - at >= size_of::<usize>() && at % align_of::<usize>() == 0;
    // SAFETY: aligned and inside the stack, where any word may be read.
    inside.then(|| unsafe { core::ptr::with_exposed_provenance::<usize>(at).read_volatile() })
}
