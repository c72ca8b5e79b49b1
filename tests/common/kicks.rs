// SPDX-License-Identifier: MIT OR Apache-2.0
//! A doorbell that remembers.

use std::cell::RefCell;

use imx_rpmsg::mailbox::Doorbell;

/// The kicks of the device, by ring.
#[derive(Default)]
pub struct Kicks(RefCell<Vec<u32>>);

impl Kicks {
    pub fn take(&self) -> Vec<u32> {
        self.0.take()
    }
}

impl Doorbell for Kicks {
    fn kick(&self, vqid: u32) {
        self.0.borrow_mut().push(vqid);
    }
}
