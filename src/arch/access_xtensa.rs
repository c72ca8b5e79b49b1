// SPDX-License-Identifier: MIT OR Apache-2.0
//! Loads and stores of shared memory on Xtensa, as `arch/access.rs` says. In assembly, because LLVM puts a MEMW
//! before each volatile access: one instruction and one wait more for each word.
//!
//! None of them is `nomem`, as each accesses memory: the compiler moves no store across a load, and no access across a
//! store.
#![allow(unsafe_code)]

use core::arch::asm;

#[inline(always)]
pub(crate) unsafe fn load_half(at: *const u16) -> u16 {
    let value: u32;
    // SAFETY: `at` is aligned and valid for reading a half-word.
    unsafe { asm!("l16ui {0}, {1}, 0", lateout(reg) value, in(reg) at, options(readonly, nostack, preserves_flags)) };
    // SAFETY: L16UI leaves the upper half 0. Saying so spares masking it.
    unsafe { core::hint::assert_unchecked(value <= 0xffff) };
    value as u16
}

#[inline(always)]
pub(crate) unsafe fn store_half(at: *mut u16, value: u16) {
    // SAFETY: `at` is aligned and valid for writing a half-word.
    unsafe { asm!("s16i {0}, {1}, 0", in(reg) u32::from(value), in(reg) at, options(nostack, preserves_flags)) };
}

#[inline(always)]
pub(crate) unsafe fn load_words<const W: usize>(at: *const u32) -> [u32; W] {
    let mut words = [0; W];
    let mut i = 0;
    while i + 4 <= W {
        let (a, b, c, d): (u32, u32, u32, u32);
        // SAFETY: `at` is aligned and valid for reading W words.
        unsafe {
            asm!(
                "l32i {0}, {4}, 0",
                "l32i {1}, {4}, 4",
                "l32i {2}, {4}, 8",
                "l32i {3}, {4}, 12",
                out(reg) a, out(reg) b, out(reg) c, lateout(reg) d,
                in(reg) at.add(i),
                options(readonly, nostack, preserves_flags),
            );
        }
        (words[i], words[i + 1], words[i + 2], words[i + 3]) = (a, b, c, d);
        i += 4;
    }
    while i < W {
        // SAFETY: as above.
        unsafe {
            asm!("l32i {0}, {1}, 0", lateout(reg) words[i], in(reg) at.add(i), options(readonly, nostack, preserves_flags));
        }
        i += 1;
    }
    words
}

#[inline(always)]
pub(crate) unsafe fn store_words<const W: usize>(at: *mut u32, words: [u32; W]) {
    let mut i = 0;
    while i + 4 <= W {
        // SAFETY: `at` is aligned and valid for writing W words.
        unsafe {
            asm!(
                "s32i {0}, {4}, 0",
                "s32i {1}, {4}, 4",
                "s32i {2}, {4}, 8",
                "s32i {3}, {4}, 12",
                in(reg) words[i], in(reg) words[i + 1], in(reg) words[i + 2], in(reg) words[i + 3],
                in(reg) at.add(i),
                options(nostack, preserves_flags),
            );
        }
        i += 4;
    }
    while i < W {
        // SAFETY: as above.
        unsafe { asm!("s32i {0}, {1}, 0", in(reg) words[i], in(reg) at.add(i), options(nostack, preserves_flags)) };
        i += 1;
    }
}
