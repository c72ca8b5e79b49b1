// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Memory Protection Unit: makes shared memory non-cacheable, whatever the memory map of the architecture says of
//! its addresses and whether or not someone turns the caches on, and guards the end of the stack.

use ::cortex_m::asm;
use ::cortex_m::peripheral::MPU;

/// Enable, and the architecture's memory map for what no region covers (MPU_CTRL: ENABLE, PRIVDEFENA).
const CTRL: u32 = 1 | 1 << 2;

/// Maps each range of `uncached`, an address and a length in bytes, as Normal non-cacheable shareable memory without
/// code, and lets no one into `guard`.
///
/// On ARMv7-M lengths are powers of two from 32 and addresses multiples of them, on ARMv8-M both are multiples of 32,
/// and there are no more ranges than the unit has regions.
///
/// # Safety
///
/// To be called once, before any of the memory is used, by whoever owns the unit.
pub unsafe fn set_up(uncached: &[(u32, u32)], guard: Option<(u32, u32)>) {
    if uncached.is_empty() && guard.is_none() {
        return;
    }
    let uncached = uncached.iter().map(|&(start, len)| (start, len, READ_WRITE));
    let guard = guard.map(|(start, len)| (start, len, NO_ACCESS));
    asm::dmb();
    // SAFETY: the unit is the caller's, and is off while its regions change.
    unsafe {
        let mpu = &*MPU::PTR;
        mpu.ctrl.write(0);
        set_attributes(mpu);
        // Where two overlap on ARMv7-M, the later one counts.
        for (number, (start, len, access)) in (0..).zip(uncached.chain(guard)) {
            mpu.rnr.write(number);
            set_region(mpu, start, len, access);
        }
        mpu.ctrl.write(CTRL);
    }
    asm::dsb();
    asm::isb();
}

#[cfg(not(armv8m))]
use v7::{NO_ACCESS, READ_WRITE, set_attributes, set_region};
#[cfg(armv8m)]
use v8::{NO_ACCESS, READ_WRITE, set_attributes, set_region};

/// ARMv7-M Architecture Reference Manual, B3.5.
#[cfg(not(armv8m))]
mod v7 {
    use ::cortex_m::peripheral::mpu::RegisterBlock;

    const ENABLE: u32 = 1;
    /// TEX 1, C 0, B 0: Normal, non-cacheable; S: shareable.
    const NON_CACHEABLE: u32 = 1 << 19 | 1 << 18;
    pub(super) const READ_WRITE: u32 = 3 << 24;
    pub(super) const NO_ACCESS: u32 = 0;
    const EXECUTE_NEVER: u32 = 1 << 28;

    pub(super) fn set_attributes(_mpu: &RegisterBlock) {}

    /// # Safety
    ///
    /// That of [`set_up`](super::set_up).
    pub(super) unsafe fn set_region(mpu: &RegisterBlock, start: u32, len: u32, access: u32) {
        // A region of 2^(SIZE + 1) bytes.
        let size = (len.ilog2() - 1) << 1;
        // SAFETY: the caller's.
        unsafe {
            // The lowest bits would name another region.
            mpu.rbar.write(start & !0x1f);
            mpu.rasr.write(EXECUTE_NEVER | access | NON_CACHEABLE | size | ENABLE);
        }
    }
}

/// ARMv8-M Architecture Reference Manual, D1.2 (MPU_RBAR, MPU_RLAR, MPU_MAIR0).
#[cfg(armv8m)]
mod v8 {
    use ::cortex_m::peripheral::mpu::RegisterBlock;

    const ENABLE: u32 = 1;
    const OUTER_SHAREABLE: u32 = 2 << 3;
    pub(super) const READ_WRITE: u32 = 1 << 1;
    /// There is none of these: the nearest is for reading by privileged code.
    pub(super) const NO_ACCESS: u32 = 2 << 1;
    const EXECUTE_NEVER: u32 = 1;
    /// Attribute 0: Normal, outer and inner non-cacheable.
    const NON_CACHEABLE: u32 = 0x44;

    /// # Safety
    ///
    /// That of [`set_up`](super::set_up).
    pub(super) unsafe fn set_attributes(mpu: &RegisterBlock) {
        // SAFETY: the caller's.
        unsafe { mpu.mair[0].write(NON_CACHEABLE) };
    }

    /// # Safety
    ///
    /// That of [`set_up`](super::set_up).
    pub(super) unsafe fn set_region(mpu: &RegisterBlock, start: u32, len: u32, access: u32) {
        // SAFETY: the caller's.
        unsafe {
            mpu.rbar.write(start | OUTER_SHAREABLE | access | EXECUTE_NEVER);
            mpu.rlar.write((start + len - 32) | ENABLE);
        }
    }
}
