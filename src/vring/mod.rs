// SPDX-License-Identifier: MIT OR Apache-2.0
//! The split ring (virtio 2.7), device role: Linux is the driver, owns the descriptors and the avail
//! ring and lends us buffers; we own the used ring and give them back.
//!
//! ```text
//!  descriptors            avail                      used, aligned
//!  +------+-----+-----+   +-------+-----+---------+   +-------+-----+-----------+
//!  | addr | len |flags| … | flags | idx | ring[n] |   | flags | idx | {id,len}… |
//!  +------+-----+-----+   +-------+-----+---------+   +-------+-----+-----------+
//!  written by Linux        written by Linux            written by us
//! ```
#![forbid(unsafe_code)]

mod device;
mod error;
mod layout;

pub(crate) use device::Set;
pub use device::{Access, Buffer, DeviceRing};
pub use error::{AttachError, PeerError};
pub use layout::{Layout, MAX_NUM, RingAddress};
