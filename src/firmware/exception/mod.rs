// SPDX-License-Identifier: MIT OR Apache-2.0
//! The end of a firmware: report, then stop in a way that Linux can see.
#![allow(unsafe_code)]

#[cfg_attr(target_arch = "arm", path = "calls_cortex_m.rs")]
#[cfg_attr(target_arch = "xtensa", path = "calls_xtensa.rs")]
mod calls;
#[cfg(target_arch = "arm")]
mod cortex_m;
#[cfg(target_arch = "xtensa")]
mod frame;
#[cfg(target_arch = "xtensa")]
mod reload;
#[cfg(target_arch = "xtensa")]
mod xtensa;

use core::panic::PanicInfo;

use calls::Calls;

#[cfg(target_arch = "arm")]
use crate::arch::cpu::halt as end;
use crate::console::Console;
use crate::mailbox::mu;
#[cfg(target_arch = "xtensa")]
use reload::wait as end;

#[cfg(target_arch = "arm")]
pub(super) use cortex_m::{Interrupted, hang, unexpected};
#[cfg(target_arch = "xtensa")]
pub(super) use {frame::Frame as Interrupted, xtensa::hang};

/// Stops: Linux's next kick stays unread and fails with "…_rproc_kick: failed (…, err:-62)", and the
/// trace buffer stays readable until the next start.
fn stop() -> ! {
    crate::firmware::note::clear();
    mu::silence();
    Console::print(format_args!("stopped; see docs/debugging.md\n"));
    end()
}

/// Return addresses in a report, at most: enough for any program of ours, and bounded whatever is on the stack.
const CALLS: usize = 24;

/// Prints where the calls return to that led here; scripts/backtrace.py makes names of them.
#[inline(never)]
fn print_calls(calls: Calls) {
    Console::print(format_args!("called from"));
    for at in calls.take(CALLS) {
        Console::print(format_args!(" {at:08x}"));
    }
    Console::print(format_args!("\n"));
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    Console::print(format_args!("\n*** {info}\n"));
    print_calls(Calls::of_this());
    stop()
}
