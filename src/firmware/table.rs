// SPDX-License-Identifier: MIT OR Apache-2.0
//! The resource table of this firmware.
#![allow(unsafe_code)]

use core::cell::UnsafeCell;
use core::ptr::NonNull;

use crate::board;
use crate::console::TRACE_BASE;
use crate::rpmsg::LiveTable;
use crate::shm::Span;
use crate::wire::resource_table::{Config, TABLE_LEN, Table};

const TABLE: Table = Table::new(&Config {
    vring_num: board::VRING_NUM,
    vring_align: board::VRING_ALIGN,
    trace: Some((TRACE_BASE, board::TRACE_SIZE as u32, board::TRACE_NAME)),
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

/// The table that Linux keeps current.
pub(super) fn live() -> LiveTable<'static> {
    // SAFETY: a static is not at address 0; its bytes are in a cell that no Rust reference looks into.
    let span = unsafe { Span::new(NonNull::new_unchecked(RESOURCE_TABLE.0.get().cast()), TABLE_LEN as u32) };
    LiveTable::new(span, TABLE.layout())
}
