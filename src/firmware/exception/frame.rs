// SPDX-License-Identifier: MIT OR Apache-2.0
//! Registers at an exception, as c_shim/entry.S stores them (c_shim/frame.h has the offsets).
#![forbid(unsafe_code)]

use core::mem::offset_of;

/// Bytes that an entry takes of the interrupted stack.
pub(super) const FRAME_SIZE: usize = 256;

/// The interrupted registers, at the lowest address of them.
#[repr(C)]
pub(in crate::firmware) struct Frame {
    pub(super) pc: u32,
    pub(super) ps: u32,
    pub(super) a: [u32; 16],
    pub(super) sar: u32,
    pub(super) exccause: u32,
    pub(super) excvaddr: u32,
    lbeg: u32,
    lend: u32,
    lcount: u32,
}

const _: () = assert!(offset_of!(Frame, a) == 8 && offset_of!(Frame, sar) == 72 && offset_of!(Frame, lcount) == 92);
