// SPDX-License-Identifier: MIT OR Apache-2.0
//! The commands: what they are called, and what they do.
#![forbid(unsafe_code)]

use core::convert::Infallible;
use core::fmt::{self, Write};

use embedded_cli::arguments::Arg;
use embedded_cli::autocomplete::{Autocompletion, Request};
use embedded_cli::cli::CliHandle;
use embedded_cli::command::RawCommand;
use embedded_cli::service::{Autocomplete, CommandProcessor, Help, ProcessError};
use heapless::Vec;
use log::LevelFilter;

use super::counters::Counters;
use super::{Channel, Crash, LINE_LEN, Output, System};

/// Name, arguments and purpose of each.
const COMMANDS: [(&str, &str, &str); 12] = [
    ("help", "", "this list"),
    ("version", "", "program, version, board"),
    ("uptime", "", "time since start"),
    ("stats", "", "messages by endpoint, what was dropped and why"),
    ("link", "", "state of the link to Linux and its rings"),
    ("log", "[MODULE LEVEL]", "levels of the log; MODULE may be all, LEVEL off to trace"),
    ("mem", "", "memory taken, and most of the stack ever used"),
    ("regs", "", "registers of core and mailbox"),
    ("echo", "[WORD...]", "prints the words"),
    ("crash", "panic|illegal|hang|deaf", "stops the firmware the hard way"),
    ("reboot-wait", "", "takes the channels back and waits for Linux to stop the core"),
    ("clear", "", "clears the screen"),
];

/// ECMA-48: cursor to the first place, all erased.
const CLEAR_SCREEN: &str = "\x1b[H\x1b[2J";

/// Words behind a command that are looked at; no line has more.
const MAX_WORDS: usize = LINE_LEN / 2;

type Words<'a> = Vec<&'a str, MAX_WORDS>;

/// Completes names of commands.
pub(super) struct Names;

impl Autocomplete for Names {
    fn autocomplete(request: Request<'_>, completion: &mut Autocompletion<'_>) {
        let Request::CommandName(begun) = request else { return };
        // The editor completes "help" by itself.
        for (name, ..) in COMMANDS.iter().filter(|(name, ..)| *name != "help") {
            if let Some(rest) = name.strip_prefix(begun) {
                completion.merge_autocompletion(rest);
            }
        }
    }
}

impl Help for Names {}

/// What the commands of one message work with.
pub(super) struct Processor<'a, S> {
    pub(super) counters: Counters,
    pub(super) channels: &'a [Channel],
    pub(super) system: &'a mut S,
    /// Bytes that the shell itself has lost.
    pub(super) lost: u32,
    /// Characters were refused for want of room, so the line is not what was typed.
    pub(super) overlong: bool,
    /// Set by `crash`, for when its words are on the way.
    pub(super) crash: Option<Crash>,
    /// Set by `reboot-wait`.
    pub(super) stop: bool,
}

impl<'o, S: System> CommandProcessor<&'o Output, Infallible> for Processor<'_, S> {
    fn process<'a>(
        &mut self,
        cli: &mut CliHandle<'_, &'o Output, Infallible>,
        command: RawCommand<'a>,
    ) -> Result<(), ProcessError<'a, Infallible>> {
        // The queue takes everything.
        let _ = self.run(&command, cli.writer());
        Ok(())
    }
}

impl<S: System> Processor<'_, S> {
    fn run(&mut self, command: &RawCommand<'_>, out: &mut dyn Write) -> fmt::Result {
        let name = command.name();
        if self.overlong {
            return writeln!(out, "error: a line has {LINE_LEN} characters at most; nothing was done");
        }
        let Some((_, arguments, _)) = COMMANDS.iter().find(|(known, ..)| *known == name) else {
            return writeln!(out, "error: no command '{name}'; try help");
        };
        log::debug!("{name}");
        let Some(words) = words(command) else {
            return writeln!(out, "error: an option; no command has any (-- before words with a dash)");
        };
        match (name, words.as_slice()) {
            ("help", []) => help(out),
            ("version", []) => self.system.version(out),
            ("uptime", []) => uptime(self.system.uptime(), out),
            ("stats", []) => self.counters.stats(self.channels, self.lost, out),
            ("link", []) => self.counters.link(out),
            ("log", []) => self.system.log_levels(out),
            ("log", [module, level]) => self.log(module, level, out),
            ("mem", []) => self.system.mem(out),
            ("regs", []) => self.system.regs(out),
            ("echo", words) => list(words, " ", out),
            ("crash", [how]) => self.crash(how, out),
            ("reboot-wait", []) => {
                self.stop = true;
                writeln!(out, "the channels go; stop the core from Linux")
            }
            ("clear", []) => out.write_str(CLEAR_SCREEN),
            _ => writeln!(out, "error: usage: {name} {arguments}"),
        }
    }

    fn log(&mut self, module: &str, level: &str, out: &mut dyn Write) -> fmt::Result {
        let Ok(level) = level.parse::<LevelFilter>() else {
            return writeln!(out, "error: no level '{level}': off, error, warn, info, debug, trace");
        };
        if !self.system.set_log_level(module, level) {
            return writeln!(out, "error: no room for another module, or its name is too long");
        }
        Ok(())
    }

    fn crash(&mut self, how: &str, out: &mut dyn Write) -> fmt::Result {
        self.crash = Crash::named(how);
        match self.crash {
            Some(_) => writeln!(out, "good-bye"),
            None => {
                write!(out, "error: no crash '{how}': ")?;
                list(&Crash::NAMES, ", ", out)
            }
        }
    }
}

/// The words behind a command; `None` where one is an option.
fn words<'a>(command: &RawCommand<'a>) -> Option<Words<'a>> {
    let mut words = Words::new();
    for argument in command.args().args() {
        match argument {
            Ok(Arg::Value(word)) => words.push(word).ok()?,
            Ok(Arg::DoubleDash) => {}
            _ => return None,
        }
    }
    Some(words)
}

fn help(out: &mut dyn Write) -> fmt::Result {
    for (name, arguments, purpose) in COMMANDS {
        writeln!(out, "{name:11} {arguments:18}  {purpose}")?;
    }
    writeln!(out, "keys: left, right, up, down, tab, backspace, ^A start, ^E end, ^U or ^C empties the line")
}

fn uptime((seconds, micros): (u32, u32), out: &mut dyn Write) -> fmt::Result {
    let (minutes, hours, days) = (seconds / 60 % 60, seconds / 3600 % 24, seconds / 86_400);
    writeln!(out, "{days} days {hours:02}:{minutes:02}:{:02}.{micros:06}", seconds % 60)
}

/// A line of the words, with `gap` between any two.
fn list(words: &[&str], gap: &str, out: &mut dyn Write) -> fmt::Result {
    for (i, word) in words.iter().enumerate() {
        let gap = if i == 0 { "" } else { gap };
        write!(out, "{gap}{word}")?;
    }
    writeln!(out)
}
