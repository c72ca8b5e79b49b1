// SPDX-License-Identifier: MIT OR Apache-2.0
//! A HiFi4 that has died waits for Linux to load a firmware over it.
//!
//! `imx_dsp_rproc` up to 6.12 does not stop a core that it was told has crashed, nor reset it
//! (`imx_dsp_rproc_stop`, `imx_dsp_runtime_resume`): it loads the segments again and waits for the ready doorbell. Only the
//! firmware can start itself then; without it the recovery ends in -110, and Linux starts nothing on this core any more.
#![allow(unsafe_code)]

use core::arch::asm;
use core::cell::UnsafeCell;
use core::ptr::NonNull;

use crate::board;
use crate::firmware::Cache;
use crate::shm::{Coherency, Span};

unsafe extern "C" {
    // c_shim/reset.S
    static _await_reload: u8;
}

struct Loaded(UnsafeCell<[u32; 1]>);

// SAFETY: never accessed as a Rust object, only through the span made below and in c_shim/reset.S.
unsafe impl Sync for Loaded {}

/// Not 0 in the ELF, so in .data, which is of the last segment that Linux loads (link/xtensa.x).
static LOADED: Loaded = Loaded(UnsafeCell::new([1]));

/// Milliseconds from there to the start: by then Linux has cleared its part of .bss, and it waits 50 at least
/// (`imx_dsp_rproc_ready`).
const PAUSE_MS: u32 = 10;

/// Waits and starts anew.
pub(super) fn wait() -> ! {
    let at = LOADED.0.get().cast::<u8>();
    // SAFETY: a static is not at address 0, and no Rust reference looks into the cell.
    let span = unsafe { Span::new(NonNull::new_unchecked(at), 4) };
    let cache = Cache::default();
    // One word fits.
    let _ = span.write_words(&cache, 0, [0]);
    cache.barrier();
    // SAFETY: interrupts are masked, and what is jumped to uses no stack and does not return.
    unsafe {
        asm!(
            "rsil a4, 15",
            "jx a5",
            in("a8") at,
            in("a3") board::CLOCK_HZ / 1000 * PAUSE_MS,
            in("a5") &raw const _await_reload,
            options(noreturn, nostack),
        )
    }
}
