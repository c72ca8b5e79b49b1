// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the shell says of the link.
#![forbid(unsafe_code)]

use core::fmt::{self, Write};

use super::Channel;
use crate::rpmsg::{Event, Link, Stats};
use crate::shm::Coherency;
use crate::vring::PeerError;

/// The state of a link at one moment.
pub(super) struct Counters {
    up: bool,
    /// The last change, as the application told it.
    last: Option<Event>,
    attached: u32,
    received: u32,
    sent: u32,
    announcements: u32,
    starved: u32,
    nobody: u32,
    last_nobody: u32,
    errors: [u32; PeerError::ALL.len()],
}

impl Counters {
    pub(super) fn of<C: Coherency, D: crate::mailbox::Doorbell, const N: usize>(
        link: &Link<'_, C, D, N>,
        last: Option<Event>,
    ) -> Self {
        let stats: Stats<'_, '_, C> = link.stats();
        Self {
            up: link.is_up(),
            last,
            attached: stats.attached(),
            received: stats.received(),
            sent: stats.sent(),
            announcements: stats.announcements(),
            starved: stats.starved(),
            nobody: stats.nobody(),
            last_nobody: stats.last_nobody(),
            errors: PeerError::ALL.map(|kind| stats.errors(kind)),
        }
    }

    /// The answer of `link`.
    pub(super) fn link(&self, out: &mut dyn Write) -> fmt::Result {
        let up = if self.up { "up" } else { "down" };
        writeln!(out, "{up}, attachments so far: {}", self.attached)?;
        match self.last {
            Some(Event::Up { origin, num, da, history }) => {
                for (index, (num, da)) in num.into_iter().zip(da).enumerate() {
                    writeln!(out, "vring{index} {num} at {da:#x}, told by the {origin:?}")?;
                }
                writeln!(out, "{history} used before")
            }
            Some(Event::Refused(index, why)) => writeln!(out, "vring{index} refused: {why}"),
            Some(Event::Down(why)) => writeln!(out, "down because of {why:?}"),
            Some(event @ (Event::Stuck(_) | Event::Moving(_))) => writeln!(out, "{event}"),
            None => Ok(()),
        }
    }

    /// The answer of `stats`.
    pub(super) fn stats(&self, channels: &[Channel], lost: u32, out: &mut dyn Write) -> fmt::Result {
        writeln!(out, "{:20} {:>7} {:>10} {:>10}", "endpoint", "address", "received", "sent")?;
        for Channel { name, address, received, sent } in channels {
            writeln!(out, "{name:20} {address:#7x} {received:10} {sent:10}")?;
        }
        writeln!(out, "{:20} {:7} {:10} {:10}", "all, with names", "", self.received, self.sent)?;
        writeln!(out, "announcements heard  {}", self.announcements)?;
        writeln!(out, "waits for a buffer   {}", self.starved)?;
        writeln!(out, "shell bytes lost     {lost}")?;
        writeln!(out, "dropped:")?;
        writeln!(out, "{:6} for nobody, the last for {:#x}", self.nobody, self.last_nobody)?;
        for (count, kind) in self.errors.iter().zip(PeerError::ALL) {
            writeln!(out, "{count:6} {}", kind.as_str())?;
        }
        Ok(())
    }
}
