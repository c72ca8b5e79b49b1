// SPDX-License-Identifier: MIT OR Apache-2.0
//! The calls on the stack of a HiFi4, by its register windows.
//!
//! A function's a0 (where it returns to) and a1 (its stack pointer) are, once its window is spilled, in the 16 bytes below
//! the stack pointer of the function it called (Xtensa ISA, "Windowed Procedure-Call Protocol"). What an interrupt came
//! upon is in the frame that its entry has made.
#![allow(unsafe_code)]

use core::arch::asm;
use core::hint::black_box;
use core::mem::offset_of;
use core::ops::Range;

use super::frame::{FRAME_SIZE, Frame};
use crate::firmware::stack;

unsafe extern "C" {
    // From link/xtensa.x.
    static _text_start: u8;
    static _text_end: u8;
    // From c_shim/entry.S: where the interrupts' handler returns to.
    static _level1_handled: u8;
    static _level2_handled: u8;
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
    /// What an interrupt came upon, to be told ahead of where that returns to.
    interrupted: Option<usize>,
    a0: usize,
    a1: usize,
}

impl Calls {
    /// Those from a function whose a0 and a1 these are, all older windows being on the stack.
    pub(super) fn of(a0: usize, a1: usize) -> Self {
        Self { interrupted: None, a0, a1 }
    }

    /// The first of those alone.
    pub(super) fn last(a0: usize) -> Self {
        Self { interrupted: None, a0, a1: 0 }
    }

    /// The calls on the stack when nobody knows how far down it was in use: from the lowest frame that leads up to
    /// start-up. The first ones may be earlier calls.
    pub(super) fn left() -> Self {
        let stack = stack::addresses();
        let frames = (stack.start.next_multiple_of(CALLER_A0)..stack.end).step_by(CALLER_A0);
        let callers = frames.map(|at| Self { interrupted: None, a0: 0, a1: at + CALLER_A0 }.above());
        let calls = callers.flatten().map(|(a0, a1)| Self::of(a0, a1));
        calls.into_iter().find(Self::reach_start).unwrap_or(Self::of(0, 0))
    }

    /// Whether these calls lead up to start-up, whose return address is 0.
    fn reach_start(&self) -> bool {
        let mut at = Self::of(self.a0, self.a1);
        let mut some = false;
        while let Some(found) = address(at.a0) {
            let Some(caller) = at.caller(found) else { return false };
            at = caller;
            some = true;
        }
        some && at.a0 == 0
    }

    /// The calls from the caller on, or from what was interrupted when the call returns to an interrupt's handler.
    fn caller(&self, returns_to: usize) -> Option<Self> {
        let (a0, a1) = self.above()?;
        if is_entry(returns_to) { Self::beneath(a1) } else { Some(Self::of(a0, a1)) }
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

    /// The caller's a0 and a1.
    fn above(&self) -> Option<(usize, usize)> {
        let a0 = stack::word(self.a1.wrapping_sub(CALLER_A0))?;
        let a1 = stack::word(self.a1.wrapping_sub(CALLER_A1))?;
        // The stack grows down: what does not go up is no caller, and would go round for ever.
        (a1 > self.a1).then_some((a0, a1))
    }

    /// What was interrupted, when its frame is at `frame`. Its address is one too many, so that it is, like all others,
    /// just after the instruction that it stands for.
    fn beneath(frame: usize) -> Option<Self> {
        let register = |n| stack::word(frame.wrapping_add(offset_of!(Frame, a)).wrapping_add(n * size_of::<u32>()));
        let pc = stack::word(frame.wrapping_add(offset_of!(Frame, pc))).filter(|pc| text().contains(pc))?;
        let (a0, a1) = (register(0)?, register(1)?);
        (a1 == frame.wrapping_add(FRAME_SIZE)).then_some(Self { interrupted: Some(pc + 1), a0, a1 })
    }
}

impl Iterator for Calls {
    type Item = usize;

    /// Ends at start-up's a0, which is 0 (c_shim/reset.S).
    fn next(&mut self) -> Option<usize> {
        if let Some(address) = self.interrupted.take() {
            return Some(address);
        }
        let found = address(self.a0)?;
        *self = self.caller(found).unwrap_or(Self::of(0, 0));
        Some(found)
    }
}

/// Whether what returns there is an interrupt's handler.
fn is_entry(address: usize) -> bool {
    [(&raw const _level1_handled).addr(), (&raw const _level2_handled).addr()].contains(&address)
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
