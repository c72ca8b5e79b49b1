// SPDX-License-Identifier: MIT OR Apache-2.0
//! Linux's side of a link, as `virtio_rpmsg_bus` plays it, over memory that the tests can look into and
//! tamper with. Written against the layouts of the specification, not against the code under test.
#![allow(dead_code, reason = "each test program uses its part")]

mod kicks;
mod split;

use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

use imx_rpmsg::mailbox::Doorbell;
use imx_rpmsg::rpmsg::{Address, Endpoint, Link, LiveTable, Note, Unbound};
use imx_rpmsg::shm::{Shm, Span, Window};
use imx_rpmsg::vring::RingAddress;
use imx_rpmsg::wire::resource_table::{Config, Layout, TABLE_LEN, Table};

#[allow(unused_imports, reason = "each test program uses its part")]
pub use split::{LINE, Region, Split};

pub use kicks::Kicks;

/// Linux's addresses of rings and buffers; the device sees them elsewhere, as on i.MX8ULP.
pub const VRING0: u32 = 0x942f_0000;
pub const VRING1: u32 = 0x942f_8000;
pub const BUFFERS: u32 = 0x9430_0000;
const LEN: u32 = 0x11_0000;
/// The device's address of [`VRING0`]; the others follow as Linux's do.
pub const DEVICE: u32 = 0x1bef_0000;
static WINDOWS: [Window; 1] = [Window { linux: VRING0, device: DEVICE, len: LEN }];

pub const BUFFER_LEN: u32 = 512;
pub const WRITE: u16 = 2;
pub const NO_INTERRUPT: u16 = 1;

const CONFIG: Config = Config { vring_num: 256, vring_align: 4096, trace: None, nxp_vendor_entry: true };
const TABLE: Table = Table::new(&CONFIG);

fn leak_table(table: &Table) -> Region {
    let region = Region::leak(TABLE_LEN);
    for (i, byte) in table.bytes().into_iter().enumerate() {
        // SAFETY: TABLE_LEN bytes were allocated.
        unsafe { region.memory.add(i).write(byte) };
    }
    region
}

/// A message as Linux found it, with the length that the used ring gave.
#[derive(Debug, PartialEq, Eq)]
pub struct Received {
    pub src: u32,
    pub dst: u32,
    pub payload: Vec<u8>,
    pub used_len: u32,
}

pub type TestLink<'m> = Link<'m, &'m Split, &'m Kicks, 4>;

/// One ring as the driver sees it.
#[derive(Default)]
struct Ring {
    da: Cell<u32>,
    lent: Cell<u16>,
    seen: Cell<u16>,
}

/// Linux: its memory, its rings and its copy of the resource table.
pub struct Linux {
    memory: Region,
    table: Region,
    /// What outlives the firmware in its own memory.
    pub note: Region,
    pub kicks: Kicks,
    num: Cell<u16>,
    align: Cell<u32>,
    rings: [Ring; 2],
    free: RefCell<Vec<u16>>,
    layout: Layout,
    /// Identifier of the first ring.
    notifyid: u32,
    /// Whether this is the only link.
    alone: bool,
}

impl Linux {
    /// The drivers of two links, whose vdevs are in one table.
    pub fn pair() -> [&'static Self; 2] {
        const TWO: Table = Table::with_links(&CONFIG, 2);
        let table = leak_table(&TWO);
        [0, 1].map(|link| Self::with_table(table, TWO.layout_of(link).unwrap(), 2 * link, false))
    }

