// SPDX-License-Identifier: MIT OR Apache-2.0
//! The machine that runs the tests: coherent caches, the other side in another thread.
#![allow(unsafe_code)]

use core::sync::atomic::{Ordering, fence};

use crate::shm::Coherency;

/// Coherency by fences alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Host;

// SAFETY: no cache is touched at all.
unsafe impl Coherency for Host {
    fn invalidate(&self, _at: *const u8, _len: usize) {}
    fn write_back(&self, _at: *const u8, _len: usize) {}
    fn barrier(&self) {
        fence(Ordering::SeqCst);
    }
}
