// SPDX-License-Identifier: MIT OR Apache-2.0
//! Shows in the log what came in: the beginning of each message as a line of text, written when there is time.
#![forbid(unsafe_code)]

use core::fmt::{self, Write};

use heapless::{Deque, Vec};

use crate::rpmsg::Message;
use crate::shm::Coherency;

/// Bytes of a message that are shown.
const SHOWN: usize = 64;

/// Lines that wait to be written.
const LINES: usize = 8;

/// Lines for the log, to be written one by one after the answers: a line takes milliseconds on a UART, and the sender of
/// a message waits for its answer. When messages come faster than lines can be written, lines are left out and counted.
///
/// They are logged at level Info, under the path of this module. When the log does not show that, messages are not read.
#[derive(Default)]
pub struct Incoming {
    lines: Deque<Line, LINES>,
    /// How many messages came after the last line that waits.
    left_out: u32,
}

impl Incoming {
    /// Notes a message to `name`, with its number if it has one. To be called before the message is answered.
    pub fn note<C: Coherency>(&mut self, name: &'static str, number: Option<u32>, message: &Message<'_, '_, C>) {
        if !log::log_enabled!(log::Level::Info) {
            return;
        }
        // A line after a gap has to wait until the gap was shown.
        if self.left_out != 0 || self.lines.is_full() {
            self.left_out = self.left_out.saturating_add(1);
            return;
        }
        let mut bytes = [0; SHOWN];
        let count = message.read(0, &mut bytes);
        let text = bytes.iter().take(count).copied().collect();
        // There is room: see above.
        let _ = self.lines.push_back(Line { name, number, text, len: message.len() });
    }

    /// Writes the line that has waited longest; `false` if none waits.
    pub fn show(&mut self) -> bool {
        if let Some(line) = self.lines.pop_front() {
            log::info!("{line}");
        } else if self.left_out != 0 {
            log::info!("{} more messages came in, too fast to be shown", core::mem::take(&mut self.left_out));
        } else {
            return false;
        }
        true
    }
}

struct Line {
    name: &'static str,
    number: Option<u32>,
    /// The beginning of the payload.
    text: Vec<u8, SHOWN>,
    /// Bytes of the whole payload.
    len: usize,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] incoming msg", self.name)?;
        if let Some(number) = self.number {
            write!(f, " {number}")?;
        }
        f.write_str(": ")?;
        let is_whole = self.text.len() == self.len;
        // As `echo` sends it.
        let text = self.text.strip_suffix(b"\n").filter(|_| is_whole).unwrap_or(&self.text);
        text.iter().try_for_each(|&byte| escape(byte, f))?;
        if is_whole { Ok(()) } else { write!(f, "... ({} bytes)", self.len) }
    }
}

/// Shows printable ASCII alone: anything else could look like a line of the firmware's own, or be a command to the
/// terminal.
fn escape(byte: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match byte {
        b'\n' => f.write_str("\\n"),
        b'\r' => f.write_str("\\r"),
        b'\t' => f.write_str("\\t"),
        b'\\' => f.write_str("\\\\"),
        b' '..=b'~' => f.write_char(byte.into()),
        _ => write!(f, "\\x{byte:02x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::{String, ToString};

    fn shown(number: Option<u32>, payload: &[u8]) -> String {
        let text = payload.iter().take(SHOWN).copied().collect();
        Line { name: "Linux TTY", number, text, len: payload.len() }.to_string()
    }

    #[test]
    fn text_is_shown_as_it_is() {
        assert_eq!(shown(Some(97), b"hello world!"), "[Linux TTY] incoming msg 97: hello world!");
        assert_eq!(shown(None, b"it's \"so\"\n"), "[Linux TTY] incoming msg: it's \"so\"");
        assert_eq!(shown(None, b""), "[Linux TTY] incoming msg: ");
    }

    #[test]
    fn what_is_not_printable_is_escaped() {
        let shown = shown(None, b"\x1b[2J\r\n[    0.000000] *** hang\0\x7f\x80\xff \\x41\t\n\n");
        let expected = "\\x1b[2J\\r\\n[    0.000000] *** hang\\x00\\x7f\\x80\\xff \\\\x41\\t\\n";
        assert_eq!(shown, ["[Linux TTY] incoming msg: ", expected].concat());
    }

    #[test]
    fn a_long_message_is_cut_and_its_length_told() {
        assert!(shown(None, &[b'x'; SHOWN]).ends_with("xx"));
        let expected = ["[Linux TTY] incoming msg: ", &"x".repeat(SHOWN - 1), "\\n... (496 bytes)"].concat();
        let mut payload = [b'x'; 496];
        payload[SHOWN - 1] = b'\n';
        assert_eq!(shown(None, &payload), expected);
    }
}
