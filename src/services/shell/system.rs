// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the shell knows of the firmware that it is part of.
#![forbid(unsafe_code)]

use core::fmt::{self, Write};

use log::LevelFilter;

/// The firmware, as the shell asks it. Answers are lines that end in `\n`.
pub trait System {
    /// Name, version, board.
    fn version(&self, out: &mut dyn Write) -> fmt::Result;
    /// Seconds and microseconds since start.
    fn uptime(&self) -> (u32, u32);
    /// Memory that code and data take, and what the stack has needed.
    fn mem(&self, out: &mut dyn Write) -> fmt::Result;
    /// Registers of the core and the mailbox.
    fn regs(&self, out: &mut dyn Write) -> fmt::Result;
    /// Levels of the log, and what it has dropped.
    fn log_levels(&self, out: &mut dyn Write) -> fmt::Result;
    /// Logs of `module`, or of all others where it is `all`, what is at least as bad as `level`; whether there was room
    /// for it.
    fn set_log_level(&mut self, module: &str, level: LevelFilter) -> bool;
    /// Stops the firmware the hard way. Returns only in tests.
    fn crash(&mut self, how: Crash);
}

/// Ways of a firmware's end that Linux should see and survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// A panic: a report, then silence.
    Panic,
    /// An instruction that does not exist: an exception's report, then silence.
    Illegal,
    /// A loop without end. Interrupts are served, and where somebody watches (`firmware::watch`), there
    /// is a report in the end.
    Hang,
    /// The same with interrupts masked: no report, and no word of Linux's is taken any more.
    Deaf,
}

impl Crash {
    const ALL: [Self; 4] = [Self::Panic, Self::Illegal, Self::Hang, Self::Deaf];

    /// What they are called, in the order of `ALL`.
    pub(super) const NAMES: [&'static str; Self::ALL.len()] = ["panic", "illegal", "hang", "deaf"];

    /// The one that is called `word`.
    pub(super) fn named(word: &str) -> Option<Self> {
        Self::NAMES.into_iter().zip(Self::ALL).find_map(|(name, how)| (name == word).then_some(how))
    }
}
