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
//! # Order
//!
//! Which access has to be seen before which, and what sees to it. "MEMW" stands for
//! [`Coherency::barrier`](crate::shm::Coherency::barrier): MEMW on Xtensa, DMB on Arm, a fence on the host.
//!
//! ```text
//!  Linux                              device                            because
//!  ---------------------------------  --------------------------------  -------------------------------------
//!  writes payload, descriptor, entry
//!  virtio_wmb                         reads avail.idx
//!  writes avail.idx                   MEMW                (look)        what the index publishes is read
//!                                     reads entry, descriptor, header   after it (virtio 2.7.13.3)
//!
//!  reads used.idx                     writes payload, used entry
//!  virtio_rmb                         MEMW                (give_back)   the entry is there before the index
//!  reads used entry, payload          writes used.idx                   says so (virtio 2.7.8.2)
//!
//!  avail.flags = 0 (kick me)          writes used.idx
//!  virtio_mb                          MEMW                (look,        one of the two sees the other: the
//!  reads used.idx, sleeps when same   reads avail.flags    take_kick)   device the request, or Linux the
//!                                                                       entry (virtio 2.7.7.2)
//! ```
//!
//! Caches come on top: a field is invalidated right before it is read and written back right after it is written,
//! inside [`shm`](crate::shm), so a barrier orders accesses of memory and not of a cache. `tests/race.rs` runs both
//! sides over memory that is late and out of order but for these barriers, and fails without them.
//!
//! # Life of a buffer
//!
//! ```text
//!            pop: entry, descriptor checked          push: used entry, index
//!  lent ------------------------------------> held ----------------------------> given back
//!    |  bad descriptor: given back (vring1),    ^ |
//!    |    or kept until it is good (vring0)     | | dropped unsent (vring0 only: Linux would
//!    |  no such number, or held: skipped        | v take it for a message)
//!    v                                        spare
//!  counted by PeerError
//! ```
//!
//! What is held when the firmware is loaded anew is lent again to the next one, and no other buffer is: see `history`.
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
mod history;
mod layout;
mod set;

pub use device::{Access, Buffer, DeviceRing};
#[cfg(feature = "driver-role")]
pub use device_error::{DeviceError, SetUpError};
#[cfg(feature = "driver-role")]
pub use driver::{DriverBuffer, DriverRing};
pub use error::{AttachError, PeerError};
#[cfg(feature = "driver-role")]
pub(crate) use layout::Offsets;
pub use layout::{Layout, MAX_NUM, RingAddress};
pub(crate) use set::Set;
