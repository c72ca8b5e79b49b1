// SPDX-License-Identifier: MIT OR Apache-2.0
//! The i.MX UART (i.MX 8M Plus reference manual, chapter "UART"; `drivers/tty/serial/imx.c`).
#![allow(unsafe_code)]

use volatile_register::{RO, RW, WO};

use super::BAUD;
use crate::board;

const UCR1_UARTEN: u32 = 1;
/// Software reset off, transmitter on, 8 bits, RTS ignored.
const UCR2_SRST: u32 = 1;
const UCR2_TXEN: u32 = 1 << 2;
const UCR2_WS: u32 = 1 << 5;
const UCR2_IRTS: u32 = 1 << 14;
/// Input clock undivided.
const UFCR_RFDIV_1: u32 = 5 << 7;
const UTS_TXFULL: u32 = 1 << 4;

#[repr(C)]
struct Registers {
    _urxd: [u32; 16],
    /// 0x40
    utxd: WO<u32>,
    _gap1: [u32; 15],
    /// 0x80
    ucr1: RW<u32>,
    ucr2: RW<u32>,
    _ucr3: [u32; 2],
    /// 0x90
    ufcr: RW<u32>,
    _status: [u32; 4],
    /// 0xa4
    ubir: RW<u32>,
    ubmr: RW<u32>,
    _gap2: [u32; 2],
    /// 0xb4
    uts: RO<u32>,
}

const _: () = assert!(core::mem::offset_of!(Registers, utxd) == 0x40);
const _: () = assert!(core::mem::offset_of!(Registers, ucr1) == 0x80);
const _: () = assert!(core::mem::offset_of!(Registers, ufcr) == 0x90);
const _: () = assert!(core::mem::offset_of!(Registers, ubir) == 0xa4);
const _: () = assert!(core::mem::offset_of!(Registers, uts) == 0xb4);

/// A UART that is ready to send.
pub(crate) struct ImxUart(&'static Registers);

impl ImxUart {
    /// # Safety
    ///
    /// As for [`Uart::new`](super::Uart::new).
    pub(super) unsafe fn new(base: usize) -> Self {
        let at = core::ptr::with_exposed_provenance::<Registers>(base);
        // SAFETY: `base` is the address of such a UART; register cells are Sync by volatile access.
        let uart = unsafe { &*at };
        // SAFETY: the order of the reference manual: enable, format, then the divisor, UBIR before UBMR.
        unsafe {
            uart.ucr1.write(UCR1_UARTEN);
            uart.ucr2.write(UCR2_SRST | UCR2_TXEN | UCR2_WS | UCR2_IRTS);
            uart.ufcr.write(UFCR_RFDIV_1);
            uart.ubir.write(15);
            uart.ubmr.write(board::UART_CLOCK_HZ / BAUD - 1);
        }
        Self(uart)
    }

    /// Sends a byte if there is room.
    pub(super) fn try_put(&self, byte: u8) -> bool {
        let room = self.0.uts.read() & UTS_TXFULL == 0;
        if room {
            // SAFETY: there is room in the queue.
            unsafe { self.0.utxd.write(byte.into()) };
        }
        room
    }
}
