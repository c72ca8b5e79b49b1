// SPDX-License-Identifier: MIT OR Apache-2.0
//! A job worth offloading: Linux sends blocks of audio, the core sends them back filtered, and says what it took.
#![doc = include_str!("../../../docs/filter.md")]
#![forbid(unsafe_code)]

mod cascade;
mod clients;
mod fixed;
mod float;
mod number;
mod wire;

#[cfg(test)]
mod tests;

use crate::arch::Counter;
use crate::rpmsg::{Grant, Message, SendError};
use crate::shm::Coherency;
use clients::Clients;
use wire::{HEADER_LEN, Kind, Reply, Request};

pub use wire::Status;

/// Bytes of payload in the longest message: Linux's buffers have 512, the RPMsg header takes 16.
pub const LONGEST: usize = 496;

/// Biquads for up to `N` senders. Each sender has a filter of its own; when there is one too many, the one that was
/// silent for longest loses its filter.
pub struct Filter<const N: usize> {
    clients: Clients<N>,
    counter: Counter,
    cycles: fn() -> u32,
}

impl<const N: usize> Filter<N> {
    /// Name of the channel. No driver of Linux's binds to it: programs open an endpoint by `rpmsg_ctrl`.
    pub const NAME: &'static str = "imx-rpmsg-filter";

    /// `cycles` is read before and after a block is filtered, and `counter` is where it comes from.
    pub fn new(counter: Counter, cycles: fn() -> u32) -> Self {
        Self { clients: Clients::new(), counter, cycles }
    }

    /// Nobody has a filter any more: for when the link went down, as the next driver's addresses are others'.
    pub fn forget(&mut self) {
        self.clients = Clients::new();
    }

    /// Answers a message; `Ok` is what the answer says.
    pub fn respond<'l, 'm, C: Coherency>(
        &mut self,
        message: Message<'l, 'm, C>,
        mut grant: Grant<'l, 'm, C>,
    ) -> Result<Status, SendError> {
        let mut frame = [0; LONGEST];
        message.read(0, &mut frame);
        let (status, len) = self.answer(message.source(), &mut frame, message.len());
        grant.write(0, &frame[..len])?;
        message.reply(grant, len)?;
        Ok(status)
    }

    /// Turns the message of `len` bytes in `frame` into its answer, of as many bytes as are returned.
    fn answer(&mut self, source: u32, frame: &mut [u8; LONGEST], len: usize) -> (Status, usize) {
        let (request, body) = match Request::parse(frame, len) {
            Ok(parsed) => parsed,
            Err((request, status)) => return self.refuse(request, status, frame),
        };
        let mut cycles = 0;
        let done = match request.kind {
            Kind::Coefficients => self.clients.design(source, request.format, body),
            Kind::Block => {
                let begin = (self.cycles)();
                let done = self.clients.filter(source, request.format, body);
                cycles = (self.cycles)().wrapping_sub(begin);
                done
            }
        };
        if let Err(status) = done {
            return self.refuse(request, status, frame);
        }
        let (counter, len) = match request.kind {
            Kind::Coefficients => (None, HEADER_LEN),
            Kind::Block => (Some(self.counter), len),
        };
        Reply { request, status: Status::Done, counter, cycles }.emit(frame);
        (Status::Done, len)
    }

    fn refuse(&self, request: Request, status: Status, frame: &mut [u8; LONGEST]) -> (Status, usize) {
        Reply { request, status, counter: None, cycles: 0 }.emit(frame);
        (status, HEADER_LEN)
    }
}
