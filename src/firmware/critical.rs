// SPDX-License-Identifier: MIT OR Apache-2.0
//! The crate `critical-section` by masking interrupts.
#![allow(unsafe_code)]

use critical_section::{Impl, RawRestoreState, set_impl};

use crate::arch::cpu;

struct Masking;

set_impl!(Masking);

// SAFETY: one core. Nothing else runs between `acquire` and `release`, which puts the mask back as it was, so that
// sections may be nested.
unsafe impl Impl for Masking {
    unsafe fn acquire() -> RawRestoreState {
        cpu::mask()
    }

    unsafe fn release(was: RawRestoreState) {
        // SAFETY: what `acquire` returned; sections end in the reverse order of their beginnings.
        unsafe { cpu::restore(was) }
    }
}
