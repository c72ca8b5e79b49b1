// SPDX-License-Identifier: MIT OR Apache-2.0
//! The steps of a run: Linux's, now or in the middle of what the device does next, and the device's.

use crate::bus::Bus;
use crate::linux::CODES;
use crate::op::Op;

/// The next step of Linux's happens after `a` more accesses of the device.
pub const DELAY: u8 = CODES;
/// The first code of a target's own.
pub const FIRST: u8 = CODES + 1;

/// Does the steps in `data` that are Linux's and hands the others, whose codes are below `all`, to `act`.
pub fn each(bus: &Bus, data: &[u8], all: u8, mut act: impl FnMut(Op)) {
    let mut delay = None;
    for op in Op::all(data) {
        let op = Op { code: op.code % all, ..op };
        match op.code {
            DELAY => delay = Some(op.a),
            0..CODES => match delay.take() {
                Some(accesses) => bus.delay(accesses, op),
                None => bus.linux.apply(&bus.memory, op),
            },
            _ => act(op),
        }
    }
}
