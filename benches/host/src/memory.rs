// SPDX-License-Identifier: MIT OR Apache-2.0
//! The shared memory, mapped twice.

use std::ptr::NonNull;

use crate::common::linux::{MARK, TABLE_AT, VRING0};
use imx_rpmsg::shm::Span;

/// Bytes of all carveouts, which follow one another.
const LEN: usize = (MARK + 4 - VRING0) as usize;

/// Two views of the same bytes until the process ends: the device's at the board's addresses, Linux's
/// anywhere.
pub struct Memory {
    device: NonNull<u8>,
    linux: NonNull<u8>,
}

fn mapped(address: usize, flags: i32, file: i32) -> NonNull<u8> {
    // SAFETY: a new mapping; MAP_FIXED_NOREPLACE replaces none.
    let at = unsafe {
        libc::mmap(
            address as *mut libc::c_void,
            LEN,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | flags,
            file,
            0,
        )
    };
    assert!(at != libc::MAP_FAILED, "mmap: {}", std::io::Error::last_os_error());
    NonNull::new(at.cast()).expect("mmap maps nothing at address 0")
}

impl Memory {
    /// Fresh memory, all of it zero.
    pub fn map() -> Self {
        // SAFETY: a name that ends with NUL.
        let file = unsafe { libc::memfd_create(c"rpmsg-bench".as_ptr(), 0) };
        assert!(file >= 0, "memfd_create: {}", std::io::Error::last_os_error());
        // SAFETY: a descriptor of ours.
        assert!(unsafe { libc::ftruncate(file, LEN as libc::off_t) } == 0);
        let device = mapped(VRING0 as usize, libc::MAP_FIXED_NOREPLACE, file);
        assert!(device.as_ptr() as usize == VRING0 as usize, "the device's addresses are taken in this process");
        let memory = Self { device, linux: mapped(0, 0, file) };
        // SAFETY: a descriptor of ours; the mappings keep the file.
        unsafe { libc::close(file) };
        memory
    }

    /// Linux's view.
    pub fn linux(&self) -> *mut u8 {
        self.linux.as_ptr()
    }

    /// The resource table in the device's view.
    pub fn table(&self) -> Span<'static> {
        let at = self.device.as_ptr().wrapping_add((TABLE_AT - VRING0) as usize);
        // SAFETY: 256 bytes of the view, well aligned and never unmapped.
        unsafe { Span::new(NonNull::new_unchecked(at), 256) }
    }

    /// Stores to a word of the device's view that nobody uses: a mark in lackey's trace.
    pub fn mark(&self) {
        let at = self.device.as_ptr().wrapping_add((MARK - VRING0) as usize).cast::<u32>();
        // SAFETY: inside the view and aligned.
        unsafe { at.write_volatile(0) };
    }
}
