// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the line editor gets to see of what Linux sends.
#![forbid(unsafe_code)]

use embedded_cli::codes::{BACKSPACE, CARRIAGE_RETURN, CURSOR_BACKWARD, CURSOR_FORWARD, ESCAPE, LINE_FEED, TABULATION};

use super::LINE_LEN;

/// What terminals send for the backspace key.
const DELETE: u8 = 0x7f;

const fn control(letter: u8) -> u8 {
    letter & 0x1f
}

const TO_START: u8 = control(b'A');
const CANCEL: u8 = control(b'C');
const TO_END: u8 = control(b'E');
const KILL: u8 = control(b'U');

/// What a byte means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A character for the line.
    Text(u8),
    /// Takes a character back.
    Erase,
    /// Ends the line.
    Enter,
    /// Completes a word.
    Complete,
    /// Part of an escape sequence.
    Other(u8),
    /// Goes to one end of the line.
    Move(&'static [u8]),
    /// Empties the line.
    Clear,
    /// Nothing.
    None,
}

/// How far an escape sequence has come. The editor keeps count too, but does not tell.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Sequence {
    #[default]
    None,
    Escape,
    Parameters,
}

#[derive(Default)]
pub(super) struct Keys(Sequence);

impl Keys {
    /// embedded-cli takes bytes above 0x7f for UTF-8 without checking them in full (overlong forms, surrogates), and
    /// makes text of them: only ASCII is passed on.
    pub(super) fn accept(&mut self, byte: u8) -> Key {
        if self.0 == Sequence::Parameters {
            // Keys within a sequence would end it in the wrong place.
            return match byte {
                0x20..DELETE => {
                    if byte >= 0x40 {
                        self.0 = Sequence::None;
                    }
                    Key::Other(byte)
                }
                _ => Key::None,
            };
        }
        let key = match byte {
            b'[' if self.0 == Sequence::Escape => Key::Other(byte),
            CARRIAGE_RETURN | LINE_FEED => Key::Enter,
            BACKSPACE | DELETE => Key::Erase,
            TABULATION => Key::Complete,
            ESCAPE => Key::Other(byte),
            TO_START => Key::Move(CURSOR_BACKWARD),
            TO_END => Key::Move(CURSOR_FORWARD),
            CANCEL | KILL => Key::Clear,
            0x20..DELETE => Key::Text(byte),
            _ => return Key::None,
        };
        self.0 = match key {
            Key::Other(ESCAPE) => Sequence::Escape,
            Key::Other(b'[') => Sequence::Parameters,
            _ => Sequence::None,
        };
        key
    }
}

/// A key of [`Key::Move`] as often as takes it to the end of any line.
pub(super) fn far(key: &'static [u8]) -> impl Iterator<Item = u8> {
    core::iter::repeat_n(key, LINE_LEN).flatten().copied()
}

/// What goes to the end of any line.
pub(super) fn end() -> impl Iterator<Item = u8> {
    far(CURSOR_FORWARD)
}

/// What empties any line.
pub(super) fn clear() -> impl Iterator<Item = u8> {
    end().chain(far(&[BACKSPACE]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn all(bytes: &[u8]) -> Vec<Key> {
        let mut keys = Keys::default();
        bytes.iter().map(|&byte| keys.accept(byte)).collect()
    }

    #[test]
    fn only_ascii_reaches_the_editor() {
        for byte in 0..=0xff {
            match all(&[byte])[0] {
                Key::Text(seen) => assert!(seen == byte && (0x20..0x7f).contains(&byte)),
                Key::Other(seen) => assert!(seen == byte && byte < 0x20),
                Key::None => assert!(!(0x20..=DELETE).contains(&byte)),
                _ => assert!(byte < 0x20 || byte == DELETE),
            }
        }
        assert_eq!(all(b"a\x08\x7f\xc0"), [Key::Text(b'a'), Key::Erase, Key::Erase, Key::None]);
    }

    #[test]
    fn an_escape_sequence_is_no_text_and_no_key_is_within_it() {
        let sequence = [Key::Other(ESCAPE), Key::Other(b'['), Key::Other(b'1'), Key::None, Key::Other(b'D')];
        assert_eq!(all(b"\x1b[1\x03D")[..], sequence);
        // What is not passed on does not count.
        assert_eq!(all(b"\x1b\x00[Dx"), [sequence[0], Key::None, sequence[1], sequence[4], Key::Text(b'x')]);
        // Nor is an escape alone the beginning of one.
        assert_eq!(all(b"\x1ba["), [Key::Other(ESCAPE), Key::Text(b'a'), Key::Text(b'[')]);
    }
}
