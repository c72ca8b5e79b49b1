// SPDX-License-Identifier: MIT OR Apache-2.0
//! Text to a port that may stop taking it: what is not taken is dropped and counted, and said once there is room.
#![forbid(unsafe_code)]

use core::fmt::{self, Write};

/// Polls of a port without room before a byte is dropped: some milliseconds, when a byte takes 87 µs.
const PATIENCE: u32 = 100_000;

/// Where bytes go one by one.
pub(crate) trait Port {
    /// Takes a byte if there is room.
    fn try_put(&self, byte: u8) -> bool;
}

/// A port that nobody waits for long: not at all between the first byte that is dropped and the next that is taken.
pub(crate) struct Hurried<P> {
    port: P,
    /// Dropped since the last note of it.
    unsaid: u32,
    dropped: u32,
}

impl<P: Port> Hurried<P> {
    pub(crate) const fn new(port: P) -> Self {
        Self { port, unsaid: 0, dropped: 0 }
    }

    /// Bytes dropped since start; wraps.
    #[cfg(any(test, feature = "shell"))]
    pub(crate) fn dropped(&self) -> u32 {
        self.dropped
    }

    fn put(&mut self, byte: u8) {
        let polls = if self.unsaid == 0 { PATIENCE } else { 1 };
        if !(0..polls).any(|_| self.port.try_put(byte)) {
            self.unsaid = self.unsaid.saturating_add(1);
            self.dropped = self.dropped.wrapping_add(1);
        }
    }

    fn put_text(&mut self, text: &str) {
        for byte in text.bytes() {
            if byte == b'\n' {
                self.put(b'\r');
            }
            self.put(byte);
        }
    }

    /// Says what is missing where it is, once the port takes bytes again.
    fn note(&mut self) {
        if self.unsaid != 0 && self.port.try_put(b'\n') {
            let unsaid = core::mem::take(&mut self.unsaid);
            // The note may be cut short as any text may.
            let _ = write!(Note(self), "\r~~~~ {unsaid} bytes dropped ~~~~\n");
        }
    }
}

/// Text without a note ahead of it: of the note itself.
struct Note<'a, P>(&'a mut Hurried<P>);

impl<P: Port> Write for Note<'_, P> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.put_text(text);
        Ok(())
    }
}

impl<P: Port> Write for Hurried<P> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.note();
        self.put_text(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::{Cell, RefCell};
    use std::string::String;

    /// A queue of which the test decides how much fits.
    #[derive(Default)]
    struct Queue {
        room: Cell<usize>,
        polls: Cell<u32>,
        text: RefCell<String>,
    }

    impl Port for &Queue {
        fn try_put(&self, byte: u8) -> bool {
            self.polls.set(self.polls.get() + 1);
            let Some(left) = self.room.get().checked_sub(1) else { return false };
            self.room.set(left);
            self.text.borrow_mut().push(byte.into());
            true
        }
    }

    #[test]
    fn what_has_room_is_sent_with_carriage_returns() {
        let queue = Queue::default();
        queue.room.set(100);
        let mut port = Hurried::new(&queue);
        port.write_str("one\ntwo\n").unwrap();
        assert_eq!(*queue.text.borrow(), "one\r\ntwo\r\n");
        assert_eq!(port.dropped(), 0);
    }

    #[test]
    fn drops_are_counted_and_said_once_there_is_room() {
        let queue = Queue::default();
        queue.room.set(5);
        let mut port = Hurried::new(&queue);
        port.write_str("0123456789").unwrap();
        port.write_str("lost\n").unwrap();
        assert_eq!((&**queue.text.borrow(), port.dropped()), ("01234", 11));
        queue.room.set(100);
        port.write_str("after\n").unwrap();
        port.write_str("more\n").unwrap();
        assert_eq!(*queue.text.borrow(), "01234\n\r~~~~ 11 bytes dropped ~~~~\r\nafter\r\nmore\r\n");
    }

    #[test]
    fn only_the_first_byte_is_waited_for() {
        let queue = Queue::default();
        let mut port = Hurried::new(&queue);
        port.write_str("x").unwrap();
        let patience = queue.polls.get();
        port.write_str(&"x".repeat(1000)).unwrap();
        assert!(queue.polls.get() - patience < 2000);
        assert_eq!(port.dropped(), 1001);
    }
}
