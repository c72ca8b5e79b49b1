// SPDX-License-Identifier: MIT OR Apache-2.0
//! What code and data take, and how deep the stack has ever been.
#![allow(unsafe_code)]

use core::fmt::{self, Write};
use core::hint::black_box;
use core::ops::Range;

use crate::board;
use crate::firmware::stack;
use crate::firmware::start::STACK_GUARD;

/// What the stack is filled with where nothing has been.
const PAINT: u32 = 0x5aa5_c33c;

/// Bytes below the painter's own frame that are its, as a HiFi4's windows that overflow go there too.
const MARGIN: usize = 256;

unsafe extern "C" {
    #[cfg_attr(target_arch = "arm", link_name = "__stext")]
    static _text_start: u8;
    #[cfg_attr(target_arch = "arm", link_name = "__etext")]
    static _text_end: u8;
    #[cfg_attr(target_arch = "arm", link_name = "__srodata")]
    static _rodata_start: u8;
    #[cfg_attr(target_arch = "arm", link_name = "__erodata")]
    static _rodata_end: u8;
    #[cfg_attr(target_arch = "arm", link_name = "__sdata")]
    static _data_start: u8;
    #[cfg_attr(target_arch = "arm", link_name = "__edata")]
    static _data_end: u8;
    #[cfg_attr(target_arch = "arm", link_name = "__sbss")]
    static _bss_start: u8;
    #[cfg_attr(target_arch = "arm", link_name = "__ebss")]
    static _bss_end: u8;
}

/// The part of the stack that may be read and written.
fn usable() -> Range<usize> {
    let stack = stack::addresses();
    stack.start + STACK_GUARD..stack.end
}

/// Paints what is free of the stack.
///
/// # Safety
///
/// To be called on the stack of the board file, with interrupts masked.
#[inline(never)]
pub(in crate::firmware) unsafe fn paint_stack() {
    let here = 0u32;
    let mut at = usable().start;
    while at + MARGIN < black_box(&raw const here).addr() {
        // SAFETY: in the stack's memory, below everything that is on it.
        unsafe { core::ptr::with_exposed_provenance_mut::<u32>(at).write_volatile(PAINT) };
        at += size_of::<u32>();
    }
}

/// Bytes of the stack that have been used, by interrupt handlers too.
fn most_used() -> usize {
    let stack = usable();
    let untouched = stack.clone().step_by(size_of::<u32>()).take_while(|&at| {
        // SAFETY: in the stack's memory, which may be read whatever it holds.
        (unsafe { core::ptr::with_exposed_provenance::<u32>(at).read_volatile() }) == PAINT
    });
    stack.len() - untouched.count() * size_of::<u32>()
}

/// The answer of `mem`.
pub(super) fn show(out: &mut dyn Write) -> fmt::Result {
    let sections = [
        ("text", &raw const _text_start, &raw const _text_end),
        ("rodata", &raw const _rodata_start, &raw const _rodata_end),
        ("data", &raw const _data_start, &raw const _data_end),
        ("bss", &raw const _bss_start, &raw const _bss_end),
    ];
    for (name, start, end) in sections {
        writeln!(out, "{name:8} {:7} bytes at {:#010x}", end.addr() - start.addr(), start.addr())?;
    }
    writeln!(out, "{:8} {:7} bytes at {:#010x}", "trace", board::TRACE_SIZE, board::TRACE_BASE)?;
    let stack = stack::addresses();
    let (size, used) = (stack.len(), most_used());
    writeln!(out, "{:8} {size:7} bytes at {:#010x}, of which {used} at most were used so far", "stack", stack.start)
}
