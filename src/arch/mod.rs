// SPDX-License-Identifier: MIT OR Apache-2.0
//! What differs between processors: barriers and caches here, interrupts and waiting in the module of
//! the processor.

#[cfg(not(target_arch = "xtensa"))]
pub(crate) mod access;
#[cfg(target_arch = "xtensa")]
#[path = "access_xtensa.rs"]
pub(crate) mod access;

#[cfg(not(target_os = "none"))]
mod host;
#[cfg(not(target_os = "none"))]
pub use host::Host;

#[cfg(all(target_arch = "arm", target_os = "none"))]
pub mod cortex_m;
#[cfg(target_arch = "xtensa")]
pub mod xtensa;

/// The firmware's processor: what the modules above have under the same names.
#[cfg(all(feature = "firmware", target_arch = "arm"))]
pub(crate) use cortex_m as cpu;
#[cfg(all(feature = "firmware", target_arch = "xtensa"))]
pub(crate) use xtensa as cpu;
