// SPDX-License-Identifier: MIT OR Apache-2.0
//! Exceptions of a HiFi4.
#![allow(unsafe_code)]

use core::arch::asm;

use super::frame::Frame;
use super::{Calls, begin, print_calls, stop};
use crate::console::Console;

/// What EXCCAUSE says (Xtensa ISA, table "Exception Causes").
fn cause(exccause: u32) -> &'static str {
    match exccause {
        0 => "illegal instruction",
        1 => "system call",
        2 => "instruction fetch error",
        3 => "load or store error",
        6 => "integer divide by zero",
        8 => "privileged instruction",
        9 => "unaligned load or store",
        12 | 14 => "bus error on instruction fetch",
        13 | 15 => "bus error on load or store",
        20 => "instruction fetch prohibited",
        28 => "load prohibited",
        29 => "store prohibited",
        32..=39 => "coprocessor disabled",
        _ => "exception",
    }
}

/// `spilled`: all windows but the frame's are on the stack, as c_shim/entry.S puts them there for exceptions.
fn report(what: &str, frame: &Frame, spilled: bool) -> ! {
    begin();
    tell(what, frame, spilled)
}

fn tell(what: &str, frame: &Frame, spilled: bool) -> ! {
    let Frame { pc, exccause, excvaddr, .. } = frame;
    Console::print(format_args!("\n*** {what} (EXCCAUSE {exccause}) at PC {pc:#010x}, address {excvaddr:#010x}\n"));
    print_registers(frame, spilled);
    stop()
}

/// Ends a program that was interrupted.
pub(in crate::firmware) fn hang(limit: u32, frame: &Frame) -> ! {
    begin();
    Console::print(format_args!("\n*** hang (no wait for {limit} ms) at PC {:#010x}\n", frame.pc));
    print_registers(frame, true);
    stop()
}

/// Those that say the same of all ends, and the calls.
fn print_registers(frame: &Frame, spilled: bool) {
    let Frame { ps, a, sar, .. } = frame;
    Console::print(format_args!("PS {ps:#010x} SAR {sar:#x}\n"));
    for (i, row) in a.chunks_exact(4).enumerate() {
        Console::print(format_args!("a{:<2} {:08x} {:08x} {:08x} {:08x}\n", 4 * i, row[0], row[1], row[2], row[3]));
    }
    let (a0, a1) = (a[0] as usize, a[1] as usize);
    if spilled {
        print_calls(Calls::of(a0, a1));
    } else {
        print_calls(Calls::last(a0).chain(Calls::left()));
    }
}

/// Called by c_shim/entry.S for exceptions, on the stack of what raised them.
#[unsafe(no_mangle)]
extern "C" fn imx_rpmsg_exception(frame: &Frame) -> ! {
    report(cause(frame.exccause), frame, true)
}

/// Called by c_shim/entry.S on a stack of its own for what must not happen: an exception inside an
/// exception (`kind` 8, a stack overflow for one), or an interrupt of level 3, 4 (debug) or 5 (NMI).
#[unsafe(no_mangle)]
extern "C" fn imx_rpmsg_fatal(kind: u32, frame: &Frame) -> ! {
    match kind {
        3 => report("unexpected interrupt of level 3", frame, false),
        4 => report("debug exception", frame, false),
        5 => report("non-maskable interrupt", frame, false),
        _ => {
            let at: u32;
            // SAFETY: reads where the second exception was raised; PC is where the first was.
            unsafe { asm!("rsr.depc {0}", out(reg) at, options(nomem, nostack)) }
            begin();
            Console::print(format_args!("\n*** exception at {at:#010x} while another was handled\n"));
            tell("double exception (stack overflow?)", frame, false)
        }
    }
}

/// LLVM calls it for `llvm.trap`.
#[unsafe(no_mangle)]
extern "C" fn abort() -> ! {
    panic!("abort")
}
