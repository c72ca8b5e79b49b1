// SPDX-License-Identifier: MIT OR Apache-2.0
//! Xtensa: cache lines, barriers, interrupts and time.
//!
//! LLVM has no names for the cache instructions, so they are spelled as bytes, with the address in a8
//! (Xtensa ISA: opcode `CACHE`, `t` = 4 for DHWB, 6 for DHI).
#![allow(unsafe_code)]

use core::arch::asm;
use core::sync::atomic::{AtomicU32, Ordering};

use super::{Counter, micros};
use crate::shm::Coherency;

/// The data cache with lines of `LINE` bytes. With `WRITE_BACK` false, shared memory is mapped
/// write-through: no line is ever dirty, and writing back is a matter of order alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct DataCache<const LINE: usize, const WRITE_BACK: bool>;

/// A cache instruction on the line of an address. Not `nomem`: it changes what memory holds, or what a load finds there,
/// so the compiler moves no access across it.
macro_rules! cache_line {
    ($opcode:literal, $at:expr) => {
        core::arch::asm!($opcode, in("a8") $at, options(nostack, preserves_flags))
    };
}

/// Orders the loads after it: they find what is in memory, not what the line held.
#[inline(always)]
fn invalidate_line(at: usize) {
    // SAFETY: DHI (62 78 00) on a line of shared memory, see the implementation of Coherency.
    unsafe { cache_line!(".byte 0x62, 0x78, 0x00", at) }
}

/// Orders the stores before it: they are in the line that goes to memory.
#[inline(always)]
fn write_back_line(at: usize) {
    // SAFETY: DHWB (42 78 00) on a line of shared memory, see the implementation of Coherency.
    unsafe { cache_line!(".byte 0x42, 0x78, 0x00", at) }
}

impl<const LINE: usize, const WRITE_BACK: bool> DataCache<LINE, WRITE_BACK> {
    /// Any address in a line stands for the line.
    #[inline(always)]
    fn each_line(at: *const u8, len: usize, operation: impl Fn(usize)) {
        let last = (at as usize + len).wrapping_sub(1);
        let mut line = at as usize;
        if len > LINE {
            while last.wrapping_sub(line) >= LINE {
                operation(line);
                line += LINE;
            }
        }
        operation(line);
        operation(last);
    }
}

// SAFETY: lines are only invalidated or written back. Invalidating drops no write: with WRITE_BACK false
// no line is dirty, and with WRITE_BACK true every write through `shm` is written back at once and ring
// parts of the two sides share no line (boards/*.toml, [vring] align).
unsafe impl<const LINE: usize, const WRITE_BACK: bool> Coherency for DataCache<LINE, WRITE_BACK> {
    #[inline(always)]
    fn invalidate(&self, at: *const u8, len: usize) {
        Self::each_line(at, len, invalidate_line);
    }

    #[inline(always)]
    fn invalidate_field(&self, at: *const u8, _len: usize) {
        invalidate_line(at as usize);
    }

    #[inline(always)]
    fn write_back(&self, at: *const u8, len: usize) {
        if WRITE_BACK {
            Self::each_line(at, len, write_back_line);
        }
    }

    /// MEMW: all accesses before it are done before any after it begins (Xtensa ISA, "Memory Ordering"). The compiler
    /// has to keep that order too, so it is not `nomem`.
    #[inline(always)]
    fn barrier(&self) {
        // SAFETY: MEMW orders memory accesses and does nothing else.
        unsafe { asm!("memw", options(nostack, preserves_flags)) }
    }
}

/// PS.INTLEVEL: the level up to which interrupts are masked.
const INTLEVEL: u32 = 0xf;

/// Sleeps until an interrupt unless `awake` says that there is no need to. `awake` is asked with
/// interrupts masked, so that none can slip in between the answer and the sleep.
///
/// Where they were masked before, by whatever means, it returns at once: WAITI would let handlers run in the middle of
/// what they are not to interrupt, or find none enabled that could end it.
pub fn wait_for_interrupt(awake: impl FnOnce() -> bool) {
    let ps = mask();
    let open = ps & INTLEVEL == 0 && xtensa_lx::interrupt::get_mask() != 0;
    if !awake() && open {
        // SAFETY: WAITI 0 unmasks and sleeps in one instruction; handlers return after it. Not `nomem`: what they write
        // is read after it, and what they read is written before.
        unsafe { asm!("waiti 0", options(nostack)) }
    }
    // SAFETY: the value that mask returned.
    unsafe { restore(ps) }
}

