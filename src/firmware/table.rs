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

/// What scripts/build.sh writes over [`LOADED_AS`] in the flat image, which boot loaders start.
#[cfg(target_arch = "arm")]
const FLAT_IMAGE: [u8; 4] = *b"flat";

/// [`FLAT_IMAGE`] in the flat image, and 0 in the ELF, which Linux loads.
#[cfg(target_arch = "arm")]
#[used]
#[unsafe(link_section = ".loaded_as")]
static LOADED_AS: [u8; 4] = [0; 4];

/// Whether a boot loader has started the core, and Linux is still to come.
#[cfg(target_arch = "arm")]
fn by_boot_loader() -> bool {
    // SAFETY: a static of bytes. Volatile, as the flat image has another value than the compiler has seen.
    let loaded_as = unsafe { (&raw const LOADED_AS).read_volatile() };
    !board::LINUX_STARTS || loaded_as == FLAT_IMAGE
}

/// No boot loader starts a DSP.
#[cfg(not(target_arch = "arm"))]
const fn by_boot_loader() -> bool {
    !board::LINUX_STARTS
}

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
    let (table, starter) = LiveTable::claim(carveout, &TABLE, by_boot_loader(), &Cache::default());
    match starter {
        Starter::Linux => {}
        Starter::BootLoader => log::info!("Linux left no resource table at {device:#x}: written there"),
        Starter::LinuxElsewhere => log::warn!(
            "Linux has its resource table elsewhere than at {device:#x}, the rsc-table of boards/{}.toml: nothing is \
             written there",
            board::NAME
        ),
    }
    table.or(image)
}
