// SPDX-License-Identifier: MIT OR Apache-2.0
//! The calls on the stack of a HiFi4, by its register windows.
//!
//! A function's a0 (where it returns to) and a1 (its stack pointer) are, once its window is spilled, in the 16 bytes below
//! the stack pointer of the function it called (Xtensa ISA, "Windowed Procedure-Call Protocol").
#![allow(unsafe_code)]

use core::arch::asm;
use core::hint::black_box;
use core::ops::Range;

use crate::firmware::stack;

unsafe extern "C" {
    // From link/xtensa.x.
    static _text_start: u8;
    static _text_end: u8;
}

/// Below a stack pointer: the caller's a0 and a1.
const CALLER_A0: usize = 16;
const CALLER_A1: usize = 12;

/// Windows of four registers that a register file holds: 8 of 32 registers, 16 of 64.
const WINDOWS: u32 = 16;

fn text() -> Range<usize> {
    (&raw const _text_start).addr()..(&raw const _text_end).addr()
}

/// Where the calls return to that led to a function, the innermost first.
pub(super) struct Calls {
    a0: usize,
    a1: Option<usize>,
}

impl Calls {
    /// Those from a function whose a0 and a1 these are, all older windows being on the stack.
    pub(super) fn of(a0: usize, a1: usize) -> Self {
        Self { a0, a1: Some(a1) }
    }

    /// The first of those alone: what is on the stack may be anything.
    pub(super) fn last(a0: usize) -> Self {
        Self { a0, a1: None }
    }

    /// Those from the function that this is inlined into: what is below a function's stack pointer is its own as long as
    /// it does not return.
    #[inline(always)]
    pub(super) fn of_this() -> Self {
        spill(black_box(WINDOWS));
        let (a0, a1): (usize, usize);
        // SAFETY: only copies two registers that no compiler uses for anything else.
        unsafe { asm!("mov {0}, a0", "mov {1}, a1", out(reg) a0, out(reg) a1, options(nomem, nostack)) };
        Self::of(a0, a1)
    }

    fn go_up(&mut self) -> Option<()> {
        let a1 = self.a1.take()?;
        let above = stack::word(a1.checked_sub(CALLER_A1)?)?;
        self.a0 = stack::word(a1.checked_sub(CALLER_A0)?)?;
        // The stack grows down: what does not go up is no caller, and would go round for ever.
        self.a1 = (above > a1).then_some(above);
        Some(())
    }
}

impl Iterator for Calls {
    type Item = usize;

    /// Ends at start-up's a0, which is 0 (c_shim/reset.S), and at an interrupt's entry, whose a0 is no return address.
    fn next(&mut self) -> Option<usize> {
        let found = address(self.a0)?;
        if self.go_up().is_none() {
            self.a0 = 0;
        }
        Some(found)
    }
}

/// Calls until all older windows are on the stack.
#[inline(never)]
fn spill(depth: u32) -> u32 {
    let kept = black_box(depth);
    if depth == 0 { kept } else { black_box(spill as fn(u32) -> u32)(depth - 1).wrapping_add(kept) }
}

/// The address in a0, whose top two bits say how far away the caller's window is; all code is in one GiB.
fn address(a0: usize) -> Option<usize> {
    let text = text();
    let address = a0 & 0x3fff_ffff | text.start & 0xc000_0000;
    text.contains(&address).then_some(address)
}
