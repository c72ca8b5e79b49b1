// SPDX-License-Identifier: MIT OR Apache-2.0
//! A text buffer that Linux reads as one C string (`rproc_trace_read`, which stops at the first NUL).
#![forbid(unsafe_code)]

use core::fmt;

use crate::shm::{Coherency, Span};

/// Stands where the newest line ends and the oldest that is left begins.
const SEAM: &[u8] = b"\n~~~~ older lines follow ~~~~\n";

/// Appends text; when the buffer is full the newest text overwrites the oldest, and a line marks the
/// seam. The last byte stays NUL.
pub struct Trace<'m, C> {
    span: Span<'m>,
    coherency: C,
    at: u32,
    wrapped: bool,
}

impl<'m, C: Coherency> Trace<'m, C> {
    /// Clears the buffer.
    pub fn new(span: Span<'m>, coherency: C) -> Self {
        span.clear(&coherency);
        coherency.barrier();
        Self { span, coherency, at: 0, wrapped: false }
    }

    /// Appends `text`, of which only the end is kept where it is longer than the buffer.
    pub fn append(&mut self, text: &[u8]) {
        let room = self.span.len().saturating_sub(1);
        let text = &text[text.len().saturating_sub(room as usize)..];
        let (head, tail) = text.split_at(text.len().min((room - self.at) as usize));
        self.put(head);
        if !tail.is_empty() {
            self.at = 0;
            self.wrapped = true;
            self.put(tail);
        }
        if self.wrapped {
            // Over the oldest text, and not counted: the next line overwrites it.
            let seam = &SEAM[..SEAM.len().min((room - self.at) as usize)];
            let _ = self.span.write(&self.coherency, self.at, seam);
        }
        self.coherency.barrier();
    }

    fn put(&mut self, text: &[u8]) {
        if self.span.write(&self.coherency, self.at, text) {
            self.at += text.len() as u32;
        }
    }
}

impl<C: Coherency> fmt::Write for Trace<'_, C> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.append(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Host;
    use std::string::{String, ToString};
    use std::vec::Vec;

    /// What Linux reads after the given lines were appended to a buffer of 128 bytes full of rubbish.
    fn shown(lines: &[&str]) -> String {
        let mut memory = Vec::from([0x5a5a_5a5au32; 32]);
        let span = crate::shm::tests::span_of(&mut memory);
        let mut trace = Trace::new(span, Host);
        lines.iter().for_each(|line| trace.append(line.as_bytes()));
        let mut bytes = [0; 128];
        span.read(&Host, 0, &mut bytes);
        let end = bytes.iter().position(|&b| b == 0).expect("the text is terminated");
        core::str::from_utf8(&bytes[..end]).unwrap().to_string()
    }

    #[test]
    fn lines_are_shown_as_written() {
        assert_eq!(shown(&[]), "");
        assert_eq!(shown(&["one\n", "two\n"]), "one\ntwo\n");
    }

    #[test]
    fn the_newest_text_survives_a_full_buffer_and_the_seam_is_marked() {
        let old = "0123456789012345678901234567890123456789012345678901234567890123456789\n";
        let text = shown(&[old, old, "newest\n"]);
        assert!(text.len() <= 127);
        let (newest, older) = text.split_once("newest\n\n~~~~ older lines follow ~~~~\n").unwrap();
        assert!(old.ends_with(newest) && old.repeat(2).contains(older));
    }

    #[test]
    fn text_longer_than_the_buffer_keeps_its_end() {
        let text = shown(&[&"x".repeat(500), "end\n"]);
        assert!(text.contains("end\n") && text.len() <= 127);
    }
}
