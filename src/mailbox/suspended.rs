// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether Linux has suspended this core: said to the firmware that is loaded anew on resume, in memory that neither
//! Linux's loader nor start-up touches.
//!
//! On resume `imx_dsp_rproc` kicks right after it has released the core (`imx_dsp_load_firmware`), without waiting for
//! the ready doorbell, so that the kick may be in the mailbox before the firmware has begun; a word that an earlier run has
//! left there looks the same.
#![allow(unsafe_code)]

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use crate::firmware::Cache;
use crate::shm::{Coherency, Span};

/// What memory that was never written does not hold.
const SUSPENDED: [u32; 2] = [0x5375_7370, 0xac8a_8d8f];

/// In a cache line of its own: written behind the cache's back, if not by Linux.
#[repr(C, align(128))]
struct Note(UnsafeCell<MaybeUninit<[u32; 32]>>);

// SAFETY: never accessed as a Rust object, only through the span made below.
unsafe impl Sync for Note {}

/// link/xtensa.x and cortex-m-rt's link.x have the sections.
#[cfg_attr(target_arch = "xtensa", unsafe(link_section = ".noinit"))]
#[cfg_attr(target_arch = "arm", unsafe(link_section = ".uninit"))]
static NOTE: Note = Note(UnsafeCell::new(MaybeUninit::uninit()));

fn note() -> Span<'static> {
    // SAFETY: a static is not at address 0; its words are in a cell that no Rust reference looks into, and whatever is
    // in them is a number.
    unsafe { Span::new(NonNull::new_unchecked(NOTE.0.get().cast()), 128) }
}

fn write(words: [u32; 2]) {
    let cache = Cache::default();
    // Two words fit.
    let _ = note().write_words(&cache, 0, words);
    cache.barrier();
}

/// To be told to the next start.
pub(super) fn set() {
    write(SUSPENDED);
}

/// Takes back what [`set`] has said.
pub(super) fn clear() {
    write([0; 2]);
}

/// Whether the start of before was suspended. Says so once.
pub(super) fn take() -> bool {
    let was = note().read_words(&Cache::default(), 0) == Some(SUSPENDED);
    clear();
    was
}
