// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `log` facade's sink.
#![allow(unsafe_code)]

use core::cell::UnsafeCell;
use core::fmt::{self, Write};
use core::ptr::NonNull;

use log::{Level, LevelFilter, Log, Metadata, Record};

use super::Trace;
use crate::arch::cpu::{Clock, masked};
use crate::board;
use crate::firmware::Cache;
use crate::shm::Span;

/// All sinks of text, usable from anywhere: each call runs with interrupts masked.
pub struct Console;

struct Sinks {
    trace: UnsafeCell<Option<Trace<'static, Cache>>>,
    #[cfg(feature = "uart")]
    uart: UnsafeCell<Option<super::uart::Uart>>,
}

// SAFETY: one core, and every access to the cells masks interrupts for its duration.
unsafe impl Sync for Sinks {}

static SINKS: Sinks = Sinks {
    trace: UnsafeCell::new(None),
    #[cfg(feature = "uart")]
    uart: UnsafeCell::new(None),
};

impl Console {
    /// Writes formatted text as it is.
    pub fn print(arguments: fmt::Arguments<'_>) {
        masked(|| {
            // SAFETY: interrupts are masked, and nothing that formats text comes back here.
            if let Some(trace) = unsafe { &mut *SINKS.trace.get() } {
                // Appending to the trace cannot fail.
                let _ = trace.write_fmt(arguments);
            }
            #[cfg(feature = "uart")]
            // SAFETY: as above.
            if let Some(uart) = unsafe { &mut *SINKS.uart.get() } {
                // Nor can the UART: it drops what it cannot send.
                let _ = uart.write_fmt(arguments);
            }
        });
    }
}

impl Log for Console {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let (seconds, micros) = Clock::now(board::CLOCK_HZ);
        let mark = match record.level() {
            Level::Error => "error: ",
            Level::Warn => "warning: ",
            _ => "",
        };
        Self::print(format_args!("[{seconds:5}.{micros:06}] {mark}{}\n", record.args()));
    }

    fn flush(&self) {}
}

/// Opens the console and makes it the sink of the `log` facade.
///
/// # Safety
///
/// To be called once, before anything logs.
pub(crate) unsafe fn init() {
    let at = core::ptr::with_exposed_provenance_mut::<u8>(board::TRACE_BASE as usize);
    if let Some(at) = NonNull::new(at) {
        // SAFETY: the linker script reserves TRACE_SIZE bytes there, aligned to cache lines, for nothing else; no one
        // uses the cell yet.
        unsafe {
            let span = Span::new(at, board::TRACE_SIZE as u32);
            *SINKS.trace.get() = Some(Trace::new(span, Cache::default()));
        }
    }
    #[cfg(feature = "uart")]
    if let Some(base) = board::UART_BASE {
        // SAFETY: the board file names the UART, and whoever chose the feature has its clock on.
        unsafe { *SINKS.uart.get() = super::uart::Uart::new(base) };
    }
    // SAFETY: called once and before any logging; the core has no compare-and-swap for set_logger.
    if unsafe { log::set_logger_racy(&Console) }.is_ok() {
        // SAFETY: as above.
        unsafe { log::set_max_level_racy(LevelFilter::Info) };
    }
}
