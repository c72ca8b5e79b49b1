// SPDX-License-Identifier: MIT OR Apache-2.0
//! The calls on the stack of a Cortex-M, without frame pointers: whatever on it is an address behind a call. One that an
//! earlier call has left may be among them.
#![allow(unsafe_code)]

use core::ops::Range;

use cortex_m::register::msp;

use crate::firmware::stack;

unsafe extern "C" {
    // From cortex-m-rt's link.x.
    static __stext: u8;
    static __etext: u8;
}

fn text() -> Range<usize> {
    (&raw const __stext).addr()..(&raw const __etext).addr()
}

/// Where the calls return to that led to a function, the innermost first.
pub(super) struct Calls {
    lr: usize,
    sp: usize,
}

impl Calls {
    /// LR, and what is on the stack from `sp` on.
    pub(super) fn of(lr: usize, sp: usize) -> Self {
        Self { lr, sp }
    }

    /// Those from the caller of this. MSP is the only stack pointer that is used.
    pub(super) fn of_this() -> Self {
        Self::of(0, msp::read() as usize)
    }
}

impl Iterator for Calls {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let mut word = core::mem::take(&mut self.lr);
        while !is_behind_a_call(word) {
            word = stack::word(self.sp)?;
            self.sp += size_of::<usize>();
        }
        Some(word & !1)
    }
}

/// Whether this is the address, in Thumb state, behind a BL or BLX of the program (ARMv7-M Architecture Reference Manual,
/// A7.7.18 and A7.7.19).
fn is_behind_a_call(at: usize) -> bool {
    let (text, behind) = (text(), at & !1);
    if at & 1 == 0 || !text.contains(&behind) || behind - text.start < 4 {
        return false;
    }
    // SAFETY: inside the program's code, and even.
    let half = |back| unsafe { core::ptr::with_exposed_provenance::<u16>(behind - back).read() };
    let (first, second) = (half(4), half(2));
    (first & 0xf800 == 0xf000 && second & 0xd000 == 0xd000) || second & 0xff87 == 0x4780
}
