// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ends of a firmware, on purpose.
#![allow(unsafe_code)]

use core::arch::asm;

use crate::arch::cpu::masked;

/// Runs an instruction that does not exist.
pub(super) fn illegal() -> ! {
    #[cfg(target_arch = "xtensa")]
    // SAFETY: ILL raises EXCCAUSE 0, whose handler does not return.
    unsafe {
        asm!(".byte 0, 0, 0", options(noreturn))
    }
    #[cfg(target_arch = "arm")]
    // SAFETY: UDF raises a usage fault, which escalates to HardFault, whose handler does not return.
    unsafe {
        asm!("udf #0", options(noreturn))
    }
}

/// Waits for nothing any more; interrupts are served.
#[inline(never)]
pub(super) fn hang() -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// Takes no interrupt any more, so no word of Linux's either, and does nothing.
pub(super) fn deaf() -> ! {
    masked(|| hang())
}
