// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rings that are full: an endpoint that echoes what it gets, and on command keeps all until Linux has no buffer left to
//! write into, or sends until Linux has none left to read from. The commands come to the self-test's own endpoint:
//!
//! - `hold`: keeps every message until it has as many as the ring has buffers, then echoes them in order.
//! - `swallow`: the same, but gives them back unanswered, so that all Linux hears is that its buffers are back.
//! - `flood N`: sends N messages to whoever asked; message n has n as a little-endian word, then n % 493 bytes that
//!   count up from n.
//!
//! Linux is told, of `hold` and `swallow`, how many messages it takes.

use core::fmt::{self, Write};

use heapless::Deque;
use imx_rpmsg::firmware::{BoardLink, Cache};
use imx_rpmsg::rpmsg::{Address, Endpoint, Event, Message, SendError, Unbound};

/// The self-test's endpoint and this one.
pub const ENDPOINTS: usize = 2;

/// Buffers that Linux has for each direction, at most (half of `MAX_RPMSG_NUM_BUFS`).
const MOST: usize = 256;

/// Payloads of a flood are words of 4 bytes and less than this behind them: none is longer than 496 bytes.
const TAILS: u32 = 493;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Answers at once.
    Echo,
    /// Keeps what comes.
    Hold { answer: bool },
    /// Works off what was kept.
    Release { answer: bool },
}

struct Flood {
    to: u32,
    next: u32,
    count: u32,
    waited: bool,
}

pub struct Flow<'l> {
    endpoint: Endpoint<Unbound>,
    /// Buffers of Linux's transmit ring.
    num: usize,
    mode: Mode,
    kept: Deque<Message<'l, 'static, Cache>, MOST>,
    flood: Option<Flood>,
}

impl<'l> Flow<'l> {
    /// Opens the endpoint. To be called behind the self-test's own, which has the first address.
    pub fn open(link: &BoardLink<'_, ENDPOINTS>) -> Self {
        let Ok(endpoint) = link.open_unannounced(Address::Dynamic) else { panic!("two endpoints fit a table of two") };
        Self { endpoint, num: 0, mode: Mode::Echo, kept: Deque::new(), flood: None }
    }

    pub fn on_event(&mut self, event: Event) {
        // Whatever was kept is of rings that are no more.
        self.kept.clear();
        self.mode = Mode::Echo;
        self.flood = None;
        if let Event::Up { num: [_, num], .. } = event {
            self.num = usize::from(num).min(MOST);
        }
    }

    /// Runs a command, if it is one of these; says what was begun.
    pub fn command(&mut self, command: &[u8], from: u32, answer: &mut dyn Write) -> Option<fmt::Result> {
        let (word, count) = match command {
            b"hold" | b"swallow" => {
                let word = if command == b"hold" { "hold" } else { "swallow" };
                self.mode = Mode::Hold { answer: command == b"hold" };
                (word, self.num as u32)
            }
            _ => {
                let count = core::str::from_utf8(command.strip_prefix(b"flood ")?).ok()?.parse().ok()?;
                self.flood = Some(Flood { to: from, next: 0, count, waited: false });
                ("flood", count)
            }
        };
        Some(write!(answer, "{word} {count}"))
    }

    /// Whether messages are to be received by [`keep`](Self::keep), whoever they are for.
    pub fn is_keeping(&self) -> bool {
        matches!(self.mode, Mode::Hold { .. })
    }

    /// Whether no message is to be received: those that were kept come first.
    pub fn is_releasing(&self) -> bool {
        matches!(self.mode, Mode::Release { .. })
    }

    pub fn is_for(&self, message: &Message<'_, '_, Cache>) -> bool {
        message.endpoint() == self.endpoint.id()
    }

    /// Keeps a message.
    pub fn keep(&mut self, message: Message<'l, 'static, Cache>) {
        // There is room for every buffer of the ring.
        let _ = self.kept.push_back(message);
        if let (Mode::Hold { answer }, true) = (self.mode, self.kept.len() >= self.num) {
            log::info!("all {} are kept", self.num);
            self.mode = Mode::Release { answer };
        }
    }

    /// Goes on with what was begun, as far as there are buffers. Linux kicks when it has returned some.
    pub fn go_on(&mut self, link: &'l BoardLink<'_, ENDPOINTS>) {
        if let Mode::Release { answer } = self.mode {
            while let Some(message) = self.kept.pop_front() {
                if !answer {
                    drop(message);
                    continue;
                }
                let Ok(mut grant) = link.grant() else {
                    let _ = self.kept.push_front(message);
                    return;
                };
                let len = message.len();
                if let Err(error) = grant.copy(0, &message, 0, len).and_then(|()| message.reply(grant, len)) {
                    log::error!("no echo: {error:?}");
                }
            }
            self.mode = Mode::Echo;
        }
        if self.flood(link).is_none_or(|left| left == 0) {
            self.flood = None;
        }
    }

    /// Messages that are left to send.
    fn flood(&mut self, link: &BoardLink<'_, ENDPOINTS>) -> Option<u32> {
        let flood = self.flood.as_mut()?;
        while flood.next < flood.count {
            match flood.send_next(link, &self.endpoint) {
                Ok(()) => flood.next += 1,
                Err(SendError::NoBuffer) => {
                    if !flood.waited {
                        flood.waited = true;
                        log::info!("the flood waits behind {} messages", flood.next);
                    }
                    break;
                }
                Err(error) => {
                    log::error!("no flood: {error:?}");
                    return None;
                }
            }
        }
        Some(flood.count - flood.next)
    }
}

impl Flood {
    fn send_next(&self, link: &BoardLink<'_, ENDPOINTS>, from: &Endpoint<Unbound>) -> Result<(), SendError> {
        let n = self.next;
        let mut payload = [0; 4 + TAILS as usize];
        payload[..4].copy_from_slice(&n.to_le_bytes());
        let len = 4 + (n % TAILS) as usize;
        for (i, byte) in payload[4..len].iter_mut().enumerate() {
            *byte = (n as usize + i) as u8;
        }
        let mut grant = link.grant()?;
        grant.write(0, &payload[..len])?;
        link.send_grant(from, self.to, grant, len)
    }
}
