// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a shell can ask the firmware: the board's [`System`].

mod crash;
mod memory;
mod registers;

use core::fmt::{self, Write};

use log::LevelFilter;

use crate::arch::cpu::Clock;
use crate::board;
use crate::console::Console;
use crate::mailbox::mu::Mailbox;
use crate::services::shell::{Crash, System};

pub(super) use memory::paint_stack;

/// The firmware as a shell's [`System`].
pub struct Monitor<'b> {
    mailbox: &'b Mailbox,
    version: &'static str,
}

impl<'b> Monitor<'b> {
    /// Of the program that calls itself `version`.
    pub fn new(mailbox: &'b Mailbox, version: &'static str) -> Self {
        Self { mailbox, version }
    }
}

impl System for Monitor<'_> {
    fn version(&self, out: &mut dyn Write) -> fmt::Result {
        writeln!(out, "{} on {}", self.version, board::NAME)
    }

    fn uptime(&self) -> (u32, u32) {
        Clock::now(board::CLOCK_HZ)
    }

    fn mem(&self, out: &mut dyn Write) -> fmt::Result {
        memory::show(out)
    }

    fn regs(&self, out: &mut dyn Write) -> fmt::Result {
        registers::show(out)?;
        let status = self.mailbox.status();
        writeln!(out, "mailbox at {:#010x}: {} words received", board::MU_BASE, self.mailbox.words())?;
        writeln!(
            out,
            "  receive status {:#010x}, transmit status {:#010x}, a kick waits: {}",
            status.receive, status.transmit, status.kick_waits
        )
    }

    fn log_levels(&self, out: &mut dyn Write) -> fmt::Result {
        let mut result = Ok(());
        Console::levels().each(|module, level| {
            result = result.and_then(|()| writeln!(out, "{module:40} {level}"));
        });
        result?;
        writeln!(out, "bytes that the UART dropped: {}", Console::dropped())
    }

    fn set_log_level(&mut self, module: &str, level: LevelFilter) -> bool {
        Console::set_level(module, level)
    }

    fn crash(&mut self, how: Crash) {
        log::warn!("{how:?} on purpose");
        match how {
            Crash::Panic => panic!("asked to"),
            Crash::Illegal => crash::illegal(),
            Crash::Hang => crash::hang(),
            Crash::Deaf => crash::deaf(),
        }
    }
}
