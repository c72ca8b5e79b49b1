// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where log lines go: the trace buffer, which Linux shows as
//! `/sys/kernel/debug/remoteproc/remoteprocN/trace0`, and with feature `uart` the board's UART too. Feature `shell` has a level for each module.

#[cfg(any(test, feature = "uart"))]
mod hurried;
#[cfg(feature = "shell")]
mod levels;
#[cfg(feature = "firmware")]
mod logger;
mod trace;
#[cfg(feature = "uart")]
mod uart;

#[cfg(feature = "shell")]
pub use levels::Levels;

#[cfg(feature = "firmware")]
pub use logger::Console;
#[cfg(feature = "firmware")]
pub(crate) use logger::{init, init_if_closed};
pub use trace::Trace;
