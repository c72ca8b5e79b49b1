// SPDX-License-Identifier: MIT OR Apache-2.0
//! What something takes, in cycles of the core.
#![forbid(unsafe_code)]

use crate::arch::Counter;
use crate::arch::cpu::Clock;
use crate::board;

/// What [`cycles`] counts by.
pub const COUNTER: Counter = Clock::COUNTER;

/// Cycles since some moment, modulo 2^32: the difference of two readings is what lies between, interrupts included.
pub fn cycles() -> u32 {
    Clock::cycles(board::CLOCK_HZ)
}
