// SPDX-License-Identifier: MIT OR Apache-2.0
//! RPMsg, driver role: what Linux's `drivers/rpmsg/virtio_rpmsg_bus.c` does, for a core that talks to
//! another core (or to this crate's own device role, in tests) without Linux. Behind cargo feature
//! `driver-role`.
//!
//! ```text
//!  this core: DriverLink            shared memory                   other core: rpmsg::Link
//!
//!  start   rings zeroed, num buffers of 512 lent --> vring0
//!          da, notifyid, gfeatures, status 1 3 7 --> resource table
//!          kick 0 -------------------------------------------------> comes up
//!  receive <-- Announced, Message -- vring0 <---------------------- open, send
//!          buffers lent again -----> vring0
//!  send    header, payload --------> vring1 ----------------------> receive
//!          buffers free again <----- vring1 <---------------------- dropped
//!  flush   one kick for each ring, where wanted
//!
//!  +-------------------------+-------------------------+
//!  | num buffers for vring0  | num buffers for vring1  |   from Setup::buffers on
//!  +-------------------------+-------------------------+
//! ```
//!
//! The owner calls [`DriverLink::start`], after each wake-up [`DriverLink::receive`] until it gives nothing,
//! and [`DriverLink::flush`] before it sleeps. Addresses are those of the other core's windows
//! ([`Window::linux`](crate::shm::Window::linux)).
//!
//! A device that has not yet seen the reset in [`DriverLink::stop`] may still write to the rings. Between
//! `stop` and `start`, give it the time to look at the status.
#![forbid(unsafe_code)]

mod grant;
mod link;
mod message;
mod rings;
mod setup;
mod stats;
mod table;

pub use grant::Grant;
pub use link::{DriverLink, Received};
pub use message::Message;
pub use setup::{Setup, StartError};
pub use stats::Stats;
pub use table::RemoteTable;
