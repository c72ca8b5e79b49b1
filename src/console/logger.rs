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
    uart: UnsafeCell<Option<super::hurried::Hurried<super::uart::Uart>>>,
    #[cfg(feature = "shell")]
    levels: UnsafeCell<super::Levels>,
}

// SAFETY: one core, and every access to the cells masks interrupts for its duration.
unsafe impl Sync for Sinks {}

static SINKS: Sinks = Sinks {
    trace: UnsafeCell::new(None),
    #[cfg(feature = "uart")]
    uart: UnsafeCell::new(None),
    #[cfg(feature = "shell")]
    levels: UnsafeCell::new(super::Levels::new(LEVEL)),
};

/// What is logged of all modules from start on.
const LEVEL: LevelFilter = LevelFilter::Info;

impl Console {
    /// Writes formatted text as it is. What a `Display` in it prints or logs, or the report of its panic, stands in the
    /// middle of it.
    pub fn print(arguments: fmt::Arguments<'_>) {
        // No sink can fail: the trace overwrites, the UART drops.
        masked(|| {
            let _ = Pieces.write_fmt(arguments);
        });
    }

    /// Bytes of text that the UART had no room for; the trace buffer loses none.
    #[cfg(feature = "shell")]
    pub fn dropped() -> u32 {
        #[cfg(feature = "uart")]
        // SAFETY: interrupts are masked, and nothing here logs.
        return masked(|| unsafe { (*SINKS.uart.get()).as_ref().map_or(0, super::hurried::Hurried::dropped) });
        #[cfg(not(feature = "uart"))]
        0
    }

    /// The levels of the log by module, as they are now.
    #[cfg(feature = "shell")]
    pub fn levels() -> super::Levels {
        with_levels(|levels| levels.clone())
    }

    /// Sets the level of a module ([`Levels::set`](super::Levels::set)); `false` where there is no room for it.
    #[cfg(feature = "shell")]
    pub fn set_level(module: &str, level: LevelFilter) -> bool {
        with_levels(|levels| {
            let set = levels.set(module, level);
            // SAFETY: one core, and interrupts are masked; it has no compare-and-swap for set_max_level.
            unsafe { log::set_max_level_racy(levels.max()) };
            set
        })
    }
}

/// Not for `step`s that log.
#[cfg(feature = "shell")]
fn with_levels<T>(step: impl FnOnce(&mut super::Levels) -> T) -> T {
    // SAFETY: interrupts are masked, and no `step` comes back here.
    masked(|| step(unsafe { &mut *SINKS.levels.get() }))
}

/// Text as it comes out of the formatting, piece by piece. In between, code runs that the formatted values bring along,
/// and may print itself: no sink is borrowed then.
struct Pieces;

impl Write for Pieces {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        masked(|| {
            // SAFETY: interrupts are masked, and a sink formats nothing but numbers of its own.
            if let Some(trace) = unsafe { &mut *SINKS.trace.get() } {
                trace.append(text.as_bytes());
            }
            #[cfg(feature = "uart")]
            // SAFETY: as above.
            if let Some(uart) = unsafe { &mut *SINKS.uart.get() } {
                let _ = uart.write_str(text);
            }
        });
        Ok(())
    }
}

impl Log for Console {
    #[cfg(feature = "shell")]
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        with_levels(|levels| levels.allow(metadata))
    }

    #[cfg(not(feature = "shell"))]
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
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

/// Opens the console for a report if [`init`] was not called yet.
///
/// # Safety
///
/// That of [`init`], which is not called afterwards either.
pub(crate) unsafe fn init_if_closed() {
    // SAFETY: interrupts are masked, and nothing here logs.
    if masked(|| unsafe { (*SINKS.trace.get()).is_none() }) {
        // SAFETY: the console is closed, so this is the first call, and nobody makes another.
        unsafe { init() };
    }
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
        unsafe { log::set_max_level_racy(LEVEL) };
    }
}
