// SPDX-License-Identifier: MIT OR Apache-2.0
//! The board's UART, sending only, at 115,200 baud, 8N1.
//!
//! Never tried on hardware. Linux owns the clock and the pins of the UART: they must be on before the firmware
//! starts, or the first access may hang the core.
#![allow(unsafe_code)]

mod imx;
mod lpuart;

use super::hurried::{Hurried, Port};
use crate::board;
use imx::ImxUart;
use lpuart::Lpuart;

const BAUD: u32 = 115_200;

/// A UART that is ready to send.
pub(super) enum Uart {
    Imx(ImxUart),
    Lpuart(Lpuart),
}

impl Uart {
    /// Sets up the UART at `base`, of the kind that the board file names.
    ///
    /// # Safety
    ///
    /// `base` must be the address of a UART of that kind whose clock is on, for no one else to use.
    pub(super) unsafe fn new(base: usize) -> Option<Hurried<Self>> {
        // SAFETY: `base` is the address of a UART of the board's kind whose clock is on, and nobody else uses it.
        let uart = unsafe {
            match board::UART_KIND {
                "imx-uart" => Self::Imx(ImxUart::new(base)),
                "lpuart" => Self::Lpuart(Lpuart::new(base)),
                _ => return None,
            }
        };
        Some(Hurried::new(uart))
    }
}

impl Port for Uart {
    fn try_put(&self, byte: u8) -> bool {
        match self {
            Self::Imx(uart) => uart.try_put(byte),
            Self::Lpuart(uart) => uart.try_put(byte),
        }
    }
}
