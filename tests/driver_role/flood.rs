// SPDX-License-Identifier: MIT OR Apache-2.0
//! A device that returns rubbish as fast as the driver looks.

use std::cell::RefCell;

use imx_rpmsg::rpmsg::Address;
use imx_rpmsg::rpmsg::driver::{DriverLink, Setup};
use imx_rpmsg::shm::{Coherency, Shm, Window};
use imx_rpmsg::vring::DeviceError;

use crate::common::Kicks;

const RING: u32 = 0x1000;
const USED: usize = 0x100;
const LEN: usize = 0x8000;

/// Puts an entry of a buffer that does not exist into the used ring each time that its index is read.
#[derive(Clone, Copy)]
struct Flood {
    memory: *mut u8,
    on: &'static RefCell<bool>,
}

// SAFETY: only bytes of the used ring change, which are the device's.
unsafe impl Coherency for Flood {
    fn invalidate(&self, at: *const u8, _: usize) {
        let idx = self.memory.wrapping_add(USED + 2);
        if !*self.on.borrow() || !std::ptr::eq(at, idx) {
            return;
        }
        // SAFETY: index and entries of the used ring are inside the memory and aligned.
        unsafe {
            let given = idx.cast::<u16>().read_volatile();
            let entry = self.memory.add(USED + 4 + 8 * usize::from(given % 8)).cast::<u32>();
            entry.write_volatile(0x8000);
            idx.cast::<u16>().write_volatile(given.wrapping_add(1));
        }
    }
    fn write_back(&self, _: *const u8, _: usize) {}
    fn barrier(&self) {}
}

#[test]
fn a_call_passes_over_256_bad_items_at_most() {
    let memory = Box::leak(vec![0u32; LEN / 4].into_boxed_slice()).as_mut_ptr().cast::<u8>();
    let flood = Flood { memory, on: Box::leak(Box::default()) };
    let windows = [Window { linux: RING, device: RING, len: LEN as u32 }];
    // SAFETY: leaked memory that only raw pointers look into.
    let shm = unsafe { Shm::new(memory.wrapping_sub(RING as usize), &windows, flood) };
    let setup = Setup { rings: [RING, RING + 0x1000], align: 256, num: 8, buffers: RING + 0x2000 };
    let kicks = Kicks::default();
    let link = DriverLink::<_, _, 1>::new(shm, &kicks, None, setup);
    let _endpoint = link.open_unannounced(Address::Dynamic).unwrap();
    link.start().unwrap();
    *flood.on.borrow_mut() = true;
    for call in 1..=3 {
        assert!(link.receive().is_none());
        assert!(link.has_work() && link.is_up());
        let errors = link.stats().errors(DeviceError::DescriptorId);
        assert!((256 * call..=257 * call).contains(&errors), "{errors} after {call} calls");
    }
}
