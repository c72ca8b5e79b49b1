// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cache lines that the device asks for, counted.

use std::cell::Cell;

use imx_rpmsg::shm::Coherency;

/// Bytes of a line of the HiFi4's data cache (boards/imx8mp-evk-dsp.toml).
const LINE: usize = 128;

/// Counts the lines of each operation; a line counts each time that it is asked for.
#[derive(Default)]
pub struct Lines {
    invalidated: Cell<u64>,
    written_back: Cell<u64>,
}

impl Lines {
    /// Lines invalidated and written back since the last call.
    pub fn take(&self) -> (u64, u64) {
        (self.invalidated.replace(0), self.written_back.replace(0))
    }
}

fn add(counter: &Cell<u64>, at: *const u8, len: usize) {
    let lines = if len == 0 { 0 } else { (at as usize + len - 1) / LINE - at as usize / LINE + 1 };
    counter.set(counter.get() + lines as u64);
}

// SAFETY: no cache is touched at all.
unsafe impl Coherency for &Lines {
    fn invalidate(&self, at: *const u8, len: usize) {
        add(&self.invalidated, at, len);
    }
    fn write_back(&self, at: *const u8, len: usize) {
        add(&self.written_back, at, len);
    }
    fn barrier(&self) {}
}
