// SPDX-License-Identifier: MIT OR Apache-2.0
//! From cortex-m-rt's reset handler on, and the interrupts of a Cortex-M.
#![allow(unsafe_code)]

use core::arch::global_asm;

use ::cortex_m::asm;
use ::cortex_m::interrupt::{self, InterruptNumber};
use ::cortex_m::peripheral::{NVIC, SCB};
// For its reset handler and vector table alone: a crate that nobody names is not linked.
use ::cortex_m_rt as _;

use crate::arch::cortex_m::{Clock, Uncached, mpu};
use crate::board;
use crate::firmware::exception::{Interrupted, unexpected};
use crate::mailbox::mu;

/// The coherency of memory that this core does not cache.
pub type Cache = Uncached;

/// Bytes of the stack that are the guard's.
#[cfg(feature = "shell")]
pub(in crate::firmware) const STACK_GUARD: usize = board::STACK_GUARD as usize;

/// Priority of all handlers but the clock's, whose bits may be fewer.
const LEAST_URGENT: u8 = 0xff;

/// Where their priorities are among those of the system's handlers, which begin with exception 4.
const PENDSV: usize = 14 - 4;
const SYSTICK: usize = 15 - 4;

type Vector = extern "C" fn();

/// The interrupts' part of the vector table: as far as the mailbox's, the only one that is ever enabled.
// SAFETY: cortex-m-rt takes the symbol for what its documentation says, the handlers by number.
#[used]
#[unsafe(export_name = "__INTERRUPTS")]
#[unsafe(link_section = ".vector_table.interrupts")]
static VECTORS: [Vector; board::MU_INTERRUPT as usize + 1] = {
    let mut vectors = [unexpected as Vector; board::MU_INTERRUPT as usize + 1];
    vectors[board::MU_INTERRUPT as usize] = on_mailbox;
    vectors
};

#[derive(Clone, Copy)]
struct MailboxInterrupt;

// SAFETY: always the same number, and the vector table goes as far.
unsafe impl InterruptNumber for MailboxInterrupt {
    fn number(self) -> u16 {
        board::MU_INTERRUPT as u16
    }
}

/// Called by cortex-m-rt with .data and .bss ready and a stack.
// SAFETY: cortex-m-rt takes the symbol for what its documentation says, `extern "C" fn() -> !`.
#[unsafe(export_name = "main")]
extern "C" fn main() -> ! {
    // U-Boot or the ROM may have left them unmasked.
    interrupt::disable();
    // SAFETY: called once, before anything else; the regions are made from the board file, which says where code, data,
    // stack and registers are.
    unsafe {
        mpu::set_up(&board::MPU);
        super::run()
    }
}

/// # Safety
///
/// What the handlers use must be ready.
pub(super) unsafe fn let_interrupts_in() {
    // What ran on this core before may have left interrupts enabled, for which there are no vectors, or pending. The
    // mailbox raises its own as long as it has news.
    //
    // SAFETY: no handler is missed: none has been wanted yet.
    unsafe {
        (*NVIC::PTR).icer.iter().for_each(|enabled| enabled.write(!0));
        (*NVIC::PTR).icpr.iter().for_each(|pending| pending.write(!0));
    }
    // The clock's handler interrupts the others, so that the watch finds one that does not end. 0 is the most urgent.
    //
    // SAFETY: only the order of the handlers depends on it, and none of them is running.
    unsafe {
        (*NVIC::PTR).ipr[board::MU_INTERRUPT as usize].write(LEAST_URGENT);
        (*SCB::PTR).shpr[PENDSV].write(LEAST_URGENT);
        (*SCB::PTR).shpr[SYSTICK].write(0);
    }
    // SAFETY: what the handlers use is ready, and the interrupt has a handler, below.
    unsafe {
        NVIC::unmask(MailboxInterrupt);
        interrupt::enable();
    }
}

/// Raises the exception whose handler calls [`super::woken`].
pub(super) fn raise() {
    SCB::set_pendsv();
}

extern "C" fn on_mailbox() {
    mu::on_interrupt();
    // What the handler wrote to the mailbox has arrived before the exception returns, and the return does not take the
    // wrong vector (ARM erratum 838869 of the Cortex-M4).
    asm::dsb();
}

// The handler of SysTick, with the registers it came upon: those that the core has put on the stack, which is always that
// of MSP, and r4 to r11, which the function called keeps.
global_asm!(
    ".section .text.SysTick, \"ax\", %progbits",
    ".global SysTick",
    ".type SysTick, %function",
    ".thumb_func",
    "SysTick:",
    "mov r0, sp",
    "push {{r4-r11}}",
    "mov r1, sp",
    "push {{r0, lr}}",
    "bl {on_tick}",
    "pop {{r0, lr}}",
    "add sp, #32",
    "bx lr",
    ".size SysTick, . - SysTick",
    on_tick = sym on_tick,
);

extern "C" fn on_tick(frame: usize, rest: &[u32; 8]) {
    Clock::tick(board::CLOCK_HZ);
    super::look(&Interrupted { frame, rest });
    asm::dsb();
}

// SAFETY: cortex-m-rt takes the symbol for what its documentation says, a handler.
#[unsafe(export_name = "PendSV")]
extern "C" fn on_wake() {
    super::woken();
    asm::dsb();
}
