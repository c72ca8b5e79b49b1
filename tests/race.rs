// SPDX-License-Identifier: MIT OR Apache-2.0
//! Both sides at once, under shuttle's schedules, over memory weaker than any core's: what the device stores reaches
//! memory late and in any order, but for its barriers. No wake-up is lost and no index is seen before its entry; and
//! without the barriers both happen, so this would notice.

use std::cell::RefCell;

use imx_rpmsg::shm::{Coherency, Shm, Window};
use imx_rpmsg::vring::{Access, DeviceRing, RingAddress};
use shuttle::rand::{Rng, thread_rng};
use shuttle::sync::{Arc, Condvar, Mutex};

const BASE: u32 = 0x1000;
const LEN: usize = 1024;
const NUM: u16 = 4;
const ALIGN: u32 = 64;
const AVAIL: usize = 16 * NUM as usize;
const USED: usize = 128;
const BUFFERS: usize = 256;
const MESSAGES: u16 = 6;
const WINDOWS: [Window; 1] = [Window { linux: BASE, device: BASE, len: LEN as u32 }];

/// What both sides share.
struct Shared {
    memory: Mutex<Vec<u8>>,
    /// A kick that was not heard yet, and whether none will come any more.
    bell: Mutex<(bool, bool)>,
    rung: Condvar,
}

impl Shared {
    fn half(&self, at: usize) -> u16 {
        let memory = self.memory.lock().unwrap();
        u16::from_le_bytes([memory[at], memory[at + 1]])
    }

    fn set(&self, at: usize, bytes: &[u8]) {
        self.memory.lock().unwrap()[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

/// The device's way to memory.
struct Weak {
    shared: Arc<Shared>,
    view: *mut u8,
    pending: RefCell<Vec<(usize, Vec<u8>)>>,
    barriers: bool,
}

impl Weak {
    fn carry(&self, all: bool) {
        while !self.pending.borrow().is_empty() && (all || thread_rng().gen_range(0..3) == 0) {
            let which = thread_rng().gen_range(0..self.pending.borrow().len());
            let (at, bytes) = self.pending.borrow_mut().remove(which);
            self.shared.set(at, &bytes);
        }
    }

    fn offset(&self, at: *const u8) -> usize {
        at as usize - self.view as usize
    }
}

// SAFETY: only the device's own view and the vector are touched.
unsafe impl Coherency for &Weak {
    fn invalidate(&self, at: *const u8, len: usize) {
        self.carry(false);
        let start = self.offset(at);
        let mut bytes = self.shared.memory.lock().unwrap()[start..start + len].to_vec();
        for (at, pending) in self.pending.borrow().iter() {
            for (i, byte) in pending.iter().enumerate() {
                if (start..start + len).contains(&(at + i)) {
                    bytes[at + i - start] = *byte;
                }
            }
        }
        // SAFETY: the accessor names bytes of the view, which is this thread's.
        unsafe { self.view.add(start).copy_from_nonoverlapping(bytes.as_ptr(), len) };
    }

    fn write_back(&self, at: *const u8, len: usize) {
        let start = self.offset(at);
        // SAFETY: as above.
        let bytes = unsafe { std::slice::from_raw_parts(at, len) }.to_vec();
        self.pending.borrow_mut().push((start, bytes));
        self.carry(false);
    }

    fn barrier(&self) {
        self.carry(self.barriers);
    }
}

/// Gives every buffer back as it comes, with the length 100 + its number, and kicks where Linux wants it.
fn device(shared: Arc<Shared>, barriers: bool) {
    let mut view = vec![0u64; LEN / 8];
    let weak = Weak { shared, view: view.as_mut_ptr().cast(), pending: RefCell::default(), barriers };
    // SAFETY: the view lives until the end of this function and nobody else looks into it.
    let shm = unsafe { Shm::new(weak.view.wrapping_sub(BASE as usize), &WINDOWS, &weak) };
    let ring = DeviceRing::new();
    assert_eq!(ring.attach(&shm, RingAddress { da: BASE, align: ALIGN, num: NUM.into() }), Ok(0));
    let mut given = 0;
    while given < MESSAGES {
        match ring.pop(&shm, Access::Readable).unwrap() {
            Some(buffer) => {
                let len = 100 + u32::from(buffer.id());
                ring.push(&shm, buffer, len);
                given += 1;
            }
            // Linux's kicks are not part of this: look again.
            None => shuttle::thread::yield_now(),
        }
        if thread_rng().gen_bool(0.7) || given == MESSAGES {
            // A link looks whether there is more before it flushes: the flags may be read there.
            if thread_rng().gen_bool(0.5) {
                let _ = ring.has_lent(&shm);
            }
            if ring.take_kick(&shm) {
                weak.shared.bell.lock().unwrap().0 = true;
                weak.shared.rung.notify_one();
            }
        }
    }
    // What is stored gets to memory at some time, barrier or not.
    weak.carry(true);
    weak.shared.bell.lock().unwrap().1 = true;
    weak.shared.rung.notify_one();
}

/// As virtqueue_disable_cb, virtqueue_get_buf and virtqueue_enable_cb do it (`drivers/virtio/virtio_ring.c`).
fn linux(shared: &Shared) {
    let (mut lent, mut seen) = (0u16, 0u16);
    while seen < MESSAGES {
        shared.set(AVAIL, &1u16.to_le_bytes());
        loop {
            while lent < MESSAGES && lent - seen < NUM {
                shared.set(AVAIL + 4 + 2 * usize::from(lent % NUM), &(lent % NUM).to_le_bytes());
                lent += 1;
                shared.set(AVAIL + 2, &lent.to_le_bytes());
            }
            if shared.half(USED + 2) == seen {
                break;
            }
            let entry = USED + 4 + 8 * usize::from(seen % NUM);
            let (id, len) = (shared.half(entry), shared.half(entry + 4));
            assert_eq!((id, len), (seen % NUM, 100 + seen % NUM), "the index was seen before its entry");
            seen += 1;
        }
        shared.set(AVAIL, &0u16.to_le_bytes());
        if seen == MESSAGES || shared.half(USED + 2) != seen {
            continue;
        }
        let mut bell = shared.bell.lock().unwrap();
        while !bell.0 {
            assert!(!bell.1 || shared.half(USED + 2) == seen, "asleep with {seen} of {MESSAGES} seen: a lost wake-up");
            bell = shared.rung.wait(bell).unwrap();
        }
        bell.0 = false;
    }
}

fn run(barriers: bool) {
    let mut memory = vec![0; LEN];
    for id in 0..usize::from(NUM) {
        memory[16 * id..16 * id + 4].copy_from_slice(&(BASE + (BUFFERS + 64 * id) as u32).to_le_bytes());
        memory[16 * id + 8] = 64;
    }
    let shared = Arc::new(Shared { memory: Mutex::new(memory), bell: Mutex::default(), rung: Condvar::new() });
    let other = Arc::clone(&shared);
    let device = shuttle::thread::spawn(move || device(other, barriers));
    linux(&shared);
    device.join().unwrap();
}

#[test]
fn no_wake_up_is_lost_and_no_index_is_early() {
    shuttle::check_random(|| run(true), 1500);
    shuttle::check_pct(|| run(true), 1000, 3);
}

#[test]
fn without_barriers_it_goes_wrong() {
    let found = std::panic::catch_unwind(|| shuttle::check_random(|| run(false), 3000));
    assert!(found.is_err(), "the memory of this test is too strong to show anything");
}
