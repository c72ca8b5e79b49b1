// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory as a core without cache coherency has it: the device looks at a view of its own, which only
//! invalidates bring up to date and only write-backs carry to memory. A missing invalidate shows as old
//! bytes, a missing write-back as bytes that never come, a line that both sides write as lost ones.

use std::cell::Cell;

use imx_rpmsg::shm::Coherency;

/// Bytes of a cache line: those of every HiFi4 on i.MX.
pub const LINE: usize = 128;

/// A range of memory, and the device's view of it.
#[derive(Clone, Copy)]
pub struct Region {
    pub memory: *mut u8,
    pub view: *mut u8,
    pub len: usize,
}

impl Region {
    /// Zeroed memory that lives for the rest of the test, a whole number of lines.
    pub fn leak(len: usize) -> Self {
        assert_eq!(len % LINE, 0);
        #[repr(align(128))]
        #[derive(Clone, Copy)]
        struct Line([u8; LINE]);
        let lines = || Box::leak(vec![Line([0; LINE]); len / LINE].into_boxed_slice()).as_mut_ptr().cast();
        Self { memory: lines(), view: lines(), len }
    }
}

/// The cache: write-back, so that a whole line goes to memory at a time, and without any luck: a line
/// stays as it is until it is invalidated.
pub struct Split {
    regions: Vec<Region>,
    pub invalidated: Cell<usize>,
    pub written_back: Cell<usize>,
}

impl Split {
    pub fn new(regions: impl Into<Vec<Region>>) -> Self {
        Self { regions: regions.into(), invalidated: Cell::new(0), written_back: Cell::new(0) }
    }

    /// Calls `copy` with the memory and the view of each line of a range.
    fn lines(&self, at: *const u8, len: usize, count: &Cell<usize>, copy: impl Fn(*mut u8, *mut u8)) {
        let start = at as usize;
        let region = self.regions.iter().find(|r| (r.view as usize..r.view as usize + r.len).contains(&start));
        let region = region.expect("cache maintenance of memory that is not shared");
        let first = (start - region.view as usize) / LINE;
        let last = (start + len - 1 - region.view as usize) / LINE;
        assert!(len > 0 && (last + 1) * LINE <= region.len);
        for line in first..=last {
            copy(region.memory.wrapping_add(line * LINE), region.view.wrapping_add(line * LINE));
            count.set(count.get() + 1);
        }
    }
}

// SAFETY: lines are copied between memory and view, as a cache does; the layout under test gives each side
// lines of its own.
unsafe impl Coherency for &Split {
    fn invalidate(&self, at: *const u8, len: usize) {
        self.lines(at, len, &self.invalidated, |memory, view| {
            // SAFETY: `lines` names whole lines inside both allocations.
            unsafe { view.copy_from_nonoverlapping(memory, LINE) }
        });
    }

    fn write_back(&self, at: *const u8, len: usize) {
        self.lines(at, len, &self.written_back, |memory, view| {
            // SAFETY: `lines` names whole lines inside both allocations.
            unsafe { memory.copy_from_nonoverlapping(view, LINE) }
        });
    }

    fn barrier(&self) {
        std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
    }
}
