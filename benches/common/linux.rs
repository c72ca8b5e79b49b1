// SPDX-License-Identifier: MIT OR Apache-2.0
//! The least of Linux that a link needs: rings, buffers, and a look at what came back. Its own cost is
//! not counted, so it is written to be checked easily, not to be fast.

use core::cell::Cell;

use imx_rpmsg::mailbox::Doorbell;
use imx_rpmsg::shm::Window;
use imx_rpmsg::vring::RingAddress;
use imx_rpmsg::wire::resource_table::{Config, Table};

use super::cases::Case;

/// The carveouts of boards/imx8mp-evk-dsp.toml, which both sides have at the same addresses.
pub const VRING0: u32 = 0x942f_0000;
const VRING1: u32 = 0x942f_8000;
const BUFFERS: u32 = 0x9430_0000;
/// Where the resource table is in these benchmarks: behind vring1, whose carveout is larger than it.
pub const TABLE_AT: u32 = 0x942f_c000;
/// A word of the last buffer's page that nobody uses.
pub const MARK: u32 = 0x943f_fffc;
/// What both sides share.
pub static WINDOWS: [Window; 3] = [
    Window { linux: VRING0, device: VRING0, len: 0x8000 },
    Window { linux: VRING1, device: VRING1, len: 0x8000 },
    Window { linux: BUFFERS, device: BUFFERS, len: 0x10_0000 },
];

const NUM: u32 = 256;
const ALIGN: u32 = 4096;
const AVAIL: u32 = 16 * NUM;
const USED: u32 = 2 * ALIGN;
const BUFFER_LEN: u32 = 512;

/// Linux's address for all its messages, and the first of the endpoints'.
const CLIENT: u32 = 0x400;
const FIRST_ENDPOINT: u32 = 0x400;

/// The table as linked: without the entry for the trace buffer, which no link looks at.
pub const TABLE: Table =
    Table::new(&Config { vring_num: NUM as u16, vring_align: ALIGN, trace: None, nxp_vendor_entry: true });

/// Where both rings are, for the link's fallback, which is not used.
pub const RINGS: [RingAddress; 2] =
    [RingAddress { da: VRING0, align: ALIGN, num: NUM }, RingAddress { da: VRING1, align: ALIGN, num: NUM }];

/// Counts kicks.
#[derive(Default)]
pub struct Kicks(Cell<u32>);

impl Kicks {
    pub fn take(&self) -> u32 {
        self.0.replace(0)
    }
}

impl Doorbell for Kicks {
    fn kick(&self, _vqid: u32) {
        self.0.set(self.0.get() + 1);
    }
}

/// Linux's side. What comes back wrong ends the benchmark: a wrong answer's cost is of no interest.
pub struct Linux {
    /// Linux's view of [`VRING0`] and all that follows.
    view: *mut u8,
    /// Messages sent, and answers and buffers that came back, since the start.
    sent: u16,
    answered: u16,
    returned: u16,
}

