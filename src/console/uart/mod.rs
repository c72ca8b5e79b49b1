// SPDX-License-Identifier: MIT OR Apache-2.0
//! The board's UART, sending only, at 115,200 baud, 8N1.
//!
//! Never tried on hardware. Linux owns the clock and the pins of the UART: they must be on before the firmware
//! starts, or the first access may hang the core.
#![allow(unsafe_code)]

mod imx;
mod lpuart;

use core::fmt;

use crate::board;
use imx::ImxUart;
use lpuart::Lpuart;

const BAUD: u32 = 115_200;

/// Polls of a full transmit queue before a byte is dropped: some milliseconds, when a byte takes 87 µs.
const PATIENCE: u32 = 100_000;

/// A UART that is ready to send.
pub(crate) enum Uart {
    Imx(ImxUart),
    Lpuart(Lpuart),
}

impl Uart {
    /// Sets up the UART at `base`, of the kind that the board file names.
    ///
    /// # Safety
    ///
    /// `base` must be the address of a UART of that kind whose clock is on, for no one else to use.
    pub(crate) unsafe fn new(base: usize) -> Option<Self> {
        // SAFETY: the caller's.
        unsafe {
            match board::UART_KIND {
                "imx-uart" => Some(Self::Imx(ImxUart::new(base))),
                "lpuart" => Some(Self::Lpuart(Lpuart::new(base))),
                _ => None,
            }
        }
    }

    /// Drops the byte where there is no room for a long time: the log never blocks.
    fn put(&self, byte: u8) {
        for _ in 0..PATIENCE {
            let sent = match self {
                Self::Imx(uart) => uart.try_put(byte),
                Self::Lpuart(uart) => uart.try_put(byte),
            };
            if sent {
                return;
            }
        }
    }
}

impl fmt::Write for Uart {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte == b'\n' {
                self.put(b'\r');
            }
            self.put(byte);
        }
        Ok(())
    }
}
