// SPDX-License-Identifier: MIT OR Apache-2.0
//! Shared memory in heap allocations of exact size, so that AddressSanitizer sees the first byte
//! beyond, and a copy of what it should hold.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::RefCell;
use std::ptr::NonNull;

use imx_rpmsg::shm::Window;

/// Linux's address of the first ring.
pub const VRING0: u32 = 0x942f_0000;
/// Linux's address of the second ring.
pub const VRING1: u32 = 0x942f_8000;
/// Linux's address of the buffers.
pub const BUFFERS: u32 = 0x9430_0000;

/// What a ring of 256 descriptors aligned to 4096 needs, and not a byte more.
pub const RING_LEN: u32 = 8192 + 6 + 8 * 256;
/// Room for 31 buffers of Linux's, and not quite for a 32nd.
pub const BUFFERS_LEN: u32 = 32 * 512 - 2;

/// Device address of the arena: not Linux's address, as on i.MX8ULP.
const DEVICE: u32 = 0x1bef_0000;
/// Where the windows lie in the arena: apart, so that what leaves one is in no other.
const OFFSETS: [u32; 3] = [0, 0x2840, 0x5080];
/// The arena ends with its last window.
const ARENA_LEN: u32 = OFFSETS[2] + BUFFERS_LEN;

/// The windows of shared memory, as a board file would give them.
pub static WINDOWS: [Window; 3] = [
    Window { linux: VRING0, device: DEVICE + OFFSETS[0], len: RING_LEN },
    Window { linux: VRING1, device: DEVICE + OFFSETS[1], len: RING_LEN },
    Window { linux: BUFFERS, device: DEVICE + OFFSETS[2], len: BUFFERS_LEN },
];

/// A place in memory that the device reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Shared memory, by its offset in the arena.
    Shared(u32),
    /// The resource table, by its offset in it.
    Table(u32),
}

struct Block {
    at: NonNull<u8>,
    len: u32,
    /// What it should hold.
    expected: RefCell<Vec<u8>>,
}

impl Block {
    fn new(len: u32) -> Self {
        let layout = Self::layout(len);
        // SAFETY: the layout has at least one byte.
        let at = NonNull::new(unsafe { alloc_zeroed(layout) }).unwrap_or_else(|| handle_alloc_error(layout));
        Self { at, len, expected: RefCell::new(vec![0; len as usize]) }
    }

    fn layout(len: u32) -> Layout {
        Layout::from_size_align(len.max(1) as usize, 4).expect("a small size")
    }

    /// Where `at` is in this block, when all of `len` bytes are.
    fn offset(&self, at: *const u8, len: usize) -> Option<u32> {
        let offset = (at as usize).checked_sub(self.at.as_ptr() as usize)?;
        (offset <= self.len as usize && len <= self.len as usize - offset).then_some(offset as u32)
    }

    fn bytes(&self, offset: u32, len: u32) -> &[u8] {
        assert!(offset <= self.len && len <= self.len - offset);
        // SAFETY: inside the block, which is initialised; nobody writes while the slice lives, as all
        // run in one thread and the slice is looked at and dropped.
        unsafe { std::slice::from_raw_parts(self.at.as_ptr().add(offset as usize), len as usize) }
    }

