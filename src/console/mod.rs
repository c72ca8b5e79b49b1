// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where log lines go: the trace buffer, which Linux shows as
//! `/sys/kernel/debug/remoteproc/remoteprocN/trace0`.

#[cfg(feature = "firmware")]
mod logger;
mod trace;

#[cfg(feature = "firmware")]
pub use logger::Console;
#[cfg(feature = "firmware")]
pub(crate) use logger::{TRACE_BASE, init};
pub use trace::Trace;
