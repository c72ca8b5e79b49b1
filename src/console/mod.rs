// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where log lines go: the trace buffer, which Linux shows as
//! `/sys/kernel/debug/remoteproc/remoteprocN/trace0`, and with feature `uart` the board's UART too.

#[cfg(all(feature = "firmware", feature = "uart"))]
mod imx_uart;
#[cfg(feature = "firmware")]
mod logger;
mod trace;

#[cfg(feature = "firmware")]
pub use logger::Console;
#[cfg(feature = "firmware")]
pub(crate) use logger::{TRACE_BASE, init};
pub use trace::Trace;
