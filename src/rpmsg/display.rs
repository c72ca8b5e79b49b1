// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a log says of a link: one line for each of its values, addresses as a device tree has them.
#![forbid(unsafe_code)]

use core::error::Error;
use core::fmt::{Display, Formatter, Result};

use super::blocking::Interrupted;
use super::endpoint::OpenError;
use super::grant::SendError;
use super::life::Event;
use super::stats::Stats;
use crate::shm::Coherency;
use crate::vring::PeerError;

impl Display for Event {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Up { origin, num, da, history } => write!(
                f,
                "link up ({origin:?}): vring0 {} at {:#x}, vring1 {} at {:#x}, {history} used before",
                num[0], da[0], num[1], da[1]
            ),
            Self::Refused(index, why) => write!(f, "vring{index} refused: {why}"),
            Self::Down(why) => write!(f, "link down: {why:?}"),
            Self::Stuck(index) => write!(f, "vring{index} is stuck: no good buffer in it"),
            Self::Moving(index) => write!(f, "vring{index} has good buffers again"),
        }
    }
}

impl Display for SendError {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Detached => "the link is not up",
            Self::NoBuffer => "no transmit buffer is free",
            Self::TooLong => "longer than the buffer",
            Self::Stale => "the link was reset meanwhile",
            Self::OtherLink => "the endpoint or the buffer is of another link",
            Self::Unwritten => "more than was written to the buffer",
        })
    }
}

impl Display for OpenError {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Full => "the link has no place for another endpoint",
            Self::AddressInUse => "another endpoint has the address",
            Self::AddressReserved => "the address is reserved",
            Self::Name => "no name of 1 to 31 bytes without NUL",
        })
    }
}

impl Error for OpenError {}

impl Error for SendError {}

impl Display for Interrupted {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Life(event) => event.fmt(f),
            Self::TimeUp => f.write_str("time is up"),
            Self::Refused(error) => error.fmt(f),
        }
    }
}

impl Error for Interrupted {}

impl Display for PeerError {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(self.as_str())
    }
}

impl Error for PeerError {}

/// Messages either way; then, of what went wrong, what there was of it.
impl<C: Coherency> Display for Stats<'_, '_, C> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "received {}, sent {}", self.received(), self.sent())?;
        if self.nobody() != 0 {
            write!(f, ", {} for nobody (the last for {:#x})", self.nobody(), self.last_nobody())?;
        }
        PeerError::ALL
            .into_iter()
            .filter(|kind| self.errors(*kind) != 0)
            .try_for_each(|kind| write!(f, ", Linux's mistake: {kind} ({} so far)", self.errors(kind)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpmsg::{Down, Origin};
    use crate::vring::AttachError;
    use std::collections::BTreeSet;
    use std::string::ToString;

    #[test]
    fn an_event_is_a_line_with_addresses_as_a_device_tree_has_them() {
        let up = Event::Up { origin: Origin::Table, num: [256, 128], da: [0x942f_0000, 0x942f_8000], history: 3 };
        let line = "link up (Table): vring0 256 at 0x942f0000, vring1 128 at 0x942f8000, 3 used before";
        assert_eq!(up.to_string(), line);
        assert_eq!(Interrupted::Life(up).to_string(), line);
        let refused = Event::Refused(1, AttachError::Address(0x9440_0000)).to_string();
        assert!(refused.starts_with("vring1 refused: ring at 0x94400000 is"), "{refused}");
        assert_eq!(Event::Down(Down::DriverGone).to_string(), "link down: DriverGone");
    }

    #[test]
    fn a_refusal_to_open_or_send_has_words_of_its_own() {
        use OpenError::{AddressInUse, AddressReserved, Full, Name};
        use SendError::{Detached, NoBuffer, OtherLink, Stale, TooLong, Unwritten};
        let opening = [Full, AddressInUse, AddressReserved, Name].map(|error| error.to_string());
        let sending = [Detached, NoBuffer, TooLong, Stale, OtherLink, Unwritten].map(|error| error.to_string());
        let words: BTreeSet<_> = opening.iter().chain(&sending).collect();
        assert_eq!(words.len(), 10);
        assert!(words.iter().all(|words| !words.is_empty()));
    }

    #[test]
    fn an_interruption_says_why() {
        assert_eq!(Interrupted::TimeUp.to_string(), "time is up");
        assert_eq!(Interrupted::Refused(SendError::TooLong).to_string(), SendError::TooLong.to_string());
        assert_ne!(SendError::Stale.to_string(), SendError::Detached.to_string());
    }
}
