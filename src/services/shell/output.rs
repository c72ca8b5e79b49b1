// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the shell has said and Linux has not taken yet.
#![forbid(unsafe_code)]

use core::cell::{Cell, RefCell};
use core::convert::Infallible;
use core::fmt::Write;

use embedded_io::ErrorType;
use heapless::{Deque, String, Vec};

/// Bytes that wait at most: more than the longest answer of a command.
const CAPACITY: usize = 2048;

/// Room for `[4294967295 bytes lost]` and its line ends.
const NOTE_LEN: usize = 32;

/// Bytes that are heard, at most: a line, its prompt, and what clears the line before.
const HEARD: usize = 128;

/// A queue of bytes that never blocks and never grows: what does not fit is counted, and said once there is room.
#[derive(Default)]
pub struct Output {
    queue: RefCell<Deque<u8, CAPACITY>>,
    /// Bytes that did not fit since the last note of it.
    unsaid: Cell<u32>,
    lost: Cell<u32>,
    put: Cell<u32>,
    /// What is [heard](Self::hear) just now.
    heard: RefCell<Option<Vec<u8, HEARD>>>,
}

impl Output {
    /// What `say` puts here, which goes nowhere else; no more of it than is held.
    pub(super) fn hear(&self, say: impl FnOnce()) -> Vec<u8, HEARD> {
        self.heard.replace(Some(Vec::new()));
        say();
        self.heard.take().unwrap_or_default()
    }

    /// Bytes that wait.
    pub fn len(&self) -> usize {
        self.queue.borrow().len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that did not fit, since start; wraps.
    pub fn lost(&self) -> u32 {
        self.lost.get()
    }

    /// Bytes that were put here, lost ones among them; wraps.
    pub(super) fn put_so_far(&self) -> u32 {
        self.put.get()
    }

    /// Puts bytes at the end. Once some are lost, all are up to the note of it, so that what is missing is in one place.
    pub(super) fn put(&self, bytes: &[u8]) {
        if let Some(heard) = &mut *self.heard.borrow_mut() {
            let fits = bytes.len().min(HEARD - heard.len());
            heard.extend(bytes[..fits].iter().copied());
            return;
        }
        let mut queue = self.queue.borrow_mut();
        self.put.set(self.put.get().wrapping_add(bytes.len() as u32));
        if self.unsaid.get() != 0 && !self.note(&mut queue) {
            return self.lose(bytes.len());
        }
        let fits = bytes.len().min(CAPACITY - queue.len());
        queue.extend(bytes[..fits].iter().copied());
        self.lose(bytes.len() - fits);
    }

    fn lose(&self, count: usize) {
        self.unsaid.set(self.unsaid.get().saturating_add(count as u32));
        self.lost.set(self.lost.get().wrapping_add(count as u32));
    }

    /// Says what is missing where it is; `false` while there is no room.
    fn note(&self, queue: &mut Deque<u8, CAPACITY>) -> bool {
        if CAPACITY - queue.len() < NOTE_LEN {
            return false;
        }
        let mut note = String::<NOTE_LEN>::new();
        // It fits: see NOTE_LEN.
        let _ = write!(note, "\r\n[{} bytes lost]\r\n", self.unsaid.take());
        queue.extend(note.bytes());
        true
    }

    /// Copies the oldest bytes into `out` without taking them; returns how many.
    pub(super) fn peek(&self, out: &mut [u8]) -> usize {
        let mut queue = self.queue.borrow_mut();
        if self.unsaid.get() != 0 {
            self.note(&mut queue);
        }
        let count = out.len().min(queue.len());
        for (to, from) in out.iter_mut().zip(queue.iter()) {
            *to = *from;
        }
        count
    }

    /// Takes the oldest `count` bytes.
    pub(super) fn take(&self, count: usize) {
        let mut queue = self.queue.borrow_mut();
        for _ in 0..count {
            queue.pop_front();
        }
    }

    /// Forgets what waits: there is nobody left to read it.
    pub(super) fn clear(&self) {
        self.queue.borrow_mut().clear();
        self.unsaid.set(0);
    }
}

impl ErrorType for &Output {
    type Error = Infallible;
}

impl embedded_io::Write for &Output {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.put(bytes);
        Ok(bytes.len())
    }

    /// Nothing to do: [`Shell::send`](super::Shell::send) does it once for all that a message has caused.
    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;
    use std::vec::Vec;

    fn drain(output: &Output) -> String {
        let mut all = Vec::new();
        loop {
            let mut part = [0; 100];
            let count = output.peek(&mut part);
            if count == 0 {
                return String::from_utf8(all).unwrap();
            }
            output.take(count);
            all.extend(&part[..count]);
        }
    }

    #[test]
    fn bytes_come_out_as_they_went_in() {
        let output = Output::default();
        for _ in 0..3 {
            output.put(b"hello ");
            output.put(b"world");
            assert_eq!(drain(&output), "hello world");
        }
        assert_eq!(output.lost(), 0);
    }

    #[test]
    fn what_does_not_fit_is_counted_and_said_where_it_is_missing() {
        let output = Output::default();
        let fill = "x".repeat(CAPACITY - 5);
        output.put(fill.as_bytes());
        output.put(b"0123456789");
        output.put(b"more");
        assert_eq!(output.len(), CAPACITY);
        assert_eq!(output.lost(), 9);
        assert_eq!(drain(&output), fill + "01234\r\n[9 bytes lost]\r\n");
        output.put(b"after");
        assert_eq!(drain(&output), "after");
        assert_eq!(output.lost(), 9);
    }

    #[test]
    fn the_note_comes_before_what_is_put_once_there_is_room() {
        let output = Output::default();
        output.put("x".repeat(CAPACITY + 1).as_bytes());
        output.take(NOTE_LEN - 1);
        output.put(b"lost");
        output.take(1);
        output.put(b"");
        output.take(CAPACITY - NOTE_LEN);
        output.put(b"after");
        assert_eq!(drain(&output), "\r\n[5 bytes lost]\r\nafter");
    }
}
