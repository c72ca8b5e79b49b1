// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cortex-M: barriers, interrupts, time and the MPU.
#![allow(unsafe_code)]

mod clock;
pub mod mpu;

use ::cortex_m::{asm, interrupt, register::primask};

pub use clock::Clock;

use crate::shm::Coherency;

/// Shared memory that this core does not cache: whoever sets up the MPU maps it Normal non-cacheable,
/// or as Device memory, which takes aligned accesses only, as all accesses of `shm` are.
///
/// Nothing is left to maintain then, and a barrier is all it takes to be seen in order. Over cacheable
/// memory this coherency reads stale bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uncached;

// SAFETY: no cache is touched at all.
unsafe impl Coherency for Uncached {
    #[inline]
    fn invalidate(&self, _at: *const u8, _len: usize) {}

    #[inline]
    fn write_back(&self, _at: *const u8, _len: usize) {}

    /// DMB for the full system: whoever sees an access behind it sees all those before it (ARMv7-M
    /// Architecture Reference Manual, A3.7.3). For the compiler it is a fence as well.
    #[inline]
    fn barrier(&self) {
        asm::dmb();
    }
}

/// Sleeps until an interrupt unless `awake` says that there is no need to. `awake` is asked with
/// interrupts masked, so that none can slip in between the answer and the sleep.
///
/// WFI ends when an enabled interrupt is pending, masked by PRIMASK or not (ARMv7-M Architecture
/// Reference Manual, B1.5.19). Its handler has run when this returns, unless interrupts were masked
/// before: then it stays pending.
pub fn wait_for_interrupt(awake: impl FnOnce() -> bool) {
    masked(|| {
        if !awake() {
            // What was written before the sleep, as to the mailbox, has arrived.
            asm::dsb();
            asm::wfi();
        }
    });
}

/// Runs `step` with all interrupts masked that handlers serve: PRIMASK is set, and put back behind it.
pub fn masked<T>(step: impl FnOnce() -> T) -> T {
    interrupt::free(|_| step())
}

/// Masks interrupts, for [`restore`] to put back what this returns.
pub fn mask() -> u32 {
    let open = primask::read().is_active();
    interrupt::disable();
    u32::from(open)
}

/// Ends what [`mask`] began.
///
/// # Safety
///
/// `was` is what `mask` returned, and no mask that was made later is in force.
pub unsafe fn restore(was: u32) {
    if was != 0 {
        // SAFETY: interrupts were let in before `mask`, so whoever masked them expects handlers to run again.
        unsafe { interrupt::enable() };
    }
}

/// Sleeps for good: only a reset ends it.
pub fn halt() -> ! {
    interrupt::disable();
    loop {
        asm::wfi();
    }
}
