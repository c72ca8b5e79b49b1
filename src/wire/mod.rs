// SPDX-License-Identifier: MIT OR Apache-2.0
//! Byte layouts, and nothing else: no input or output, no state, no `unsafe`.
//!
//! All fields are little-endian: the transport offers no `VIRTIO_F_VERSION_1`, so rings and headers
//! are in the driver's own byte order (virtio 2.4.3), which is little-endian on every i.MX.
#![forbid(unsafe_code)]

pub mod header;
pub mod name_service;
pub mod resource_table;
