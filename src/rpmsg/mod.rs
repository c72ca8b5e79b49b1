// SPDX-License-Identifier: MIT OR Apache-2.0
//! RPMsg, device role: a [`Link`] to Linux, [`Endpoint`]s on it, and the linear values that stand for
//! buffers: a received [`Message`] and a [`Grant`] to send one.
//!
//! ```text
//!            table says DRIVER_OK, or first kick (fallback)
//!  Detached ------------------------------------------------> Ready
//!     ^   ring no longer ours, or status lost DRIVER_OK         |
//!     +---------------------------------------------------------+
//!     ^                                                         | a ring cannot be trusted
//!     +----------------------- Broken <-------------------------+
//!          Linux resets
//! ```
#![forbid(unsafe_code)]

mod endpoint;
mod grant;
mod link;
mod live_table;
mod message;
mod rings;
mod stats;

pub use endpoint::{Address, Bound, Endpoint, EndpointId, OpenError, Unbound};
pub use grant::{Grant, SendError};
pub use link::{Down, Event, Link, Origin};
pub use live_table::LiveTable;
pub use message::Message;
pub use stats::Stats;
