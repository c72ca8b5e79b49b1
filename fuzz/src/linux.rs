// SPDX-License-Identifier: MIT OR Apache-2.0
//! The driver's side of a link, from the specification: it keeps to the rules, or breaks any of them.

use std::cell::{Cell, RefCell};

use imx_rpmsg::wire::resource_table::{Config, Table};

use crate::memory::{BUFFERS, Memory, VRING0, VRING1};
use crate::op::Op;

/// The table of the firmware under test.
pub const TABLE: Table = Table::new(&Config { vring_num: 256, vring_align: 4096, trace: None, nxp_vendor_entry: true });

/// `VRING_DESC_F_WRITE`.
pub const WRITE: u16 = 2;
/// Bytes of a buffer of Linux's.
pub const BUFFER_LEN: u32 = 512;
/// Linux's addresses of the rings.
pub const RINGS: [u32; 2] = [VRING0, VRING1];

/// Writes 1, 2 or 4 bytes anywhere.
pub const POKE: u8 = 0;
/// Sets the address of descriptor `b` of ring `a`.
pub const DESC_ADDRESS: u8 = 1;
/// Sets its length.
pub const DESC_LEN: u8 = 2;
/// Sets its flags.
pub const DESC_FLAGS: u8 = 3;
/// Lends descriptor `b` of ring `a`, whatever it says.
pub const LEND: u8 = 4;
/// Sends `b` bytes to address `word`.
pub const SEND: u8 = 5;
/// Sets the avail index of ring `a` to `b`.
pub const AVAIL_IDX: u8 = 6;
/// Sets the status byte to `a`.
pub const STATUS: u8 = 7;
/// Sets up rings of `1 << a` descriptors aligned to `4 << b`, and the driver is ready when `word` is 0.
pub const START: u8 = 8;
/// Sets field `a / 2` of ring `a % 2` in the table.
pub const DESCRIBE: u8 = 9;
/// Sets the avail flags of ring `a`.
pub const AVAIL_FLAGS: u8 = 10;
/// Takes used buffers back, those to receive are lent again.
pub const COLLECT: u8 = 11;
/// Sends to address `word` with a header that claims `b` bytes in a buffer of `16 + a`.
pub const BAD_HEADER: u8 = 12;
/// Announces a channel with address `word`, `a` being the flags.
pub const ANNOUNCE: u8 = 13;
/// The number of things that Linux can do.
pub const CODES: u8 = 14;

/// What Linux keeps of its rings.
pub struct Linux {
    num: Cell<u16>,
    align: Cell<u32>,
    lent: [Cell<u16>; 2],
    seen: [Cell<u16>; 2],
    free: RefCell<Vec<u16>>,
}

/// A message that Linux received: source, destination, payload.
pub type Received = (u32, u32, Vec<u8>);

impl Default for Linux {
    fn default() -> Self {
        Self {
            num: Cell::new(8),
            align: Cell::new(4096),
            lent: Default::default(),
            seen: Default::default(),
            free: RefCell::default(),
        }
    }
}

impl Linux {
    fn avail(&self, ring: usize) -> u64 {
        u64::from(RINGS[ring] + 16 * u32::from(self.num.get()))
    }

    fn used(&self, ring: usize) -> u64 {
        let n = u32::from(self.num.get());
        u64::from(RINGS[ring] + (18 * n + 6).next_multiple_of(self.align.get()))
    }

    fn desc(ring: usize, id: u16) -> u64 {
        u64::from(RINGS[ring]) + 16 * u64::from(id)
    }

    /// Address of a buffer; large rings share them.
    pub fn buffer(&self, ring: usize, id: u16) -> u32 {
        BUFFERS + BUFFER_LEN * ((u32::from(id) + u32::from(self.num.get()) * ring as u32) % 31)
    }

    /// Sets up both rings, all receive buffers lent; the device is not told.
    pub fn set_up(&self, m: &Memory, num: u16, align: u32) {
        self.num.set(num);
        self.align.set(align);
        *self.free.borrow_mut() = (0..num).rev().collect();
        for (ring, address) in RINGS.into_iter().enumerate() {
            m.write(address.into(), &vec![0; crate::memory::RING_LEN as usize]);
            self.lent[ring].set(0);
            self.seen[ring].set(0);
        }
        for id in 0..num {
            self.set_desc(m, 0, id, self.buffer(0, id), BUFFER_LEN, WRITE);
            self.lend(m, 0, id);
        }
    }

    /// Writes both rings into the table.
    pub fn describe(&self, m: &Memory) {
        for (ring, address) in RINGS.into_iter().enumerate() {
            for (field, word) in [address, self.align.get(), self.num.get().into(), ring as u32].into_iter().enumerate()
            {
                Self::describe_field(m, ring, field as u32, word);
            }
        }
    }

    fn describe_field(m: &Memory, ring: usize, field: u32, word: u32) {
        m.write_table(TABLE.layout().vring(ring) + 4 * field, &word.to_le_bytes());
    }

    /// Writes the status byte.
    pub fn set_status(m: &Memory, status: u8) {
        m.write_table(TABLE.layout().status(), &[status]);
    }

    /// A driver that probes.
    pub fn start(&self, m: &Memory, num: u16, align: u32) {
        self.set_up(m, num, align);
        self.describe(m);
        Self::set_status(m, 7);
    }

    /// Writes a descriptor.
    pub fn set_desc(&self, m: &Memory, ring: usize, id: u16, address: u32, len: u32, flags: u16) {
        let at = Self::desc(ring, id);
        m.write(at, &u64::from(address).to_le_bytes());
        m.write(at + 8, &len.to_le_bytes());
        m.write(at + 12, &u32::from(flags).to_le_bytes());
    }

