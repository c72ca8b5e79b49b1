// SPDX-License-Identifier: MIT OR Apache-2.0
//! From c_shim/reset.S on, and the interrupts of a HiFi4.
#![allow(unsafe_code)]

use crate::arch::xtensa::{Clock, DataCache, unmask};
use crate::board;
use crate::firmware::exception::Interrupted;
use crate::mailbox::mu;

/// Cache attribute of the memory that rings, buffers and image share (one nibble for each 512 MiB).
const IMAGE_ATTRIBUTE: u32 = (board::CACHEATTR >> (4 * (board::IMAGE_BASE >> 29))) & 0xf;

/// Attributes of memory in which lines may be dirty: write-back, with and without allocation for writes.
const WRITE_BACK: [u32; 2] = [4, 5];

/// The data cache of the board's core.
pub type Cache =
    DataCache<{ board::DCACHE_LINE }, { IMAGE_ATTRIBUTE == WRITE_BACK[0] || IMAGE_ATTRIBUTE == WRITE_BACK[1] }>;

/// Bytes at the stack's end that nobody may touch: none, as there is no memory below it, or none of the stack's (8ULP).
#[cfg(feature = "shell")]
pub(in crate::firmware) const STACK_GUARD: usize = 0;

/// All interrupts that are ever enabled.
const INTERRUPTS: u32 = 1 << board::MU_INTERRUPT | 1 << board::TIMER_INTERRUPT | 1 << board::SOFTWARE_INTERRUPT;

/// Called by c_shim/reset.S with interrupts masked, .bss cleared and a stack.
#[unsafe(no_mangle)]
extern "C" fn imx_rpmsg_main() -> ! {
    // SAFETY: reset.S calls once, before anything else.
    unsafe { super::run() }
}

/// # Safety
///
/// The vectors, the stack and what the handlers use must be ready.
pub(super) unsafe fn let_interrupts_in() {
    // SAFETY: vectors, stack and what the handlers use are ready; the interrupts have handlers, below.
    unsafe {
        xtensa_lx::interrupt::set_mask(INTERRUPTS);
        unmask();
    }
}

/// Raises the interrupt whose handler calls [`super::woken`].
pub(super) fn raise() {
    // SAFETY: the interrupt has a handler, below.
    unsafe { xtensa_lx::interrupt::set(1 << board::SOFTWARE_INTERRUPT) };
}

/// Called by c_shim/entry.S for interrupts of `level`, with those up to EXCM_LEVEL masked, and with the frame of what was interrupted.
#[unsafe(no_mangle)]
extern "C" fn imx_rpmsg_interrupt(_level: u32, interrupted: &Interrupted) {
    let pending = xtensa_lx::interrupt::get() & xtensa_lx::interrupt::get_mask();
    if pending & 1 << board::MU_INTERRUPT != 0 {
        mu::on_interrupt();
    }
    if pending & 1 << board::TIMER_INTERRUPT != 0 {
        Clock::tick(board::CLOCK_HZ);
        super::look(interrupted);
    }
    if pending & 1 << board::SOFTWARE_INTERRUPT != 0 {
        // SAFETY: clears the request that `raise` made.
        unsafe { xtensa_lx::interrupt::clear(1 << board::SOFTWARE_INTERRUPT) };
        super::woken();
    }
}
