// SPDX-License-Identifier: MIT OR Apache-2.0
//! RPMsg for the cores beside Linux on i.MX: a `no_std`, heap-free vring and RPMsg device role with
//! a remoteproc resource table, hardened against whatever the other side writes into shared memory.
//!
//! # Layers
//!
//! Data flows one way down; each layer knows only the one below it.
//!
//! ```text
//!  services   sample responder, tty echo: users of the public API
//!  rpmsg      link state machine, endpoints, name service, linear messages and grants
//!  vring      split ring, device role (Linux is the driver); driver role with feature `driver-role`
//!  wire       byte layouts: RPMsg header, name-service message, resource table
//!  shm        the one accessor of shared memory: bounds, volatile, order, cache, translation
//!  mailbox    kicks and words of the Messaging Unit
//!  arch       barriers, cache lines, interrupts, wait for interrupt
//! ```
//!
//! # Principles
//!
//! * What is in shared memory is an allegation until it was read once, into a private copy, and
//!   checked. A peer's mistake is a value ([`vring::PeerError`]) and a counter ([`rpmsg::Stats`]).
//! * A received [`rpmsg::Message`] and a [`rpmsg::Grant`] are linear: dropping one gives its buffer
//!   back. No call blocks but those that say so ([`rpmsg::blocking`]).
//! * Nothing is written outside the buffers Linux lent, and nothing into those it lent for reading.
//!
//! # Sources
//!
//! Protocol facts cite "virtio" for the Virtual I/O Device specification 1.2 and kernel paths for
//! Linux 6.12.
#![no_std]
#![deny(unsafe_code)]
// Inline assembly for Xtensa: still unstable in rustc 1.98 (rust-lang/rust#93335).
#![cfg_attr(target_arch = "xtensa", feature(asm_experimental_arch))]

#[cfg(test)]
extern crate std;

pub mod arch;
pub mod console;
pub mod mailbox;
pub mod rpmsg;
pub mod services;
pub mod shm;
pub mod vring;
pub mod wire;

#[cfg(feature = "firmware")]
pub mod board;
#[cfg(feature = "firmware")]
pub mod firmware;
