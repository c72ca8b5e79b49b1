// SPDX-License-Identifier: MIT OR Apache-2.0
//! The driver role against the device role of this crate, against a device that breaks the rules, and
//! against virtio-queue.

#[path = "../common/mod.rs"]
mod common;
mod device;
mod flood;
mod hostile;
mod independent;
mod world;
