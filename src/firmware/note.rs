// SPDX-License-Identifier: MIT OR Apache-2.0
//! The note of where the rings are, for the firmware that is loaded over this one. Only `imx_dsp_rproc` does that: it
//! starts a HiFi4 anew on resume from suspend, with the rings of before.
//!
//! Its memory is in no segment, so the loader leaves it as it is. Any other start begins with memory that the driver has
//! cleared (`imx_dsp_rproc_prepare`, since 7.x `imx_dsp_rproc_load`), but for that of a firmware which has died and which
//! a driver up to 6.12 recovers: that one has cleared the note itself ([`clear`]).
#![allow(unsafe_code)]

use crate::rpmsg::Note;

#[cfg(target_arch = "xtensa")]
mod memory {
    use core::cell::UnsafeCell;
    use core::mem::MaybeUninit;
    use core::ptr::NonNull;

    use crate::rpmsg::Note;
    use crate::shm::Span;

    const WORDS: usize = 32;
    const LEN: u32 = 4 * WORDS as u32;

    /// In a cache line of its own: what is there was written before this core's cache was on.
    #[repr(C, align(128))]
    struct Memory(UnsafeCell<MaybeUninit<[u32; WORDS]>>);

    // SAFETY: never accessed as a Rust object, only through the span made below.
    unsafe impl Sync for Memory {}

    /// link/xtensa.x has the section.
    #[unsafe(link_section = ".noinit")]
    static MEMORY: Memory = Memory(UnsafeCell::new(MaybeUninit::uninit()));

    pub(super) fn note() -> Option<Note<'static>> {
        // SAFETY: a static is not at address 0; its words are in a cell that no Rust reference looks into, and whatever
        // is in them is a number.
        Note::new(unsafe { Span::new(NonNull::new_unchecked(MEMORY.0.get().cast()), LEN) })
    }
}

/// The note, on a core that has one.
#[cfg(target_arch = "xtensa")]
pub(super) fn note() -> Option<Note<'static>> {
    memory::note()
}

/// None on a Cortex-M: memory that was never written is not even read there, where it may have ECC.
#[cfg(target_arch = "arm")]
pub(super) fn note() -> Option<Note<'static>> {
    None
}

/// Whether this firmware was loaded over one whose link was up.
pub(super) fn is_there() -> bool {
    note().is_some_and(|note| note.is_there(&super::Cache::default()))
}

/// Takes the note back: nothing goes on from here.
pub(super) fn clear() {
    if let Some(note) = note() {
        note.clear(&super::Cache::default());
    }
}
