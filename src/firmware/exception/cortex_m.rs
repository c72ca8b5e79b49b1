// SPDX-License-Identifier: MIT OR Apache-2.0
//! Exceptions of a Cortex-M. All faults escalate to HardFault: none of the others is ever enabled.
#![allow(unsafe_code)]

use core::arch::global_asm;
use core::cell::UnsafeCell;

use ::cortex_m::peripheral::SCB;

use super::{CALLS, Calls, begin, print_calls, stop};
use crate::console::Console;
use crate::firmware::stack;

/// Bytes of the stack that the report runs on, as the one that faulted may be at its end.
const STACK_BYTES: usize = 4096;

#[repr(C, align(8))]
struct Stack(UnsafeCell<[u8; STACK_BYTES]>);

// SAFETY: only the code below uses it, once: it does not return.
unsafe impl Sync for Stack {}

static STACK: Stack = Stack(UnsafeCell::new([0; STACK_BYTES]));

// Any call would use the stack that may be at its end. EXC_RETURN says on which stack the frame is
// (ARMv7-M Architecture Reference Manual, B1.5.8).
global_asm!(
    ".section .text.HardFault, \"ax\", %progbits",
    ".global HardFault",
    ".type HardFault, %function",
    ".thumb_func",
    "HardFault:",
    "tst lr, #4",
    "ite eq",
    "mrseq r0, msp",
    "mrsne r0, psp",
    #[cfg(armv8m)]
    "movs r1, #0",
    #[cfg(armv8m)]
    "msr msplim, r1",
    "ldr r1, 1f",
    "add r1, r1, #{bytes}",
    "msr msp, r1",
    "push {{r4-r11}}",
    "mov r1, sp",
    "b {report}",
    ".balign 4",
    "1: .word {stack}",
    ".size HardFault, . - HardFault",
    bytes = const STACK_BYTES,
    stack = sym STACK,
    report = sym hard_fault,
);

/// What the core has put on the stack (ARMv7-M Architecture Reference Manual, B1.5.6).
#[derive(Clone, Copy)]
#[repr(C)]
struct Frame {
    r0_to_r3: [u32; 4],
    r12: u32,
    lr: u32,
    pc: u32,
    psr: u32,
}

/// Registers that an exception came upon: the address of those that the core has stored, and r4 to r11.
pub(in crate::firmware) struct Interrupted<'a> {
    pub(in crate::firmware) frame: usize,
    pub(in crate::firmware) rest: &'a [u32; 8],
}

/// CFSR: the registers were not stored, for want of memory or beyond the limit.
const MSTKERR: u32 = 1 << 4;
const STKERR: u32 = 1 << 12;
const STKOF: u32 = 1 << 20;

/// What CFSR and HFSR say (ARMv7-M Architecture Reference Manual, B3.2.15 and B3.2.16; STKOF: ARMv8-M).
fn cause(cfsr: u32, hfsr: u32) -> &'static str {
    let is = |bits: u32| cfsr & bits != 0;
    match () {
        () if is(STKOF) => "stack overflow",
        () if is(MSTKERR | STKERR) => "no memory for the stack (overflow?)",
        () if is(1) => "instruction fetch prohibited",
        () if is(1 << 1) => "load or store prohibited",
        () if is(1 << 8) => "bus error on instruction fetch",
        () if is(1 << 9 | 1 << 10) => "bus error on load or store",
        () if is(1 << 16) => "undefined instruction",
        () if is(1 << 17) => "invalid state",
        () if is(1 << 19) => "no coprocessor",
        () if is(1 << 24) => "unaligned load or store",
        () if is(1 << 25) => "integer divide by zero",
        () if hfsr & 1 << 1 != 0 => "vector table unreadable",
        () => "fault",
    }
}

