// SPDX-License-Identifier: MIT OR Apache-2.0
//! A shell on an endpoint: a line editor with history and completion (embedded-cli), and commands that tell of the
//! firmware. Bind Linux's `rpmsg_tty` to it and open `/dev/ttyRPMSGn` with any terminal program, or `echo` a line there.
//!
//! Like every service it uses the public API alone; what only the firmware knows comes through [`System`].
#![forbid(unsafe_code)]

mod channel;
mod commands;
mod completion;
mod counters;
mod keys;
mod output;
mod system;

use core::convert::Infallible;

use embedded_cli::cli::{Cli, CliBuilder};

pub use channel::Channel;
pub use output::Output;
pub use system::{Crash, System};

use crate::mailbox::Doorbell;
use crate::rpmsg::{Endpoint, Event, Link, Message, Unbound};
use crate::shm::Coherency;
use commands::{Names, Processor};
use counters::Counters;
use keys::{Key, Keys};

/// Characters of a line.
const LINE_LEN: usize = 80;

/// Bytes of all lines that can be had back.
const HISTORY_LEN: usize = 256;

/// Bytes of a message: as many as fit Linux's buffers of 512 (`MAX_RPMSG_BUF_SIZE`) behind the header.
const MESSAGE_LEN: usize = 496;

/// Tells a terminal that a key had no effect.
const BELL: &[u8] = b"\x07";

/// What the editor shows ahead of a new prompt.
const CLEAR_LINE: &[u8] = b"\r\x1b[2K";

type Editor<'o> = Cli<&'o Output, Infallible, [u8; LINE_LEN], [u8; HISTORY_LEN]>;

/// A shell for one peer at a time: whoever wrote last.
pub struct Shell<'o> {
    endpoint: Endpoint<Unbound>,
    prompt: &'static str,
    output: &'o Output,
    editor: Editor<'o>,
    keys: Keys,
    peer: Option<u32>,
    last_event: Option<Event>,
    overlong: bool,
    stopped: bool,
}

impl<'o> Shell<'o> {
    /// Channel name that the Linux driver binds to (`drivers/tty/rpmsg_tty.c`).
    pub const NAME: &'static str = super::Tty::NAME;

    /// A shell on `endpoint` that speaks through `output`.
    pub fn new(endpoint: Endpoint<Unbound>, prompt: &'static str, output: &'o Output) -> Self {
        output.clear();
        Self {
            endpoint,
            prompt,
            output,
            editor: editor(prompt, output),
            keys: Keys::default(),
            peer: None,
            last_event: None,
            overlong: false,
            stopped: false,
        }
    }

    /// The endpoint that the shell's messages come to.
    pub fn endpoint(&self) -> &Endpoint<Unbound> {
        &self.endpoint
    }

    /// Gives the endpoint back, to be closed.
    pub fn into_endpoint(self) -> Endpoint<Unbound> {
        self.endpoint
    }

    /// To be told of what [`Link::poll`] says: a link that is new knows nothing of whom the shell spoke to.
    pub fn on_event(&mut self, event: Event) {
        self.last_event = Some(event);
        if matches!(event, Event::Up { .. } | Event::Down(_)) {
            self.peer = None;
            self.restart();
        }
    }

    fn restart(&mut self) {
        self.output.clear();
        self.editor = editor(self.prompt, self.output);
        self.keys = Keys::default();
        self.overlong = false;
    }

    /// Whether `reboot-wait` was asked for: the owner sends what waits, closes all endpoints, and touches the link no
    /// more until Linux stops the core.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Whether something waits to be sent.
    pub fn has_output(&self) -> bool {
        self.peer.is_some() && !self.output.is_empty()
    }

