// SPDX-License-Identifier: MIT OR Apache-2.0
//! Loads and stores of shared memory: each happens once, of the size that it says, in program order for the
//! compiler. What the processor may reorder is for [`Coherency::barrier`](crate::shm::Coherency::barrier).
//!
//! # Safety
//!
//! All functions: the pointers are aligned, and valid for what is loaded or stored. What is loaded is no Rust object.
#![allow(unsafe_code)]

#[inline(always)]
pub(crate) unsafe fn load_half(at: *const u16) -> u16 {
    // SAFETY: `at` is aligned and valid for reading a half-word.
    unsafe { at.read_volatile() }
}

#[inline(always)]
pub(crate) unsafe fn store_half(at: *mut u16, value: u16) {
    // SAFETY: `at` is aligned and valid for writing a half-word.
    unsafe { at.write_volatile(value) }
}

#[inline(always)]
pub(crate) unsafe fn load_words<const W: usize>(at: *const u32) -> [u32; W] {
    // SAFETY: `at` is aligned and valid for reading W words.
    core::array::from_fn(|i| unsafe { at.add(i).read_volatile() })
}

#[inline(always)]
pub(crate) unsafe fn store_words<const W: usize>(at: *mut u32, words: [u32; W]) {
    for (i, word) in words.into_iter().enumerate() {
        // SAFETY: `at` is aligned and valid for writing W words.
        unsafe { at.add(i).write_volatile(word) };
    }
}
