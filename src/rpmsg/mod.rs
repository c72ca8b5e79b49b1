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
//! What is held when the link goes down is void: a message reads as nothing, a grant and a reply are refused as
//! [`SendError::Stale`], and neither touches a ring.
//!
//! # A turn of the application
//!
//! ```text
//!  wake-up -> poll until None       life: up, down, refused; announces endpoints
//!          -> receive until None    messages, with grants for their replies
//!             reply, send           each used entry and index is in memory when the call returns
//!          -> flush                 at most one kick for each ring
//!          -> has_work? sleep       asked with the interrupt masked, so no kick is slept through
//! ```
//!
//! # What does not compile
//!
//! An endpoint can only send to its peer once it has one:
//!
//! ```
//! # use imx_rpmsg::{mailbox::Doorbell, rpmsg::*, shm::Coherency};
//! fn greet<C: Coherency, D: Doorbell>(link: &Link<'_, C, D, 4>, endpoint: Endpoint<Unbound>, peer: u32) {
//!     let endpoint = link.bind(endpoint, peer);
//!     let _ = link.send(&endpoint, b"hello");
//! }
//! ```
//!
//! ```compile_fail,E0308
//! # use imx_rpmsg::{mailbox::Doorbell, rpmsg::*, shm::Coherency};
//! fn greet<C: Coherency, D: Doorbell>(link: &Link<'_, C, D, 4>, endpoint: Endpoint<Unbound>, peer: u32) {
//!     let _ = link.send(&endpoint, b"hello");
//! }
//! ```
//!
//! A message that was answered or dropped is gone, and with it its payload:
//!
//! ```
//! # use imx_rpmsg::{rpmsg::*, shm::Coherency};
//! fn first<C: Coherency>(message: Message<'_, '_, C>) -> u8 {
//!     let mut byte = [0];
//!     message.read(0, &mut byte);
//!     drop(message);
//!     byte[0]
//! }
//! ```
//!
//! ```compile_fail,E0382
//! # use imx_rpmsg::{rpmsg::*, shm::Coherency};
//! fn first<C: Coherency>(message: Message<'_, '_, C>) -> u8 {
//!     let mut byte = [0];
//!     drop(message);
//!     message.read(0, &mut byte);
//!     byte[0]
//! }
//! ```
//!
//! A grant is sent once, and has one owner:
//!
//! ```
//! # use imx_rpmsg::{mailbox::Doorbell, rpmsg::*, shm::Coherency};
//! fn send<'m, C: Coherency, D: Doorbell>(link: &Link<'m, C, D, 4>, endpoint: &Endpoint<Unbound>, grant: Grant<'_, 'm, C>) {
//!     let _ = link.send_grant(endpoint, 0x400, grant, 0);
//! }
//! ```
//!
//! ```compile_fail,E0382
//! # use imx_rpmsg::{mailbox::Doorbell, rpmsg::*, shm::Coherency};
//! fn send<'m, C: Coherency, D: Doorbell>(link: &Link<'m, C, D, 4>, endpoint: &Endpoint<Unbound>, grant: Grant<'_, 'm, C>) {
//!     let _ = link.send_grant(endpoint, 0x400, grant, 0);
//!     let _ = link.send_grant(endpoint, 0x401, grant, 0);
//! }
//! ```
//!
//! ```compile_fail,E0308
//! # use imx_rpmsg::{rpmsg::*, shm::Coherency};
//! fn two<'l, 'm, C: Coherency>(grant: &Grant<'l, 'm, C>) -> Grant<'l, 'm, C> {
//!     grant.clone()
//! }
//! ```
//!
//! A closed endpoint cannot be used:
//!
//! ```compile_fail,E0382
//! # use imx_rpmsg::{mailbox::Doorbell, rpmsg::*, shm::Coherency};
//! fn close<C: Coherency, D: Doorbell>(link: &Link<'_, C, D, 4>, endpoint: Endpoint<Unbound>) {
//!     link.close(endpoint);
//!     let _ = link.send_to(&endpoint, 0x400, b"too late");
//! }
//! ```
#![forbid(unsafe_code)]

mod addresses;
pub mod blocking;
mod channels;
mod display;
#[cfg(feature = "driver-role")]
pub mod driver;
mod endpoint;
mod endpoints;
mod grant;
mod half;
mod halves;
mod life;
mod link;
mod live_table;
mod message;
mod note;
mod received;
mod receiver;
mod sender;
mod stats;
pub mod waiting;

pub use blocking::{Idle, Interrupted, Wake};
pub use endpoint::{Address, Bound, Endpoint, EndpointId, OpenError, Unbound};
pub use grant::{Grant, SendError};
pub use half::Origin;
pub use halves::{Incoming, Outgoing};
pub use life::{Down, Event};
pub use link::Link;
pub use live_table::{LiveTable, Starter};
pub use message::Message;
pub use note::Note;
pub use receiver::OnAnnouncement;
pub use stats::Stats;
pub use waiting::AsyncLink;
