// SPDX-License-Identifier: MIT OR Apache-2.0
//! The end of a firmware: report, then stop in a way that Linux can see.
#![allow(unsafe_code)]

#[cfg(target_arch = "arm")]
mod cortex_m;
#[cfg(target_arch = "xtensa")]
mod frame;
#[cfg(target_arch = "xtensa")]
mod xtensa;

use core::panic::PanicInfo;

use crate::arch::cpu::halt;
use crate::console::Console;
use crate::mailbox::mu;

#[cfg(target_arch = "arm")]
pub(super) use cortex_m::unexpected;

/// Stops: Linux's next kick stays unread and fails with "…_rproc_kick: failed (…, err:-62)", and the
/// trace buffer stays readable until the next start.
fn stop() -> ! {
    mu::silence();
    Console::print(format_args!("stopped; see docs/debugging.md\n"));
    halt()
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    Console::print(format_args!("\n*** {info}\n"));
    stop()
}
