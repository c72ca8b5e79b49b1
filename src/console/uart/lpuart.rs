// SPDX-License-Identifier: MIT OR Apache-2.0
//! The LPUART of i.MX 8QM, 8QXP, 8ULP and 9 (i.MX 8ULP reference manual, chapter "LPUART";
//! `drivers/tty/serial/fsl_lpuart.c`, the 32-bit registers behind an offset of 0x10).
#![allow(unsafe_code)]

use volatile_register::{RO, RW};

use super::BAUD;
use crate::board;

const STAT_TDRE: u32 = 1 << 23;
const CTRL_TE: u32 = 1 << 19;
/// Oversampling by 16: BAUD.OSR is one less.
const OVERSAMPLING: u32 = 16;

#[repr(C)]
struct Registers {
    _ids: [u32; 4],
    /// 0x10
    baud: RW<u32>,
    /// 0x14
    stat: RO<u32>,
    /// 0x18
    ctrl: RW<u32>,
    /// 0x1c
    data: RW<u32>,
}

const _: () = assert!(core::mem::offset_of!(Registers, baud) == 0x10);
const _: () = assert!(core::mem::offset_of!(Registers, data) == 0x1c);

/// An LPUART that is ready to send.
pub(crate) struct Lpuart(&'static Registers);

impl Lpuart {
    /// # Safety
    ///
    /// As for [`Uart::new`](super::Uart::new).
    pub(super) unsafe fn new(base: usize) -> Self {
        let at = core::ptr::with_exposed_provenance::<Registers>(base);
        // SAFETY: `base` is the address of such a UART; register cells are Sync by volatile access.
        let uart = unsafe { &*at };
        let divisor = (board::UART_CLOCK_HZ + OVERSAMPLING * BAUD / 2) / (OVERSAMPLING * BAUD);
        // SAFETY: the rate is set while the transmitter is off, as the reference manual has it.
        unsafe {
            uart.ctrl.write(0);
            uart.baud.write((OVERSAMPLING - 1) << 24 | divisor.clamp(1, 0x1fff));
            uart.ctrl.write(CTRL_TE);
        }
        Self(uart)
    }

    /// Sends a byte if there is room.
    pub(super) fn try_put(&self, byte: u8) -> bool {
        let room = self.0.stat.read() & STAT_TDRE != 0;
        if room {
            // SAFETY: there is room in the queue.
            unsafe { self.0.data.write(byte.into()) };
        }
        room
    }
}
