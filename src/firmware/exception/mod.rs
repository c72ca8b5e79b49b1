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
use core::sync::atomic::{AtomicU32, Ordering};

use calls::Calls;

use crate::arch::cpu;
#[cfg(target_arch = "arm")]
use crate::arch::cpu::halt as end;
use crate::console::{self, Console};
use crate::mailbox::mu;
#[cfg(target_arch = "xtensa")]
use reload::wait as end;

#[cfg(target_arch = "arm")]
pub(super) use cortex_m::{Interrupted, hang, unexpected};
#[cfg(target_arch = "xtensa")]
pub(super) use {frame::Frame as Interrupted, xtensa::hang};

/// How many ends have begun: a fault may happen in the report of another, and one more in that report.
static ENDS: AtomicU32 = AtomicU32::new(0);

/// To be called before a report. A fault in the first report is reported too. One in the second report is not, as that
/// could go on for ever, for example with a panic whose message panics. A fault in [`stop`] ends the program at once.
///
/// From here on interrupts are masked: a handler could use the link in the middle of the report, and note again what
/// [`stop`] takes back.
fn begin() {
    cpu::mask();
    let begun = ENDS.load(Ordering::Relaxed);
    ENDS.store(begun + 1, Ordering::Relaxed);
    match begun {
        // SAFETY: the program ends here, so whatever it was doing, it does not go on to open the console itself.
        0 => unsafe { console::init_if_closed() },
        1 => (),
        2 => stop(),
        _ => end(),
    }
}

/// Stops: Linux's next kick stays unread and fails with "…_rproc_kick: failed (…, err:-62)", and the
/// trace buffer stays readable until the next start.
///
/// A firmware that was not ready yet says now that it is: `imx_dsp_rproc` waits for that, and takes the log away if it
/// does not come.
fn stop() -> ! {
    crate::firmware::note::clear();
    mu::silence();
    Console::print(format_args!("stopped; see docs/debugging.md\n"));
    mu::ring_if_unrung();
    end()
}

/// Return addresses in a report, at most: enough for any program of ours, and bounded whatever is on the stack.
const CALLS: usize = 24;

/// Prints where the calls return to that led here; scripts/backtrace.py makes names of them.
#[inline(never)]
fn print_calls(calls: impl Iterator<Item = usize>) {
    Console::print(format_args!("called from"));
    for at in calls.take(CALLS) {
        Console::print(format_args!(" {at:08x}"));
    }
    Console::print(format_args!("\n"));
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    begin();
    Console::print(format_args!("\n*** {info}\n"));
    print_calls(Calls::of_this());
    stop()
}
