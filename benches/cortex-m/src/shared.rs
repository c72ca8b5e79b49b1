// SPDX-License-Identifier: MIT OR Apache-2.0
//! The memory that both sides share. Linux's addresses are the HiFi4's, as in all benchmarks; the board has
//! no memory there, so this core sees it elsewhere, as a Cortex-M of an i.MX may.

use core::ptr::{NonNull, null_mut, with_exposed_provenance_mut};

use imx_rpmsg::arch::cortex_m::Uncached;
use imx_rpmsg::rpmsg::LiveTable;
use imx_rpmsg::shm::{Shm, Span, Window};
use imx_rpmsg::wire::resource_table::TABLE_LEN;

use crate::common::linux::{self, TABLE, TABLE_AT, VRING0};

/// The board's PSRAM, of 16 MiB: where this core sees [`VRING0`].
const PSRAM: u32 = 0x6000_0000;

const fn device(address: u32) -> u32 {
    address - VRING0 + PSRAM
}

static WINDOWS: [Window; linux::WINDOWS.len()] = {
    let mut windows = linux::WINDOWS;
    let mut i = 0;
    while i < windows.len() {
        windows[i].device = device(windows[i].linux);
        i += 1;
    }
    windows
};

/// The device's view.
///
/// # Safety
///
/// Only [`table`] and one driver at [`view`] may use the memory beside the result.
pub unsafe fn memory() -> Shm<'static, Uncached> {
    // SAFETY: the windows are in PSRAM, where no Rust object is (memory.x), and a device address is a pointer.
    unsafe { Shm::new(null_mut(), &WINDOWS, Uncached) }
}

/// The resource table in the device's view.
///
/// # Safety
///
/// As for [`memory`].
pub unsafe fn table() -> LiveTable<'static> {
    let at = with_exposed_provenance_mut(device(TABLE_AT) as usize);
    // SAFETY: in PSRAM, behind vring1, and well aligned.
    let span = unsafe { Span::new(NonNull::new_unchecked(at), TABLE_LEN as u32) };
    LiveTable::new(span, TABLE.layout())
}

/// Linux's view, of [`VRING0`] and what follows.
pub fn view() -> *mut u8 {
    with_exposed_provenance_mut(device(VRING0) as usize)
}
