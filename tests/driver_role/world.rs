// SPDX-License-Identifier: MIT OR Apache-2.0
//! One memory and two cores without cache coherency on it: a driver and a device.

use std::ptr::NonNull;

use imx_rpmsg::rpmsg::driver::{DriverLink, Message, Received, RemoteTable, Setup};
use imx_rpmsg::rpmsg::{Link, LiveTable};
use imx_rpmsg::shm::{Shm, Span, Window};
use imx_rpmsg::vring::{DeviceError, RingAddress};
use imx_rpmsg::wire::name_service::Announcement;
use imx_rpmsg::wire::resource_table::{Config, TABLE_LEN, Table};

use crate::common::{Kicks, Region, Split};

/// Addresses in descriptors and table; each core sees the memory elsewhere.
pub const VRING0: u32 = 0x942f_0000;
pub const VRING1: u32 = 0x942f_8000;
pub const BUFFERS: u32 = 0x9430_0000;
const LEN: u32 = 0x11_0000;
const DRIVER: u32 = 0x4000_0000;
const DEVICE: u32 = 0x1bef_0000;
static DRIVER_WINDOWS: [Window; 1] = [Window { linux: VRING0, device: DRIVER, len: LEN }];
static DEVICE_WINDOWS: [Window; 1] = [Window { linux: VRING0, device: DEVICE, len: LEN }];

pub type Driver = DriverLink<'static, &'static Split, &'static Kicks, 4>;
pub type Device = Link<'static, &'static Split, &'static Kicks, 4>;

/// The memory, and what either core kicked.
pub struct World {
    memory: [Region; 2],
    table: [Region; 2],
    layout: Table,
    num: u16,
    pub from_driver: Kicks,
    pub from_device: Kicks,
}

/// Memory, and a second core's view of it.
fn two_views(len: usize) -> [Region; 2] {
    let first = Region::leak(len);
    [first, Region { view: Region::leak(len).view, ..first }]
}

