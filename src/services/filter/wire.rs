// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bytes of messages and answers, as docs/filter.md has them.
#![forbid(unsafe_code)]

use super::LONGEST;
use crate::arch::Counter;

/// Bytes before the coefficients or samples, both ways.
pub const HEADER_LEN: usize = 16;

/// Set in the kind of an answer.
const ANSWER: u8 = 0x80;

/// Biquads of a filter at most.
pub const MAX_SECTIONS: usize = 8;

/// Coefficients of a biquad: b0 b1 b2 a1 a2.
pub const COEFFICIENTS: usize = 5;

/// What an answer says of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Done as asked.
    Done = 0,
    /// The message is shorter than its header or not as long as its count says, or its reserved bytes are not zero.
    Length = 1,
    /// There is no such kind of message.
    Kind = 2,
    /// There is no such number format, or it is not that of the sender's coefficients.
    Format = 3,
    /// No section, more than 8, or no sample.
    Count = 4,
    /// A coefficient is no number, or a section is not stable.
    Coefficient = 5,
    /// The sender has no filter, or no longer.
    NoFilter = 6,
    /// A sample is no number; the filter is as it was.
    Sample = 7,
    /// The numbers became too large for f32; the filter starts anew.
    Overflow = 8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Coefficients = 1,
    Block = 2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Q15 = 1,
    Q31 = 2,
    F32 = 3,
}

impl Format {
    /// Bytes of a number.
    fn size(self) -> usize {
        match self {
            Self::Q15 => 2,
            Self::Q31 | Self::F32 => 4,
        }
    }
}

/// A request's header. What is refused is answered with its own bytes 0, 1 and 4 to 7.
#[derive(Clone, Copy)]
pub struct Request {
    pub kind: Kind,
    pub format: Format,
    said: [u8; 2],
    count: u16,
    sequence: [u8; 4],
}

impl Default for Request {
    /// What a message says that is too short to say anything.
    fn default() -> Self {
        Self { kind: Kind::Block, format: Format::Q15, said: [0; 2], count: 0, sequence: [0; 4] }
    }
}

impl Request {
    /// The header of a message of `len` bytes and what follows it, which is as long as it has to be; or why there is
    /// none. What is longer than a frame is cut there.
    pub fn parse(frame: &mut [u8; LONGEST], len: usize) -> Result<(Self, &mut [u8]), (Self, Status)> {
        let mut request = Self::default();
        let message = &mut frame[..len.min(LONGEST)];
        let Some((header, body)) = message.split_first_chunk_mut::<HEADER_LEN>() else {
            return Err((request, Status::Length));
        };
        let [kind, format, count0, count1, s0, s1, s2, s3, reserved @ ..] = *header;
        request.said = [kind, format];
        request.count = u16::from_le_bytes([count0, count1]);
        request.sequence = [s0, s1, s2, s3];
        request.kind = match kind {
            1 => Kind::Coefficients,
            2 => Kind::Block,
            _ => return Err((request, Status::Kind)),
        };
        request.format = match format {
            1 => Format::Q15,
            2 => Format::Q31,
            3 => Format::F32,
            _ => return Err((request, Status::Format)),
        };
        let count = usize::from(request.count);
        let numbers = match request.kind {
            Kind::Coefficients if count > MAX_SECTIONS => return Err((request, Status::Count)),
            Kind::Coefficients => count * COEFFICIENTS,
            Kind::Block => count,
        };
        if numbers == 0 {
            return Err((request, Status::Count));
        }
        let Some(body) = body.get_mut(..numbers * request.format.size()) else {
            return Err((request, Status::Length));
        };
        if len != HEADER_LEN + body.len() || reserved != [0; 8] {
            return Err((request, Status::Length));
        }
        Ok((request, body))
    }
}

/// An answer's header.
pub struct Reply {
    pub request: Request,
    pub status: Status,
    /// What the cycles were counted by, if they were.
    pub counter: Option<Counter>,
    pub cycles: u32,
}

impl Reply {
    pub fn emit(&self, frame: &mut [u8; LONGEST]) {
        let [kind, format] = self.request.said;
        let count = if self.status == Status::Done { self.request.count } else { 0 };
        let counter = match self.counter {
            None => 0,
            Some(Counter::Ccount) => 1,
            Some(Counter::SysTick) => 2,
        };
        frame[0..2].copy_from_slice(&[kind | ANSWER, format]);
        frame[2..4].copy_from_slice(&count.to_le_bytes());
        frame[4..8].copy_from_slice(&self.request.sequence);
        frame[8..12].copy_from_slice(&[self.status as u8, counter, 0, 0]);
        frame[12..16].copy_from_slice(&self.cycles.to_le_bytes());
    }
}
