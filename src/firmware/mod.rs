// SPDX-License-Identifier: MIT OR Apache-2.0
//! A firmware's start, its hardware and its end. An application is
//!
//! ```ignore
//! #![no_std]
//! #![no_main]
//!
//! imx_rpmsg::entry!(main);
//!
//! fn main(mut board: imx_rpmsg::firmware::Board) -> ! {
//!     let (link, mailbox) = board.link::<4>();
//!     // open endpoints on the link, then:
//!     mailbox.ready();
//!     loop { /* receive_until and its like with a Deadline; or poll, receive, send, flush, wait */ }
//! }
//! ```

#[cfg(feature = "embassy")]
mod critical;
mod cycles;
mod deadline;
mod exception;
#[cfg(feature = "shell")]
mod monitor;
mod note;
mod setup;
mod stack;
mod start;
mod table;
#[cfg(feature = "embassy")]
mod tasks;
mod wait;
mod watch;

pub use cycles::{COUNTER, cycles};
pub use deadline::{Deadline, now};
#[cfg(feature = "shell")]
pub use monitor::Monitor;
pub use start::{Board, BoardLink, Cache, wake, wakes};
#[cfg(feature = "embassy")]
pub use tasks::run_tasks;
pub use wait::wait;
pub use watch::{alive, watch};