    /// Memory as after loading: the table pristine, the rings never touched.
    pub fn new() -> &'static Self {
        Self::with_table(leak_table(&TABLE), TABLE.layout(), 0, true)
    }

    fn with_table(table: Region, layout: Layout, notifyid: u32, alone: bool) -> &'static Self {
        Box::leak(Box::new(Self {
            memory: Region::leak(LEN as usize),
            table,
            note: Region::leak(LINE),
            kicks: Kicks::default(),
            num: Cell::new(256),
            align: Cell::new(4096),
            rings: Default::default(),
            free: RefCell::default(),
            layout,
            notifyid,
            alone,
        }))
    }

    /// The device's end.
    pub fn link(&'static self) -> TestLink<'static> {
        self.link_with(&self.kicks)
    }

    /// The device's end, with another doorbell.
    pub fn link_with<D: Doorbell>(&'static self, doorbell: D) -> Link<'static, &'static Split, D, 4> {
        let origin = self.memory.view.wrapping_sub(DEVICE as usize);
        let cache: &Split = Box::leak(Box::new(Split::new([self.memory, self.table])));
        let table = NonNull::new(self.table.view).unwrap();
        // SAFETY: the memory is leaked, so it lives for 'static, and only raw pointers look into it.
        let (shm, table) = unsafe { (Shm::new(origin, &WINDOWS, cache), Span::new(table, TABLE_LEN as u32)) };
        let ring = |da| RingAddress { da, align: 4096, num: 256 };
        let fallback = self.alone.then(|| [ring(VRING0), ring(VRING1)]);
        Link::new(shm, doorbell, LiveTable::new(table, self.layout), fallback)
    }

    /// The device's end with a note, of a firmware whose board has the rings at `fallback`. With `windows` instead of all
    /// of the memory where it is given.
    pub fn link_with_note<D: Doorbell>(
        &'static self,
        doorbell: D,
        fallback: [u32; 2],
        windows: Option<&'static [Window]>,
    ) -> Link<'static, &'static Split, D, 4> {
        let origin = self.memory.view.wrapping_sub(DEVICE as usize);
        let cache: &Split = Box::leak(Box::new(Split::new([self.memory, self.table, self.note])));
        let [table, note] = [self.table.view, self.note.view].map(|at| NonNull::new(at).unwrap());
        // SAFETY: as in link_with.
        let (shm, table, note) = unsafe {
            let shm = Shm::new(origin, windows.unwrap_or(&WINDOWS), cache);
            (shm, Span::new(table, TABLE_LEN as u32), Span::new(note, LINE as u32))
        };
        let fallback = fallback.map(|da| RingAddress { da, align: 4096, num: 256 });
        let link = Link::new(shm, doorbell, LiveTable::new(table, self.layout), Some(fallback));
        link.with_note(Note::new(note).unwrap())
    }

    /// Loads the firmware's segments, and so the table, anew (`imx_dsp_load_firmware`).
    pub fn reload_table(&self) {
        self.set_status(0);
        for index in 0..2 {
            [u32::MAX, 4096, 256, index]
                .into_iter()
                .zip(0..)
                .for_each(|(word, field)| self.describe(index as usize, field, word));
        }
    }

    // --- raw memory -------------------------------------------------------------------------------

    fn at(&self, address: u32, len: u32) -> *mut u8 {
        assert!(address >= VRING0 && address - VRING0 + len <= LEN);
        self.memory.memory.wrapping_add((address - VRING0) as usize)
    }

    pub fn read(&self, address: u32, len: u32) -> Vec<u8> {
        let at = self.at(address, len);
        // SAFETY: checked against the size of the memory.
        (0..len as usize).map(|i| unsafe { at.add(i).read_volatile() }).collect()
    }

    pub fn write(&self, address: u32, bytes: &[u8]) {
        let at = self.at(address, bytes.len() as u32);
        for (i, byte) in bytes.iter().enumerate() {
            // SAFETY: checked against the size of the memory.
            unsafe { at.add(i).write_volatile(*byte) };
        }
    }

    fn half(&self, address: u32) -> u16 {
        u16::from_le_bytes(self.read(address, 2).try_into().unwrap())
    }

    fn word(&self, address: u32) -> u32 {
        u32::from_le_bytes(self.read(address, 4).try_into().unwrap())
    }

    fn table_word(&self, offset: u32, value: u32) {
        // SAFETY: offsets of the layout are inside the 256 bytes.
        unsafe { self.table.memory.add(offset as usize).cast::<u32>().write_volatile(value.to_le()) };
    }

    pub fn set_status(&self, status: u8) {
        // SAFETY: as above.
        unsafe { self.table.memory.add(self.layout.status() as usize).write_volatile(status) };
    }

    // --- addresses in a ring ----------------------------------------------------------------------

    pub fn desc(&self, ring: usize, id: u16) -> u32 {
        self.rings[ring].da.get() + 16 * u32::from(id)
    }

    pub fn avail(&self, ring: usize) -> u32 {
        self.rings[ring].da.get() + 16 * u32::from(self.num.get())
    }

    pub fn used(&self, ring: usize) -> u32 {
        let n = u32::from(self.num.get());
        self.rings[ring].da.get() + (16 * n + 6 + 2 * n).next_multiple_of(self.align.get())
    }

    /// The descriptor number in a slot of the used ring.
    pub fn used_id(&self, ring: usize, slot: u32) -> u32 {
        self.word(self.used(ring) + 4 + 8 * slot)
    }

    pub fn used_idx(&self, ring: usize) -> u16 {
        self.half(self.used(ring) + 2)
    }

    /// `avail_event`, the device's own word at the end of a ring.
    pub fn mark(&self, ring: usize) -> u16 {
        self.half(self.used(ring) + 4 + 8 * u32::from(self.num.get()))
    }

    pub fn set_avail_flags(&self, ring: usize, flags: u16) {
        self.write(self.avail(ring), &flags.to_le_bytes());
    }

    pub fn set_avail_idx(&self, ring: usize, idx: u16) {
        self.write(self.avail(ring) + 2, &idx.to_le_bytes());
    }

    pub fn buffer(&self, ring: usize, id: u16) -> u32 {
        BUFFERS + BUFFER_LEN * (u32::from(id) + u32::from(self.num.get()) * ring as u32)
    }

    // --- the driver -------------------------------------------------------------------------------

    /// Sets up the rings (`rp_find_vq`) without telling the device.
    pub fn set_up_rings(&self, num: u16, align: u32) {
        self.num.set(num);
        self.align.set(align);
        for (index, da) in [VRING0, VRING1].into_iter().enumerate() {
            self.write(da, &[0; 0x4000]);
            self.rings[index].da.set(da);
            self.rings[index].lent.set(0);
            self.rings[index].seen.set(0);
        }
        *self.free.borrow_mut() = (0..num).rev().collect();
        for id in 0..num {
            self.set_desc(0, id, self.buffer(0, id), BUFFER_LEN, WRITE);
            self.lend(0, id);
        }
    }

    /// As if every buffer of both rings had gone round in order until `count` of each ring came back; at least once.
    pub fn go_round(&self, count: u16) {
        let num = self.num.get();
        for (index, ring) in self.rings.iter().enumerate() {
            ring.lent.set(if index == 0 { count.wrapping_add(num) } else { count });
            ring.seen.set(count);
            self.set_avail_idx(index, ring.lent.get());
            self.write(self.used(index) + 2, &count.to_le_bytes());
            for id in 0..num {
                self.write(self.avail(index) + 4 + 2 * u32::from(id), &id.to_le_bytes());
                self.write(self.used(index) + 4 + 8 * u32::from(id), &u64::from(id).to_le_bytes());
            }
        }
    }

    pub fn describe_rings(&self) {
        for (index, ring) in self.rings.iter().enumerate() {
            let at = self.layout.vring(index);
            let words = [ring.da.get(), self.align.get(), self.num.get().into(), self.notifyid + index as u32];
            for (i, word) in words.into_iter().enumerate() {
                self.table_word(at + 4 * i as u32, word);
            }
        }
    }

    pub fn describe(&self, ring: usize, field: u32, value: u32) {
        self.table_word(self.layout.vring(ring) + 4 * field, value);
    }

    /// A driver that probes: rings, table, DRIVER_OK.
    pub fn start(&self, num: u16) {
        self.set_up_rings(num, 4096);
        self.describe_rings();
        self.set_status(7);
    }

    pub fn stop(&self) {
        self.set_status(0);
    }

    pub fn set_desc(&self, ring: usize, id: u16, address: u32, len: u32, flags: u16) {
        let mut bytes = Vec::new();
        bytes.extend(u64::from(address).to_le_bytes());
        bytes.extend(len.to_le_bytes());
        bytes.extend(flags.to_le_bytes());
        bytes.extend([0; 2]);
        self.write(self.desc(ring, id), &bytes);
    }

    /// Puts a descriptor into the avail ring, whatever its number.
    pub fn lend(&self, ring: usize, id: u16) {
        let lent = self.rings[ring].lent.get();
        let slot = u32::from(lent % self.num.get());
        self.write(self.avail(ring) + 4 + 2 * slot, &id.to_le_bytes());
        self.rings[ring].lent.set(lent.wrapping_add(1));
        self.set_avail_idx(ring, lent.wrapping_add(1));
    }

    /// Puts a message into a transmit buffer without lending it; returns the buffer's number.
    pub fn fill(&self, src: u32, dst: u32, payload: &[u8]) -> u16 {
        self.reclaim();
        let id = self.free.borrow_mut().pop().expect("a free transmit buffer");
        self.fill_buffer(id, src, dst, payload);
        id
    }

    /// Puts a message into transmit buffer `id` without lending it.
    pub fn fill_buffer(&self, id: u16, src: u32, dst: u32, payload: &[u8]) {
        let mut bytes = Vec::new();
        bytes.extend(src.to_le_bytes());
        bytes.extend(dst.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend((payload.len() as u16).to_le_bytes());
        bytes.extend([0; 2]);
        bytes.extend(payload);
        self.write(self.buffer(1, id), &bytes);
        self.set_desc(1, id, self.buffer(1, id), bytes.len() as u32, 0);
    }

    pub fn send(&self, src: u32, dst: u32, payload: &[u8]) {
        let id = self.fill(src, dst, payload);
        self.lend(1, id);
    }

    /// Takes back transmit buffers; returns their numbers.
    pub fn reclaim(&self) -> Vec<u16> {
        let ids: Vec<u16> = self.take_used(1).into_iter().map(|(id, _)| id).collect();
        self.free.borrow_mut().extend(&ids);
        ids
    }

    pub fn free(&self) -> usize {
        self.reclaim();
        self.free.borrow().len()
    }

    fn take_used(&self, ring: usize) -> Vec<(u16, u32)> {
        let mut out = Vec::new();
        let state = &self.rings[ring];
        let idx = self.used_idx(ring);
        assert!(idx.wrapping_sub(state.seen.get()) <= self.num.get(), "used index jumped");
        while state.seen.get() != idx {
            let slot = u32::from(state.seen.get() % self.num.get());
            let at = self.used(ring) + 4 + 8 * slot;
            out.push((self.word(at).try_into().expect("a descriptor number"), self.word(at + 4)));
            state.seen.set(state.seen.get().wrapping_add(1));
        }
        out
    }

    /// What the device sent, in order, the buffers lent again.
    pub fn receive(&self) -> Vec<Received> {
        let received = self.receive_and_keep();
        for (id, _) in &received {
            self.lend(0, *id);
        }
        received.into_iter().map(|(_, message)| message).collect()
    }

    /// The same, the buffers kept.
    pub fn receive_and_keep(&self) -> Vec<(u16, Received)> {
        self.take_used(0)
            .into_iter()
            .map(|(id, used_len)| {
                let at = self.buffer(0, id);
                let len = self.half(at + 12);
                let payload = self.read(at + 16, len.into());
                (id, Received { src: self.word(at), dst: self.word(at + 4), payload, used_len })
            })
            .collect()
    }

    /// All bytes of the shared memory but those that a device may write: used rings and the receive
    /// buffers that are lent to it.
    pub fn untouchable(&self) -> Vec<u8> {
        let mut bytes = self.read(VRING0, LEN);
        let num = u32::from(self.num.get());
        for ring in 0..2 {
            let used = (self.used(ring) - VRING0) as usize;
            bytes[used..used + 6 + 8 * num as usize].fill(0);
        }
        let buffers = (self.buffer(0, 0) - VRING0) as usize;
        bytes[buffers..buffers + (BUFFER_LEN * num) as usize].fill(0);
        bytes
    }
}

/// A link that is up with one endpoint at 0x400, its announcement received, no kick pending.
pub fn ready(num: u16) -> (&'static Linux, TestLink<'static>, Endpoint<Unbound>) {
    let linux = Linux::new();
    let link = linux.link();
    let endpoint = link.open("test", Address::Dynamic).unwrap();
    linux.start(num);
    assert_eq!(events(&link, true).len(), 1);
    assert_eq!(linux.receive().len(), 1);
    link.flush();
    linux.kicks.take();
    (linux, link, endpoint)
}

/// An announcement as bytes.
pub fn announcement(name: &str, addr: u32, flags: u32) -> Vec<u8> {
    let mut bytes = vec![0; 32];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    bytes.extend(addr.to_le_bytes());
    bytes.extend(flags.to_le_bytes());
    bytes
}

/// Polls until nothing happens and returns what did.
pub fn events(link: &TestLink<'_>, kicked: bool) -> Vec<imx_rpmsg::rpmsg::Event> {
    let mut events = Vec::new();
    let mut kicked = kicked;
    while let Some(event) = link.poll(kicked) {
        events.push(event);
        kicked = false;
        assert!(events.len() < 10, "the link does not settle: {events:?}");
    }
    events
}