/// On the stack above, with the address of what the core has stored and r4 to r11.
extern "C" fn hard_fault(frame: usize, rest: &[u32; 8]) -> ! {
    begin();
    // SAFETY: reading these registers changes nothing.
    let (cfsr, hfsr, address) = unsafe {
        let scb = &*SCB::PTR;
        let cfsr = scb.cfsr.read();
        // MMFAR or BFAR, where CFSR says that it is valid.
        let address = if cfsr & 1 << 7 != 0 { scb.mmfar.read() } else { scb.bfar.read() };
        (cfsr, scb.hfsr.read(), (cfsr & (1 << 7 | 1 << 15) != 0).then_some(address))
    };
    Console::print(format_args!("\n*** {} (CFSR {cfsr:#x} HFSR {hfsr:#x})", cause(cfsr, hfsr)));
    if let Some(address) = address {
        Console::print(format_args!(", address {address:#010x}"));
    }
    // An instruction that would have gone beyond the limit has left the stack as it was. When the core itself stores
    // registers, it goes down to the limit and stores nothing (ARMv8-M Architecture Reference Manual, "Stack limit
    // checks").
    let beyond = cfsr & STKOF != 0 && frame == stack::addresses().start;
    print_registers(&Interrupted { frame, rest }, cfsr & (MSTKERR | STKERR) == 0 && !beyond);
    stop()
}

/// Ends a program that was interrupted.
pub(in crate::firmware) fn hang(limit: u32, interrupted: &Interrupted<'_>) -> ! {
    begin();
    Console::print(format_args!("\n*** hang (no wait for {limit} ms)"));
    print_registers(interrupted, true);
    stop()
}

/// Registers and calls. `stored`: the core has put what it should at the address of the frame.
fn print_registers(&Interrupted { frame, rest }: &Interrupted<'_>, stored: bool) {
    let stack = stack::addresses();
    let inside = stack.contains(&frame) && stack.end - frame >= size_of::<Frame>() && frame % align_of::<Frame>() == 0;
    let mut caller = 0;
    if inside && stored {
        let at = core::ptr::with_exposed_provenance::<Frame>(frame);
        // SAFETY: inside the stack, which nothing uses any more.
        let Frame { r0_to_r3: [r0, r1, r2, r3], r12, lr, pc, psr } = unsafe { at.read_volatile() };
        Console::print(format_args!(
            "\nPC {pc:#010x} LR {lr:#010x} PSR {psr:#010x} SP {frame:#010x}\nr0  {r0:08x} {r1:08x} {r2:08x} {r3:08x}\n"
        ));
        Console::print(format_args!("r12 {r12:08x}\n"));
        caller = lr as usize;
    } else {
        Console::print(format_args!(
            "\nSP {frame:#010x}, of a stack from {:#010x} to {:#010x}: PC and r0 to r3 are lost\n",
            stack.start, stack.end
        ));
    }
    for (i, row) in rest.chunks_exact(4).enumerate() {
        Console::print(format_args!("r{:<2} {:08x} {:08x} {:08x} {:08x}\n", 4 * i + 4, row[0], row[1], row[2], row[3]));
    }
    if stack.contains(&frame) {
        print_calls(Calls::of(caller, frame));
    } else {
        // A frame that is larger than what was left of the stack. Nobody knows how far down the stack was in use: what
        // is below may be of earlier calls, and the last addresses on it are the calls that led here.
        let found = Calls::of(0, stack.start).count();
        print_calls(Calls::of(0, stack.start).skip(found.saturating_sub(CALLS)));
    }
}

/// The handler of every exception and interrupt that has no other.
// SAFETY: cortex-m-rt takes the symbol for what its documentation says, a handler.
#[unsafe(export_name = "DefaultHandler")]
pub(in crate::firmware) extern "C" fn unexpected() {
    // SAFETY: reading the register changes nothing. VECTACTIVE is the exception's number.
    let number = unsafe { (*SCB::PTR).icsr.read() } & 0x1ff;
    begin();
    match number.checked_sub(16) {
        Some(interrupt) => Console::print(format_args!("\n*** unexpected interrupt {interrupt}\n")),
        None => Console::print(format_args!("\n*** unexpected exception {number}\n")),
    }
    stop()
}