    /// Puts a descriptor's number into the avail ring.
    pub fn lend(&self, m: &Memory, ring: usize, id: u16) {
        let lent = self.lent[ring].get();
        m.write(self.avail(ring) + 4 + 2 * u64::from(lent % self.num.get()), &id.to_le_bytes());
        self.lent[ring].set(lent.wrapping_add(1));
        m.write(self.avail(ring) + 2, &lent.wrapping_add(1).to_le_bytes());
    }

    /// Sends a message whose header claims `claim` bytes and whose buffer has room for `room`; `false`
    /// when Linux has no buffer left.
    pub fn send(&self, m: &Memory, src: u32, dst: u32, claim: u16, room: u32, payload: &[u8]) -> bool {
        let Some(id) = self.free.borrow_mut().pop() else { return false };
        let at = self.buffer(1, id);
        let header = [src, dst, 0, claim.into()];
        for (i, word) in header.into_iter().enumerate() {
            m.write(u64::from(at) + 4 * i as u64, &word.to_le_bytes());
        }
        m.write(u64::from(at) + 16, payload);
        self.set_desc(m, 1, id, at, 16 + room, 0);
        self.lend(m, 1, id);
        true
    }

    fn take_used(&self, m: &Memory, ring: usize) -> Vec<(u16, u32)> {
        let Some(used) = m.shared(self.used(ring), 6 + 8 * u32::from(self.num.get())) else { return Vec::new() };
        let idx = m.half(used + 2);
        let mut out = Vec::new();
        // A hostile run may have overwritten the index: no more than a ring is believed.
        while self.seen[ring].get() != idx && out.len() < usize::from(self.num.get()) {
            let slot = u32::from(self.seen[ring].get() % self.num.get());
            let [id, len] = m.words(crate::memory::Place::Shared(used + 4 + 8 * slot));
            out.push((id as u16, len));
            self.seen[ring].set(self.seen[ring].get().wrapping_add(1));
        }
        self.seen[ring].set(idx);
        out
    }

    /// What the device sent, the buffers lent again; and transmit buffers taken back.
    pub fn collect(&self, m: &Memory) -> Vec<Received> {
        let returned = self.take_used(m, 1);
        let mut free = self.free.borrow_mut();
        for (id, _) in returned {
            if id < self.num.get() && !free.contains(&id) {
                free.push(id);
            }
        }
        let mut out = Vec::new();
        for (id, _) in self.take_used(m, 0) {
            if id >= self.num.get() {
                continue;
            }
            let at = m.shared(self.buffer(0, id).into(), BUFFER_LEN).expect("buffers of Linux's are inside");
            let [src, dst, _, len] = m.words(crate::memory::Place::Shared(at));
            let len = (len & 0xffff).min(BUFFER_LEN - 16);
            out.push((src, dst, m.bytes(crate::memory::Place::Shared(at + 16), len).to_vec()));
            self.lend(m, 0, id);
        }
        out
    }

    /// How many transmit buffers Linux has.
    pub fn free(&self) -> usize {
        self.free.borrow().len()
    }

    /// One step, good or bad.
    pub fn apply(&self, m: &Memory, op: Op) {
        let ring = usize::from(op.a % 2);
        match op.code % CODES {
            POKE => {
                let bytes = op.word.to_le_bytes();
                let bytes = &bytes[..1 << (op.a / 4 % 3)];
                match op.a % 4 {
                    3 => m.write_table(u32::from(op.b) % 256, bytes),
                    window => {
                        m.write(u64::from(crate::memory::WINDOWS[usize::from(window)].linux) + u64::from(op.b), bytes)
                    }
                }
            }
            DESC_ADDRESS => m.write(Self::desc(ring, op.b), &op.word.to_le_bytes()),
            DESC_LEN => m.write(Self::desc(ring, op.b) + 8, &op.word.to_le_bytes()),
            DESC_FLAGS => m.write(Self::desc(ring, op.b) + 12, &(op.word as u16).to_le_bytes()),
            LEND => self.lend(m, ring, op.b),
            SEND => {
                let len = op.b % 497;
                let payload: Vec<u8> = (0..len).map(|i| op.a.wrapping_add(i as u8)).collect();
                self.send(m, 0x400 + u32::from(op.a), op.word, len, len.into(), &payload);
            }
            AVAIL_IDX => m.write(self.avail(ring) + 2, &op.b.to_le_bytes()),
            STATUS => Self::set_status(m, op.a),
            START => {
                self.set_up(m, 1 << (op.a % 9), 4 << (op.b % 11));
                if op.word % 4 != 1 {
                    self.describe(m);
                }
                if op.word % 4 == 0 {
                    Self::set_status(m, 7);
                }
            }
            DESCRIBE => Self::describe_field(m, ring, u32::from(op.a / 2 % 4), op.word),
            AVAIL_FLAGS => m.write(self.avail(ring), &op.b.to_le_bytes()),
            COLLECT => drop(self.collect(m)),
            BAD_HEADER => {
                self.send(m, 0x400, op.word, op.b, op.a.into(), b"evil");
            }
            _ => {
                let mut bytes = [0; 40];
                bytes[..9].copy_from_slice(b"rpmsg-raw");
                bytes[32..36].copy_from_slice(&op.word.to_le_bytes());
                bytes[36] = op.a;
                self.send(m, 53, 53, 40, 40, &bytes);
            }
        }
    }
}
