// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs a case: bursts of Linux, and between them the device's calls, which alone are counted.

use imx_rpmsg::mailbox::Doorbell;
use imx_rpmsg::rpmsg::{Address, Event, Link};
use imx_rpmsg::shm::Coherency;

use super::cases::{Case, ENDPOINTS};
use super::linux::{Kicks, Linux};

/// Brings the link up, with [`ENDPOINTS`] endpoints that Linux is not told of.
pub fn bring_up<C: Coherency, D: Doorbell>(link: &Link<'_, C, D, ENDPOINTS>) {
    for _ in 0..ENDPOINTS {
        let _ = link.open_unannounced(Address::Dynamic).expect("a slot for each endpoint");
    }
    assert!(matches!(link.poll(false), Some(Event::Up { history: 0, .. })));
    assert!(link.poll(false).is_none());
}

/// Runs a case of `messages` through `device`, which makes and counts the device's calls; returns the
/// kicks.
pub fn run(case: &Case, messages: u16, linux: &mut Linux, kicks: &Kicks, mut device: impl FnMut()) -> u32 {
    linux.listen(case.tx_interrupts);
    kicks.take();
    for _ in 0..messages / case.burst {
        linux.send(case);
        device();
        linux.receive(case);
    }
    kicks.take()
}
