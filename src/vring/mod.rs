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
//!
//! With cargo feature `driver-role` there is the driver's end too, for another core in Linux's place: the
//! same drawing with "us" and "Linux" swapped.
#![forbid(unsafe_code)]

mod device;
#[cfg(feature = "driver-role")]
mod device_error;
#[cfg(feature = "driver-role")]
mod driver;
mod error;
mod layout;

pub(crate) use device::Set;
pub use device::{Access, Buffer, DeviceRing};
#[cfg(feature = "driver-role")]
pub use device_error::{DeviceError, SetUpError};
#[cfg(feature = "driver-role")]
pub use driver::{DriverBuffer, DriverRing};
pub use error::{AttachError, PeerError};
pub use layout::{Layout, MAX_NUM, RingAddress};