impl Linux {
    /// A driver that has probed: rings set up, receive buffers lent, table filled in, DRIVER_OK.
    ///
    /// # Safety
    ///
    /// `view` must be valid for reads and writes of the bytes of all [`WINDOWS`], which follow one another and
    /// which only the link uses beside this.
    pub unsafe fn start(view: *mut u8) -> Self {
        let linux = Self { view, sent: 0, answered: 0, returned: 0 };
        for at in (VRING0..TABLE_AT).step_by(4) {
            linux.word(at, 0);
        }
        for (i, word) in TABLE.bytes().chunks_exact(4).enumerate() {
            linux.word(TABLE_AT + 4 * i as u32, u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
        }
        for (index, ring) in RINGS.iter().enumerate() {
            let at = TABLE_AT + TABLE.layout().vring(index);
            for (i, word) in [ring.da, ring.align, ring.num, index as u32].into_iter().enumerate() {
                linux.word(at + 4 * i as u32, word);
            }
        }
        for id in 0..NUM {
            linux.descriptor(VRING0, id, BUFFERS + BUFFER_LEN * id, BUFFER_LEN, 2);
            linux.half(VRING0 + AVAIL + 4 + 2 * id, id as u16);
        }
        linux.half(VRING0 + AVAIL + 2, NUM as u16);
        linux.word(TABLE_AT + TABLE.layout().status(), 7 | 2 << 8);
        linux
    }

    fn at(&self, address: u32) -> *mut u8 {
        assert!((VRING0..=MARK).contains(&address));
        self.view.wrapping_add((address - VRING0) as usize)
    }

    fn word(&self, address: u32, value: u32) {
        // SAFETY: inside the view, by `at`; every field is aligned in it.
        unsafe { self.at(address).cast::<u32>().write_volatile(value.to_le()) }
    }

    fn half(&self, address: u32, value: u16) {
        // SAFETY: as above.
        unsafe { self.at(address).cast::<u16>().write_volatile(value.to_le()) }
    }

    fn read(&self, address: u32) -> u32 {
        // SAFETY: as above.
        u32::from_le(unsafe { self.at(address).cast::<u32>().read_volatile() })
    }

    fn descriptor(&self, ring: u32, id: u32, address: u32, len: u32, flags: u32) {
        for (i, word) in [address, 0, len, flags].into_iter().enumerate() {
            self.word(ring + 16 * id + 4 * i as u32, word);
        }
    }

    /// The index of a ring's avail or used half, which is the upper half of the first word.
    fn index(&self, part: u32) -> u16 {
        (self.read(part) >> 16) as u16
    }

    /// Word `i` of message `number`'s payload.
    fn content(number: u16, i: u32) -> u32 {
        u32::from(number).wrapping_mul(0x9e37_79b9) ^ i.wrapping_mul(0x85eb_ca6b)
    }

    /// The flags with which Linux asks for kicks or not.
    pub fn listen(&self, tx_interrupts: bool) {
        self.half(VRING1 + AVAIL, u16::from(!tx_interrupts));
    }

    /// Sends a burst, to the endpoints in turn.
    pub fn send(&mut self, case: &Case) {
        for _ in 0..case.burst {
            let id = u32::from(self.sent) % NUM;
            let at = BUFFERS + BUFFER_LEN * (NUM + id);
            let dst = FIRST_ENDPOINT + id % super::cases::ENDPOINTS as u32;
            for (i, word) in [CLIENT, dst, 0, case.len.into()].into_iter().enumerate() {
                self.word(at + 4 * i as u32, word);
            }
            for i in 0..u32::from(case.len) / 4 {
                self.word(at + 16 + 4 * i, Self::content(self.sent, i));
            }
            self.descriptor(VRING1, id, at, 16 + u32::from(case.len), 0);
            self.half(VRING1 + AVAIL + 4 + 2 * id, id as u16);
            self.sent = self.sent.wrapping_add(1);
        }
        self.half(VRING1 + AVAIL + 2, self.sent);
    }

    /// Takes the answers to a burst, checks each, and lends their buffers again.
    pub fn receive(&mut self, case: &Case) {
        assert!(self.index(VRING1 + USED) == self.sent, "a message was not returned");
        while self.returned != self.sent {
            let at = VRING1 + USED + 4 + 8 * (u32::from(self.returned) % NUM);
            assert!(self.read(at) == u32::from(self.returned) % NUM && self.read(at + 4) == 0, "wrong return");
            self.returned = self.returned.wrapping_add(1);
        }
        let mut lent = self.index(VRING0 + AVAIL);
        let used = self.index(VRING0 + USED);
        let mut number = self.sent.wrapping_sub(case.burst);
        assert!(used.wrapping_sub(self.answered) == case.burst, "a message was not answered");
        while self.answered != used {
            let at = VRING0 + USED + 4 + 8 * (u32::from(self.answered) % NUM);
            let (id, len) = (self.read(at), self.read(at + 4));
            assert!(id < NUM && len == 16 + u32::from(case.answered()), "wrong length in the used ring");
            let at = BUFFERS + BUFFER_LEN * id;
            let src = FIRST_ENDPOINT + u32::from(number) % super::cases::ENDPOINTS as u32;
            let header = [src, CLIENT, 0, case.answered().into()];
            assert!((0..4).all(|i| self.read(at + 4 * i) == header[i as usize]), "wrong header");
            let same = |i| self.read(at + 16 + 4 * i) == Self::content(number, i);
            assert!((0..u32::from(case.answered()) / 4).all(same), "wrong payload");
            self.half(VRING0 + AVAIL + 4 + 2 * (u32::from(lent) % NUM), id as u16);
            lent = lent.wrapping_add(1);
            self.answered = self.answered.wrapping_add(1);
            number = number.wrapping_add(1);
        }
        self.half(VRING0 + AVAIL + 2, lent);
    }
}