impl World {
    /// Memory with a table that asks for rings of `num`, and nothing else.
    pub fn new(num: u16) -> &'static Self {
        let layout = Table::new(&Config { vring_num: num, vring_align: 4096, trace: None, nxp_vendor_entry: true });
        let world = Self {
            memory: two_views(LEN as usize),
            table: two_views(TABLE_LEN),
            layout,
            num,
            from_driver: Kicks::default(),
            from_device: Kicks::default(),
        };
        for (i, byte) in world.layout.bytes().into_iter().enumerate() {
            // SAFETY: TABLE_LEN bytes were allocated.
            unsafe { world.table[0].memory.add(i).write(byte) };
        }
        Box::leak(Box::new(world))
    }

    pub fn setup(&self) -> Setup {
        Setup { rings: [VRING0, VRING1], align: 4096, num: self.num, buffers: BUFFERS }
    }

    fn shm(&self, core: usize) -> Shm<'static, &'static Split> {
        let (windows, device) = [(&DRIVER_WINDOWS, DRIVER), (&DEVICE_WINDOWS, DEVICE)][core];
        let origin = self.memory[core].view.wrapping_sub(device as usize);
        let cache: &Split = Box::leak(Box::new(Split::new([self.memory[core], self.table[core]])));
        // SAFETY: the memory is leaked, so it lives for 'static, and only raw pointers look into it.
        unsafe { Shm::new(origin, windows, cache) }
    }

    fn table(&self, core: usize) -> Span<'static> {
        let at = NonNull::new(self.table[core].view).unwrap();
        // SAFETY: as above.
        unsafe { Span::new(at, TABLE_LEN as u32) }
    }

    /// The driver with the table, or without.
    pub fn driver_with(&'static self, with_table: bool, setup: Setup) -> Driver {
        let shm = self.shm(0);
        let table = with_table.then(|| RemoteTable::find(shm.coherency(), self.table(0)).expect("a table"));
        DriverLink::new(shm, &self.from_driver, table, setup)
    }

    pub fn driver(&'static self) -> Driver {
        self.driver_with(true, self.setup())
    }

    pub fn device(&'static self) -> Device {
        let table = LiveTable::new(self.table(1), self.layout.layout());
        let ring = |da| RingAddress { da, align: 4096, num: self.num.into() };
        Link::new(self.shm(1), &self.from_device, table, Some([ring(VRING0), ring(VRING1)]))
    }

    /// The word of the table at `offset`, in memory.
    pub fn table_word(&self, offset: u32) -> u32 {
        // SAFETY: offsets of the layout are inside the table and aligned.
        u32::from_le(unsafe { self.table[0].memory.add(offset as usize).cast::<u32>().read_volatile() })
    }

    pub fn layout(&self) -> imx_rpmsg::wire::resource_table::Layout {
        self.layout.layout()
    }

    fn at(&self, address: u32, len: usize) -> *mut u8 {
        assert!(address >= VRING0 && (address - VRING0) as usize + len <= LEN as usize);
        self.memory[0].memory.wrapping_add((address - VRING0) as usize)
    }

    pub fn read(&self, address: u32, len: usize) -> Vec<u8> {
        let at = self.at(address, len);
        // SAFETY: checked against the size of the memory.
        (0..len).map(|i| unsafe { at.add(i).read_volatile() }).collect()
    }

    pub fn write(&self, address: u32, bytes: &[u8]) {
        let at = self.at(address, bytes.len());
        for (i, byte) in bytes.iter().enumerate() {
            // SAFETY: checked against the size of the memory.
            unsafe { at.add(i).write_volatile(*byte) };
        }
    }

    pub fn half(&self, address: u32) -> u16 {
        u16::from_le_bytes(self.read(address, 2).try_into().unwrap())
    }

    pub fn word(&self, address: u32) -> u32 {
        u32::from_le_bytes(self.read(address, 4).try_into().unwrap())
    }

    pub fn avail(&self, ring: usize) -> u32 {
        [VRING0, VRING1][ring] + 16 * u32::from(self.num)
    }

    pub fn used(&self, ring: usize) -> u32 {
        let n = u32::from(self.num);
        [VRING0, VRING1][ring] + (16 * n + 6 + 2 * n).next_multiple_of(4096)
    }

    /// A used entry, published, whatever it says.
    pub fn give(&self, ring: usize, id: u32, len: u32) {
        let idx = self.half(self.used(ring) + 2);
        let at = self.used(ring) + 4 + 8 * u32::from(idx % self.num);
        self.write(at, &id.to_le_bytes());
        self.write(at + 4, &len.to_le_bytes());
        self.set_used_idx(ring, idx.wrapping_add(1));
    }

    pub fn set_used_idx(&self, ring: usize, idx: u16) {
        self.write(self.used(ring) + 2, &idx.to_le_bytes());
    }

    /// Buffer `id` of a ring as its descriptor has it.
    pub fn buffer(&self, ring: usize, id: u16) -> u32 {
        self.word([VRING0, VRING1][ring] + 16 * u32::from(id))
    }

    /// Writes a message into receive buffer `id`, as a device does, without returning it.
    pub fn fill(&self, id: u16, src: u32, dst: u32, len: u16, payload: &[u8]) {
        let words = [src, dst, 0, u32::from(len)];
        let header: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
        self.write(self.buffer(0, id), &[&header, payload].concat());
    }
}

/// The payload of a message.
pub fn payload(message: &Message<'_, '_, &'static Split>) -> Vec<u8> {
    let mut bytes = vec![0; message.len()];
    assert_eq!(message.read(0, &mut bytes), bytes.len());
    bytes
}

/// The next message, which must be one.
pub fn message(driver: &Driver) -> Message<'_, 'static, &'static Split> {
    match driver.receive() {
        Some(Received::Message(message)) => message,
        Some(Received::Announced(other)) => panic!("an announcement: {other:?}"),
        None => panic!("nothing"),
    }
}

/// The next announcement, which must be one.
pub fn announced(driver: &Driver) -> Announcement {
    match driver.receive() {
        Some(Received::Announced(announcement)) => announcement,
        Some(Received::Message(_)) => panic!("a message"),
        None => panic!("nothing"),
    }
}

/// The kinds of mistakes that were counted, and how often.
pub fn errors(driver: &Driver) -> Vec<(DeviceError, u32)> {
    DeviceError::ALL.into_iter().map(|kind| (kind, driver.stats().errors(kind))).filter(|(_, n)| *n > 0).collect()
}
