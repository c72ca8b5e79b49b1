// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two equal copies of a driver's memory: one for [`DeviceRing`](imx_rpmsg::vring::DeviceRing), one for
//! virtio-queue. The driver writes both; each device writes its own.

use imx_rpmsg::arch::Host;
use imx_rpmsg::shm::{Shm, Window};
use vm_memory::{Bytes, GuestAddress, GuestMemoryBackend, GuestMemoryMmap};

/// Memory for a ring, and for buffers behind a hole.
pub const RING: u32 = 0x942f_0000;
pub const RING_LEN: u32 = 0x4000;
pub const BUFFERS: u32 = 0x9430_0000;
pub const BUFFERS_LEN: u32 = 0x2000;
const LEN: u32 = RING_LEN + BUFFERS_LEN;

/// There is no hole on the device's side: what runs over the end of the ring's memory would not fault.
const DEVICE: u32 = 0x1bef_0000;
static WINDOWS: [Window; 2] = [
    Window { linux: RING, device: DEVICE, len: RING_LEN },
    Window { linux: BUFFERS, device: DEVICE + RING_LEN, len: BUFFERS_LEN },
];
const RANGES: [(u32, u32, usize); 2] = [(RING, RING_LEN, 0), (BUFFERS, BUFFERS_LEN, RING_LEN as usize)];

/// The two copies.
pub struct Copies {
    ours: *mut [u32],
    /// virtio-queue's.
    pub theirs: GuestMemoryMmap<()>,
}

impl Copies {
    /// Memory whose every word is its own address, so that reading tells where.
    pub fn new() -> Self {
        let words = RANGES.into_iter().flat_map(|(start, len, _)| (start..start + len).step_by(4));
        let ours: Box<[u32]> = words.map(u32::to_le).collect();
        let theirs =
            GuestMemoryMmap::from_ranges(&RANGES.map(|(start, len, _)| (GuestAddress(start.into()), len as usize)))
                .unwrap();
        let copies = Self { ours: Box::into_raw(ours), theirs };
        let bytes = copies.ours();
        for (start, len, at) in RANGES {
            copies.theirs.write_slice(&bytes[at..at + len as usize], GuestAddress(start.into())).unwrap();
        }
        copies
    }

    /// Our copy as shared memory.
    pub fn shm(&self) -> Shm<'_, Host> {
        let origin = self.ours.cast::<u8>().wrapping_sub(DEVICE as usize);
        // SAFETY: the memory lives as long as self, and only raw pointers look into it.
        unsafe { Shm::new(origin, &WINDOWS, Host) }
    }

    /// The driver writes.
    pub fn write(&self, address: u32, bytes: &[u8]) {
        self.theirs.write_slice(bytes, GuestAddress(address.into())).unwrap();
        let (start, len, at) = *RANGES.iter().find(|(start, len, _)| (*start..start + len).contains(&address)).unwrap();
        let offset = (address - start) as usize;
        assert!(offset + bytes.len() <= len as usize);
        // SAFETY: inside the allocation, as checked; bytes are private.
        unsafe {
            let to = self.ours.cast::<u8>().add(at + offset);
            to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        }
    }

    /// A half-word of their copy.
    pub fn half(&self, address: u32) -> u16 {
        u16::from_le(self.theirs.read_obj(GuestAddress(address.into())).unwrap())
    }

    /// A half-word as our device left it.
    pub fn ours_half(&self, address: u32) -> u16 {
        let (start, _, at) = *RANGES.iter().find(|(start, len, _)| (*start..start + len).contains(&address)).unwrap();
        let at = at + (address - start) as usize;
        u16::from_le_bytes(self.ours()[at..at + 2].try_into().unwrap())
    }

    fn ours(&self) -> Vec<u8> {
        let mut bytes = vec![0; LEN as usize];
        // SAFETY: LEN bytes were allocated.
        unsafe { self.ours.cast::<u8>().copy_to_nonoverlapping(bytes.as_mut_ptr(), LEN as usize) };
        bytes
    }

    /// The first address at which the copies differ.
    pub fn difference(&self) -> Option<u32> {
        let ours = self.ours();
        let mut theirs = vec![0; LEN as usize];
        for (start, len, at) in RANGES {
            let from = self.theirs.get_host_address(GuestAddress(start.into())).unwrap();
            // SAFETY: len bytes are mapped there. Their own read takes 30 times as long.
            unsafe { from.copy_to_nonoverlapping(theirs[at..].as_mut_ptr(), len as usize) };
        }
        if ours == theirs {
            return None;
        }
        let offset = ours.iter().zip(&theirs).position(|(a, b)| a != b)? as u32;
        Some(if offset < RING_LEN { RING + offset } else { BUFFERS + offset - RING_LEN })
    }
}

impl Drop for Copies {
    fn drop(&mut self) {
        // SAFETY: from Box::into_raw, and whoever borrowed self is gone.
        drop(unsafe { Box::from_raw(self.ours) });
    }
}