    /// Takes what Linux has typed and runs what is complete. Answers are sent as far as there are buffers; the rest waits
    /// for [`send`](Self::send). Returns how many messages were sent.
    pub fn take<'m, C: Coherency, D: Doorbell, const N: usize>(
        &mut self,
        message: Message<'_, 'm, C>,
        link: &Link<'m, C, D, N>,
        channels: &[Channel],
        system: &mut impl System,
    ) -> u32 {
        let source = Some(message.source());
        if self.peer != source {
            if self.peer.is_some() {
                // Neither the other's half line nor what is on the way to it is for this one.
                self.restart();
            }
            self.peer = source;
        }
        // Room for the answer, where there are buffers now. What is less goes out with the answer.
        let mut sent = if self.output.len() >= MESSAGE_LEN { self.send(link) } else { 0 };
        let counters = Counters::of(link, self.last_event);
        let lost = self.output.lost();
        let mut processor = Processor { counters, channels, system, lost, overlong: false, crash: None, stop: false };
        let mut from = 0;
        let mut part = [0; 32];
        loop {
            let count = message.read(from, &mut part);
            for &byte in &part[..count] {
                if self.stopped {
                    break;
                }
                self.key(byte, &mut processor);
                // A line may have many answers' worth of commands in it, and none is longer than the queue.
                if self.output.len() >= MESSAGE_LEN {
                    sent += self.send(link);
                }
                if let Some(how) = processor.crash.take() {
                    sent += self.send(link);
                    link.flush();
                    processor.system.crash(how);
                }
            }
            if count < part.len() {
                break;
            }
            from += count;
        }
        // The buffer goes back before the answer comes.
        drop(message);
        sent + self.send(link)
    }

    fn key<S: System>(&mut self, byte: u8, processor: &mut Processor<'_, S>) {
        match self.keys.accept(byte) {
            Key::Text(byte) => self.text(byte, processor),
            Key::Erase => {
                // Someone looks at the line.
                self.overlong = false;
                self.press(embedded_cli::codes::BACKSPACE, processor);
            }
            Key::Enter => {
                processor.overlong = core::mem::take(&mut self.overlong);
                self.press(byte, processor);
                processor.overlong = false;
                self.stopped |= processor.stop;
            }
            Key::Complete => {
                self.press(embedded_cli::codes::TABULATION, processor);
                let Some((rest, only)) = self.rest_of_line() else { return };
                keys::end().for_each(|byte| self.press(byte, processor));
                let gap = if only { " " } else { "" };
                rest.bytes().chain(gap.bytes()).for_each(|byte| self.text(byte, processor));
            }
            Key::Other(byte) => self.press(byte, processor),
            Key::Move(key) => keys::far(key).for_each(|byte| self.press(byte, processor)),
            Key::Clear => {
                self.overlong = false;
                keys::clear().for_each(|byte| self.press(byte, processor));
            }
            Key::None => {}
        }
    }

    /// A character for the line.
    fn text<S: System>(&mut self, byte: u8, processor: &mut Processor<'_, S>) {
        let before = self.output.put_so_far();
        self.press(byte, processor);
        // The editor shows each character that it takes, and says nothing of those for which it has no room.
        if self.output.put_so_far() == before {
            self.overlong = true;
            self.output.put(BELL);
        }
    }

    /// How the last word of the line goes on. The editor asks for names of commands only, and tells nobody what its line
    /// is; it shows it behind a new prompt.
    fn rest_of_line(&mut self) -> Option<(&'static str, bool)> {
        let Self { output, editor, prompt, .. } = self;
        let shown = output.hear(|| {
            // Nothing is sent that could fail.
            let Ok(()) = editor.set_prompt(prompt);
        });
        if shown.is_full() {
            // Behind a prompt that leaves no room for it, and there may be more.
            return None;
        }
        let line = shown.strip_prefix(CLEAR_LINE)?.strip_prefix(prompt.as_bytes())?;
        completion::rest_of(core::str::from_utf8(line).ok()?)
    }

    fn press<S: System>(&mut self, byte: u8, processor: &mut Processor<'_, S>) {
        // The queue takes everything.
        let Ok(()) = self.editor.process_byte::<Names, _>(byte, processor);
    }

    /// Sends what waits, as far as there are buffers; never waits. Returns how many messages that were.
    pub fn send<'m, C: Coherency, D: Doorbell, const N: usize>(&self, link: &Link<'m, C, D, N>) -> u32 {
        let Some(peer) = self.peer else { return 0 };
        let mut part = [0; MESSAGE_LEN];
        let mut sent = 0;
        while !self.output.is_empty() {
            let Ok(mut grant) = link.grant() else { break };
            let room = grant.capacity().min(MESSAGE_LEN);
            let count = self.output.peek(&mut part[..room]);
            let written = grant.write(0, &part[..count]);
            if count == 0 || written.and_then(|()| link.send_grant(&self.endpoint, peer, grant, count)).is_err() {
                break;
            }
            self.output.take(count);
            sent += 1;
        }
        sent
    }
}

fn editor<'o>(prompt: &'static str, output: &'o Output) -> Editor<'o> {
    let builder = CliBuilder::default().writer(output).prompt(prompt);
    // The queue takes everything.
    let Ok(editor) = builder.command_buffer([0; LINE_LEN]).history_buffer([0; HISTORY_LEN]).build();
    editor
}