    fn write(&self, offset: u32, bytes: &[u8]) {
        assert!(offset <= self.len && bytes.len() <= (self.len - offset) as usize);
        // SAFETY: inside the block.
        unsafe { self.at.as_ptr().add(offset as usize).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        self.accept(offset, bytes.len() as u32);
    }

    /// What is there now is as it should be.
    fn accept(&self, offset: u32, len: u32) {
        let range = offset as usize..(offset + len) as usize;
        self.expected.borrow_mut()[range].copy_from_slice(self.bytes(offset, len));
    }

    fn verify(&self, name: &str, offset: u32, len: u32) {
        let expected = &self.expected.borrow()[offset as usize..(offset + len) as usize];
        let found = self.bytes(offset, len);
        if expected != found {
            let first = expected.iter().zip(found).position(|(e, f)| e != f).unwrap_or_default();
            panic!("{name}: byte {:#x} was changed by an access that was not announced", offset as usize + first);
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout.
        unsafe { dealloc(self.at.as_ptr(), Self::layout(self.len)) };
    }
}

/// Shared memory and the resource table.
pub struct Memory {
    arena: Block,
    table: Block,
}

impl Memory {
    /// Zeroed shared memory, and `table` as the resource table.
    pub fn new(table: &[u8]) -> Self {
        let memory = Self { arena: Block::new(ARENA_LEN), table: Block::new(table.len() as u32) };
        memory.table.write(0, table);
        memory.fence_gaps(true);
        memory
    }

    /// Nothing may touch the memory between windows.
    fn fence_gaps(&self, on: bool) {
        for (i, next) in OFFSETS.into_iter().enumerate().skip(1) {
            let end = OFFSETS[i - 1] + WINDOWS[i - 1].len;
            // SAFETY: the gap is inside the arena, and nothing of Rust's is in it.
            unsafe { crate::asan::forbid(self.arena.at.as_ptr().add(end as usize), (next - end) as usize, on) };
        }
    }

    /// What the device adds to a device address.
    pub fn origin(&self) -> *mut u8 {
        self.arena.at.as_ptr().wrapping_sub(DEVICE as usize)
    }

    /// The resource table, for the device.
    pub fn table(&self) -> (NonNull<u8>, u32) {
        (self.table.at, self.table.len)
    }

    /// The place in shared memory of `len` bytes at Linux's address, when one window holds them.
    pub fn shared(&self, address: u64, len: u32) -> Option<u32> {
        WINDOWS.iter().zip(OFFSETS).find_map(|(window, offset)| {
            // Whatever a descriptor says: neither sum nor difference wraps.
            let from = address.checked_sub(window.linux.into()).filter(|from| *from < window.len.into())? as u32;
            (len <= window.len - from).then_some(offset + from)
        })
    }

    /// The same for a ring, which Linux may also tell by the device's address.
    pub fn ring(&self, address: u32, len: u32) -> Option<u32> {
        let by_device = || {
            let linux = WINDOWS.iter().find_map(|window| {
                let inside = address >= window.device && address - window.device < window.len;
                inside.then(|| window.linux + (address - window.device))
            })?;
            self.shared(linux.into(), len)
        };
        self.shared(address.into(), len).or_else(by_device)
    }

    /// The place of `len` bytes that the device accesses; none when they are outside all memory.
    pub fn place(&self, at: *const u8, len: usize) -> Option<Place> {
        if let Some(offset) = self.table.offset(at, len) {
            return Some(Place::Table(offset));
        }
        let offset = self.arena.offset(at, len)?;
        let inside = |(window, start): (&Window, u32)| {
            offset >= start && offset - start <= window.len && len as u32 <= window.len - (offset - start)
        };
        WINDOWS.iter().zip(OFFSETS).any(inside).then_some(Place::Shared(offset))
    }

    /// The bytes at a place.
    pub fn bytes(&self, place: Place, len: u32) -> &[u8] {
        match place {
            Place::Shared(offset) => self.arena.bytes(offset, len),
            Place::Table(offset) => self.table.bytes(offset, len),
        }
    }

    /// The little-endian half-word at an offset of shared memory.
    pub fn half(&self, offset: u32) -> u16 {
        u16::from_le_bytes(self.arena.bytes(offset, 2).try_into().expect("2 bytes"))
    }

    /// `N` little-endian words at a place.
    pub fn words<const N: usize>(&self, place: Place) -> [u32; N] {
        let bytes = self.bytes(place, 4 * N as u32);
        std::array::from_fn(|i| u32::from_le_bytes(bytes[4 * i..4 * i + 4].try_into().expect("4 bytes")))
    }

    /// Linux writes to its address; what does not fit into a window is not written.
    pub fn write(&self, address: u64, bytes: &[u8]) {
        if let Some(offset) = self.shared(address, bytes.len() as u32) {
            self.arena.write(offset, bytes);
        }
    }

    /// Linux writes to the resource table; what is outside it is not written.
    pub fn write_table(&self, offset: u32, bytes: &[u8]) {
        if offset <= self.table.len && bytes.len() <= (self.table.len - offset) as usize {
            self.table.write(offset, bytes);
        }
    }

    /// A write of the device that it may do.
    pub fn accept(&self, offset: u32, len: u32) {
        self.arena.accept(offset, len);
    }

    /// Nothing but what Linux wrote and the device was seen to write has changed.
    pub fn verify(&self) {
        for (window, offset) in WINDOWS.iter().zip(OFFSETS) {
            self.arena.verify("shared memory", offset, window.len);
        }
        self.table.verify("resource table", 0, self.table.len);
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.fence_gaps(false);
    }
}
