// SPDX-License-Identifier: MIT OR Apache-2.0
//! Linux's memory for virtio-drivers: two ring carveouts, a pool of buffers, a resource table.
//!
//! The driver's buffers are private and bounced into the pool, so that every byte it sees has been
//! through shared memory, and no reference of Rust's ever points there.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ptr::NonNull;

use imx_rpmsg::arch::Host;
use imx_rpmsg::rpmsg::{Link, LiveTable};
use imx_rpmsg::shm::{Shm, Span, Window};
use imx_rpmsg::wire::resource_table::{Config, Layout, TABLE_LEN, Table};
use virtio_drivers::{BufferDirection, Hal, PhysAddr};

use crate::kicks::Kicks;

/// Linux's addresses, as on i.MX8MP; the device sees them elsewhere, as on i.MX8ULP.
pub const RINGS: [u32; 2] = [0x942f_0000, 0x942f_8000];
const RING_LEN: usize = 0x8000;
const BUFFERS: u32 = 0x9430_0000;
pub const BUFFER_LEN: usize = 512;
const BUFFER_COUNT: u32 = 512;
const LEN: usize = (BUFFERS - RINGS[0]) as usize + BUFFER_COUNT as usize * BUFFER_LEN;
const DEVICE: u32 = 0x1bef_0000;
static WINDOWS: [Window; 1] = [Window { linux: RINGS[0], device: DEVICE, len: LEN as u32 }];

const TABLE: Table = Table::new(&Config { vring_num: 256, vring_align: 4096, trace: None, nxp_vendor_entry: true });

/// The memory of one test. `Hal` has no `self`, so each thread, and with it each test, has its own.
pub struct Memory {
    shared: NonNull<u8>,
    table: NonNull<u8>,
    rings_in_use: [Cell<bool>; 2],
    /// Oldest first, so that buffers wander over the pool while descriptor numbers do not.
    free: RefCell<VecDeque<u32>>,
    pub kicks: Kicks,
}

thread_local! {
    static MEMORY: &'static Memory = Memory::leak();
}

fn pool() -> VecDeque<u32> {
    (0..BUFFER_COUNT).map(|i| BUFFERS + i * BUFFER_LEN as u32).collect()
}

/// Zeroed pages that live as long as the program.
fn leak(len: usize) -> NonNull<u8> {
    #[repr(C, align(4096))]
    #[derive(Clone, Copy)]
    struct Page([u8; 4096]);
    NonNull::from(Box::leak(vec![Page([0; 4096]); len.div_ceil(4096)].into_boxed_slice())).cast()
}

impl Memory {
    fn leak() -> &'static Self {
        let table = leak(TABLE_LEN);
        for (i, byte) in TABLE.bytes().into_iter().enumerate() {
            // SAFETY: TABLE_LEN bytes were allocated.
            unsafe { table.add(i).write(byte) };
        }
        Box::leak(Box::new(Self {
            shared: leak(LEN),
            table,
            rings_in_use: Default::default(),
            free: RefCell::new(pool()),
            kicks: Kicks::default(),
        }))
    }

    /// The memory of this test.
    pub fn get() -> &'static Self {
        MEMORY.with(|memory| *memory)
    }

    /// The device's end.
    pub fn link(&'static self) -> Link<'static, Host, &'static Kicks, 4> {
        let origin = self.shared.as_ptr().wrapping_sub(DEVICE as usize);
        // SAFETY: the memory is leaked, and nothing but raw pointers looks into it.
        let (shm, table) = unsafe { (Shm::new(origin, &WINDOWS, Host), Span::new(self.table, TABLE_LEN as u32)) };
        Link::new(shm, &self.kicks, LiveTable::new(table, TABLE.layout()), None)
    }

    /// Where the live parts of the table are.
    pub fn layout(&self) -> Layout {
        TABLE.layout()
    }

    /// The byte of the table at `offset`.
    pub fn table_byte(&self, offset: u32) -> *mut u8 {
        assert!((offset as usize) < TABLE_LEN);
        self.table.as_ptr().wrapping_add(offset as usize)
    }

    /// Writes a word of the table.
    pub fn set_table_word(&self, offset: u32, value: u32) {
        for (i, byte) in value.to_le_bytes().into_iter().enumerate() {
            // SAFETY: table_byte checks the offset.
            unsafe { self.table_byte(offset + i as u32).write_volatile(byte) };
        }
    }

    /// Reads a word of the table.
    pub fn table_word(&self, offset: u32) -> u32 {
        // SAFETY: table_byte checks the offset.
        u32::from_le_bytes(std::array::from_fn(|i| unsafe { self.table_byte(offset + i as u32).read_volatile() }))
    }

    /// Takes back buffers that are still shared by a driver that goes.
    pub fn take_back_buffers(&self) {
        *self.free.borrow_mut() = pool();
    }

    fn at(&self, address: u32) -> NonNull<u8> {
        let offset = (address - RINGS[0]) as usize;
        assert!(offset < LEN);
        // SAFETY: the offset is inside the allocation.
        unsafe { self.shared.add(offset) }
    }
}

// SAFETY: rings are disjoint, zeroed, and leaked; buffers are copied, and a pool buffer has one owner.
unsafe impl Hal for Memory {
    fn dma_alloc(pages: usize, _direction: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        let memory = Self::get();
        let ring = memory.rings_in_use.iter().position(|used| !used.get()).expect("a third ring");
        memory.rings_in_use[ring].set(true);
        assert!(pages * virtio_drivers::PAGE_SIZE <= RING_LEN);
        let at = memory.at(RINGS[ring]);
        // SAFETY: RING_LEN bytes are there.
        unsafe { at.write_bytes(0, RING_LEN) };
        (RINGS[ring].into(), at)
    }

    unsafe fn dma_dealloc(paddr: PhysAddr, _vaddr: NonNull<u8>, _pages: usize) -> i32 {
        let ring = RINGS.iter().position(|ring| PhysAddr::from(*ring) == paddr).expect("a ring");
        Self::get().rings_in_use[ring].set(false);
        0
    }

    unsafe fn mmio_phys_to_virt(_paddr: PhysAddr, _size: usize) -> NonNull<u8> {
        unreachable!("no registers in memory")
    }

    unsafe fn share(buffer: NonNull<[u8]>, direction: BufferDirection) -> PhysAddr {
        assert!(buffer.len() <= BUFFER_LEN);
        let memory = Self::get();
        let address = memory.free.borrow_mut().pop_front().expect("a buffer of the pool");
        if direction == BufferDirection::DriverToDevice {
            // SAFETY: the buffer is valid by contract, and a pool buffer is as long at least.
            unsafe { memory.at(address).copy_from_nonoverlapping(buffer.cast(), buffer.len()) };
        }
        address.into()
    }

    unsafe fn unshare(paddr: PhysAddr, buffer: NonNull<[u8]>, direction: BufferDirection) {
        let memory = Self::get();
        let address = paddr as u32;
        if direction == BufferDirection::DeviceToDriver {
            // SAFETY: as in share.
            unsafe { memory.at(address).copy_to_nonoverlapping(buffer.cast(), buffer.len()) };
        }
        memory.free.borrow_mut().push_back(address);
    }
}
