// SPDX-License-Identifier: MIT OR Apache-2.0
//! The resource table of this firmware.
#![allow(unsafe_code)]

use core::cell::UnsafeCell;
use core::ptr::NonNull;

use crate::board;
use crate::firmware::Cache;
use crate::rpmsg::{LiveTable, Starter};
use crate::shm::{Span, Window};
use crate::wire::resource_table::{Config, TABLE_LEN, Table};

const TABLE: Table = Table::new(&Config {
    vring_num: board::VRING_NUM,
    vring_align: board::VRING_ALIGN,
    trace: Some((board::TRACE_BASE, board::TRACE_SIZE as u32, board::TRACE_NAME)),
    nxp_vendor_entry: board::NXP_VENDOR_ENTRY,
});

/// Aligned to the longest cache line of any core, and a whole number of lines long.
#[repr(C, align(128))]
struct Live(UnsafeCell<[u8; TABLE_LEN]>);

// SAFETY: never accessed as a Rust object, only through the span made below.
unsafe impl Sync for Live {}

#[used]
#[unsafe(link_section = ".resource_table")]
static RESOURCE_TABLE: Live = Live(UnsafeCell::new(TABLE.bytes()));

/// The table that Linux keeps current: in the carveout for it where board and device tree have one, else that in the
/// image.
///
/// # Safety
///
/// To be called once, before Linux is told that the firmware is ready.
pub(super) unsafe fn live() -> LiveTable<'static> {
    // SAFETY: a static is not at address 0; its bytes are in a cell that no Rust reference looks into.
    let image = unsafe { Span::new(NonNull::new_unchecked(RESOURCE_TABLE.0.get().cast()), TABLE_LEN as u32) };
    let Some(Window { device, .. }) = board::RSC_TABLE else {
        return LiveTable::new(image, TABLE.layout());
    };
    let Some(at) = NonNull::new(core::ptr::with_exposed_provenance_mut(device as usize)) else {
        return LiveTable::new(image, TABLE.layout());
    };
    // SAFETY: the board file gives the carveout to the table, of which it has room for one.
    let carveout = unsafe { Span::new(at, TABLE_LEN as u32) };
    let (table, starter) = LiveTable::claim(carveout, &TABLE, &Cache::default());
    if starter == Starter::BootLoader {
        log::info!("Linux left no resource table at {device:#x}: written there");
    }
    table.or(image)
}