/// Masks all interrupts, for [`restore`] to put back what this returns.
#[inline(always)]
pub fn mask() -> u32 {
    let ps: u32;
    // SAFETY: only masks. Not `nomem`: no access after it may come before it.
    unsafe { asm!("rsil {0}, 15", out(reg) ps, options(nostack)) };
    ps
}

/// Ends what [`mask`] began.
///
/// # Safety
///
/// `was` is what `mask` returned, and no mask that was made later is in force.
#[inline(always)]
pub unsafe fn restore(was: u32) {
    // SAFETY: `was` is what `mask` returned. Not `nomem`: no access before it may come after it.
    unsafe { asm!("wsr.ps {0}", "rsync", in(reg) was, options(nostack)) }
}

/// Runs `step` with all interrupts masked that handlers serve.
pub fn masked<T>(step: impl FnOnce() -> T) -> T {
    xtensa_lx::interrupt::free(step)
}

/// Lets interrupts in.
///
/// # Safety
///
/// The vectors, the stack and whatever the enabled interrupts use must be ready.
pub unsafe fn unmask() {
    // SAFETY: vectors, stack and what the handlers use are ready. Not `nomem`: what they use is written before it.
    unsafe { asm!("rsil {0}, 0", out(reg) _, options(nostack)) }
}

/// Ticks of the timer since start, and CCOUNT at the last of them. Written by the interrupt handler alone.
static TICKS: AtomicU32 = AtomicU32::new(0);
static LAST: AtomicU32 = AtomicU32::new(0);

/// The core's timer as a clock. CCOUNT wraps after 5 s at 800 MHz, so ticks are counted beside it.
pub struct Clock;

impl Clock {
    /// Ticks a second.
    pub const TICK_HZ: u32 = 10;

    /// Starts the ticks, for a core of `hz` cycles a second.
    pub fn start(hz: u32) {
        let now = xtensa_lx::timer::get_cycle_count();
        LAST.store(now, Ordering::Relaxed);
        xtensa_lx::timer::set_ccompare0(now.wrapping_add(hz / Self::TICK_HZ));
    }

    /// Counts the ticks that are due and asks for the next: the timer's interrupt handler.
    pub fn tick(hz: u32) {
        let period = hz / Self::TICK_HZ;
        let mut last = LAST.load(Ordering::Relaxed);
        loop {
            // A handler that comes late must not ask for a time that is over: CCOUNT wraps before that.
            while xtensa_lx::timer::get_cycle_count().wrapping_sub(last) >= period {
                last = last.wrapping_add(period);
                TICKS.store(TICKS.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
            }
            xtensa_lx::timer::set_ccompare0(last.wrapping_add(period));
            if xtensa_lx::timer::get_cycle_count().wrapping_sub(last) < period {
                break;
            }
        }
        LAST.store(last, Ordering::Relaxed);
    }

    /// Asks for the timer's interrupt after `cycles` too, when that is before the next tick. It may come early.
    pub fn alarm(hz: u32, cycles: u32) {
        masked(|| {
            let now = xtensa_lx::timer::get_cycle_count();
            let since = now.wrapping_sub(LAST.load(Ordering::Relaxed));
            // A tick that is due must not be taken back: a write to CCOMPARE0 clears its interrupt.
            if since.saturating_add(cycles) >= hz / Self::TICK_HZ {
                return;
            }
            xtensa_lx::timer::set_ccompare0(now.wrapping_add(cycles));
            if xtensa_lx::timer::get_cycle_count().wrapping_sub(now) >= cycles {
                // It may have passed before it was set. The caller looks at the time before it sleeps.
                Self::tick(hz);
            }
        });
    }

    /// What [`cycles`](Self::cycles) counts by.
    pub const COUNTER: Counter = Counter::Ccount;

    /// Cycles since some moment, modulo 2^32.
    pub fn cycles(_hz: u32) -> u32 {
        xtensa_lx::timer::get_cycle_count()
    }

    /// Seconds and microseconds since start, as good as the board file's clock figure.
    pub fn now(hz: u32) -> (u32, u32) {
        let (ticks, last) = loop {
            let (ticks, last) = (TICKS.load(Ordering::SeqCst), LAST.load(Ordering::SeqCst));
            if TICKS.load(Ordering::SeqCst) == ticks {
                break (ticks, last);
            }
        };
        let since = micros(xtensa_lx::timer::get_cycle_count().wrapping_sub(last), hz);
        let micros = ticks % Self::TICK_HZ * (1_000_000 / Self::TICK_HZ) + since;
        (ticks / Self::TICK_HZ + micros / 1_000_000, micros % 1_000_000)
    }
}
