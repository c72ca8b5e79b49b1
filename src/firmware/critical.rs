// SPDX-License-Identifier: MIT OR Apache-2.0
//! The crate `critical-section` by masking interrupts.
#![allow(unsafe_code)]

use core::arch::asm;

use critical_section::{Impl, RawRestoreState, set_impl};

struct Masking;

set_impl!(Masking);

// SAFETY: one core. Nothing else runs between `acquire` and `release`, and PS is put back as it was, so that
// sections may be nested.
unsafe impl Impl for Masking {
    unsafe fn acquire() -> RawRestoreState {
        let ps: u32;
        // SAFETY: masks interrupts. Not `nomem`: no access of the section may come before it.
        unsafe { asm!("rsil {0}, 15", out(reg) ps, options(nostack)) };
        ps
    }

    unsafe fn release(ps: RawRestoreState) {
        // SAFETY: what `acquire` returned. Not `nomem`: no access of the section may come behind it.
        unsafe { asm!("wsr.ps {0}", "rsync", in(reg) ps, options(nostack)) };
    }
}
