// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where log lines go: the trace buffer, which Linux shows as
//! `/sys/kernel/debug/remoteproc/remoteprocN/trace0`, and with feature `uart` the board's UART too.

#[cfg(feature = "firmware")]
mod logger;
mod trace;
#[cfg(feature = "uart")]
mod uart;

#[cfg(feature = "firmware")]
pub use logger::Console;
#[cfg(feature = "firmware")]
pub(crate) use logger::init;
pub use trace::Trace;
