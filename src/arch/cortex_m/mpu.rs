// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Memory Protection Unit: makes shared memory non-cacheable, whatever the memory map of the architecture says of
//! its addresses and whether or not someone turns the caches on; makes code read-only and everything else
//! non-executable; guards the null pointer and the end of the stack.

use ::cortex_m::asm;
use ::cortex_m::peripheral::MPU;

/// What the core may do with the memory of a region, and what kind of memory it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Shared with Linux: read and written. Normal, non-cacheable.
    Shared,
    /// Registers: read and written. Device.
    Device,
    /// Read and written. Normal, write-back where someone turns the caches on.
    Data,
    /// Read and run. Normal.
    Code,
    /// No access. Armv8-M cannot forbid reading, so there it is read-only.
    Nothing,
}

/// A region of the unit.
#[derive(Clone, Copy, Debug)]
pub struct Region {
    /// First address: on Armv7-M a multiple of the size, on Armv8-M one of 32.
    pub start: u32,
    /// Last address. On Armv7-M the size is a power of two from 32, on Armv8-M a multiple of 32.
    pub last: u32,
    /// Eighths that are left out, the lowest by bit 0; 0 on Armv8-M, and for regions of less than 256 bytes.
    pub without: u8,
    /// What the core may do.
    pub access: Access,
}

/// Enable, and the architecture's memory map for what no region covers (MPU_CTRL: ENABLE, PRIVDEFENA). HardFault's
/// handler runs without the unit.
const CTRL: u32 = 1 | 1 << 2;

/// Sets up these regions and no others. Where two overlap on Armv7-M, the later one counts; on Armv8-M none may overlap.
/// A unit with fewer regions than that is left as it is.
///
/// # Safety
///
/// To be called once, before any of the memory is used, by the owner of the unit. The regions have the form that the
/// architecture wants, and none takes away what the program or its stack needs.
pub unsafe fn set_up(regions: &[Region]) {
    // SAFETY: the registers of the unit, which nobody else uses.
    let mpu = unsafe { &*MPU::PTR };
    // MPU_TYPE.DREGION: how many there are. With only some of the regions, the code's could be missing.
    let there = mpu._type.read() >> 8 & 0xff;
    if regions.is_empty() || (there as usize) < regions.len() {
        return;
    }
    asm::dmb();
    // SAFETY: nobody else uses the unit, and it is off while its regions change.
    unsafe {
        mpu.ctrl.write(0);
        set_attributes(mpu);
        // What ran on this core before may have left others.
        for number in 0..there {
            mpu.rnr.write(number);
            set_region(mpu, regions.get(number as usize));
        }
        mpu.ctrl.write(CTRL);
    }
    asm::dsb();
    asm::isb();
}

#[cfg(not(armv8m))]
use v7::{set_attributes, set_region};
#[cfg(armv8m)]
use v8::{set_attributes, set_region};

/// ARMv7-M Architecture Reference Manual, B3.5.
#[cfg(not(armv8m))]
mod v7 {
    use ::cortex_m::peripheral::mpu::RegisterBlock;

    use super::{Access, Region};

    const ENABLE: u32 = 1;
    const EXECUTE_NEVER: u32 = 1 << 28;
    const READ_WRITE: u32 = 3 << 24;
    const READ_ONLY: u32 = 6 << 24;
    const NO_ACCESS: u32 = 0;

    /// TEX, S, C and B.
    const NON_CACHEABLE: u32 = 1 << 19 | SHAREABLE;
    const WRITE_BACK: u32 = 1 << 19 | 1 << 17 | 1 << 16;
    const WRITE_THROUGH: u32 = 1 << 17;
    const DEVICE: u32 = 1 << 16 | SHAREABLE;
    const SHAREABLE: u32 = 1 << 18;

    pub(super) fn set_attributes(_mpu: &RegisterBlock) {}

    fn attributes(access: Access) -> u32 {
        match access {
            Access::Shared => EXECUTE_NEVER | READ_WRITE | NON_CACHEABLE,
            Access::Device => EXECUTE_NEVER | READ_WRITE | DEVICE,
            Access::Data => EXECUTE_NEVER | READ_WRITE | WRITE_BACK,
            Access::Code => READ_ONLY | WRITE_THROUGH,
            Access::Nothing => EXECUTE_NEVER | NO_ACCESS | NON_CACHEABLE,
        }
    }

    /// Sets the region that is selected, or turns it off.
    ///
    /// # Safety
    ///
    /// That of [`set_up`](super::set_up).
    pub(super) unsafe fn set_region(mpu: &RegisterBlock, region: Option<&Region>) {
        let (address, size_and_attributes) = region.map_or((0, 0), |region| {
            // A region of 2^(SIZE + 1) bytes.
            let size = (region.last - region.start).ilog2() << 1;
            (region.start, attributes(region.access) | u32::from(region.without) << 8 | size | ENABLE)
        });
        // SAFETY: nobody else uses the unit, which is off; the region takes nothing away that the program needs.
        unsafe {
            // The lowest bits would name another region.
            mpu.rbar.write(address & !0x1f);
            mpu.rasr.write(size_and_attributes);
        }
    }
}

/// ARMv8-M Architecture Reference Manual, D1.2 (MPU_RBAR, MPU_RLAR, MPU_MAIR0).
#[cfg(armv8m)]
mod v8 {
    use ::cortex_m::peripheral::mpu::RegisterBlock;

    use super::{Access, Region};

    const ENABLE: u32 = 1;
    const EXECUTE_NEVER: u32 = 1;
    const READ_WRITE: u32 = 1 << 1;
    const READ_ONLY: u32 = 3 << 1;
    /// By privileged code alone.
    const READ: u32 = 2 << 1;
    const OUTER_SHAREABLE: u32 = 2 << 3;

    /// Attributes by number: Normal, outer and inner non-cacheable; Normal, write-back; Device-nGnRE.
    const MAIR: u32 = 0x44 | 0xff << 8 | 0x04 << 16;
    const NON_CACHEABLE: u32 = 0;
    const WRITE_BACK: u32 = 1 << 1;
    const DEVICE: u32 = 2 << 1;

    /// # Safety
    ///
    /// That of [`set_up`](super::set_up).
    pub(super) unsafe fn set_attributes(mpu: &RegisterBlock) {
        // SAFETY: nobody else uses the unit, which is off.
        unsafe { mpu.mair[0].write(MAIR) };
    }

    /// The bits of RBAR and RLAR beside the addresses.
    fn attributes(access: Access) -> (u32, u32) {
        match access {
            Access::Shared => (OUTER_SHAREABLE | READ_WRITE | EXECUTE_NEVER, NON_CACHEABLE),
            Access::Device => (READ_WRITE | EXECUTE_NEVER, DEVICE),
            Access::Data => (READ_WRITE | EXECUTE_NEVER, WRITE_BACK),
            Access::Code => (READ_ONLY, WRITE_BACK),
            Access::Nothing => (READ | EXECUTE_NEVER, NON_CACHEABLE),
        }
    }

    /// Sets the region that is selected, or turns it off.
    ///
    /// # Safety
    ///
    /// That of [`set_up`](super::set_up).
    pub(super) unsafe fn set_region(mpu: &RegisterBlock, region: Option<&Region>) {
        let (base, limit) = region.map_or((0, 0), |region| {
            let (base, limit) = attributes(region.access);
            (region.start | base, region.last & !0x1f | limit | ENABLE)
        });
        // SAFETY: nobody else uses the unit, which is off; the region takes nothing away that the program needs.
        unsafe {
            mpu.rbar.write(base);
            mpu.rlar.write(limit);
        }
    }
}
