// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory that is there but nobody's: AddressSanitizer reports what touches it. Without it, nothing.

/// Forbids `len` bytes at `at`, or allows them again.
///
/// # Safety
///
/// The bytes must be inside one allocation, with nothing of Rust's in them.
#[cfg(fuzzing)]
pub unsafe fn forbid(at: *const u8, len: usize, on: bool) {
    #[cfg(sanitize = "address")]
    {
        unsafe extern "C" {
            fn __asan_poison_memory_region(at: *const u8, len: usize);
            fn __asan_unpoison_memory_region(at: *const u8, len: usize);
        }
        // SAFETY: only AddressSanitizer's own notes change.
        unsafe { if on { __asan_poison_memory_region(at, len) } else { __asan_unpoison_memory_region(at, len) } }
    }
    #[cfg(not(sanitize = "address"))]
    let _ = (at, len, on);
}

/// Does nothing.
///
/// # Safety
///
/// None is needed.
#[cfg(not(fuzzing))]
pub unsafe fn forbid(_at: *const u8, _len: usize, _on: bool) {}
