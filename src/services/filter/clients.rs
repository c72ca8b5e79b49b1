// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whose filter is which.
#![forbid(unsafe_code)]

use super::cascade::Cascade;
use super::wire::{Format, Status};

enum Filter {
    Q15(Cascade<i16>),
    Q31(Cascade<i32>),
    F32(Cascade<f32>),
}

struct Client {
    source: u32,
    /// The turn in which it was last heard.
    heard: u32,
    filter: Filter,
}

/// The filters of up to `N` senders.
pub struct Clients<const N: usize> {
    places: [Option<Client>; N],
    turn: u32,
}

impl<const N: usize> Clients<N> {
    pub const fn new() -> Self {
        Self { places: [const { None }; N], turn: 0 }
    }

    /// Gives the sender a filter, in the place of the one it had.
    pub fn design(&mut self, source: u32, format: Format, body: &[u8]) -> Result<(), Status> {
        let filter = match format {
            Format::Q15 => Filter::Q15(Cascade::new(body)?),
            Format::Q31 => Filter::Q31(Cascade::new(body)?),
            Format::F32 => Filter::F32(Cascade::new(body)?),
        };
        self.turn = self.turn.wrapping_add(1);
        let turn = self.turn;
        let silence = |place: &Option<Client>| match place {
            Some(client) if client.source == source => u64::MAX,
            None => u64::MAX - 1,
            Some(client) => turn.wrapping_sub(client.heard).into(),
        };
        let place = self.places.iter_mut().max_by_key(|place| silence(place)).ok_or(Status::NoFilter)?;
        *place = Some(Client { source, heard: turn, filter });
        Ok(())
    }

    /// Filters the sender's samples, in place.
    pub fn filter(&mut self, source: u32, format: Format, body: &mut [u8]) -> Result<(), Status> {
        let mut clients = self.places.iter_mut().flatten();
        let client = clients.find(|client| client.source == source).ok_or(Status::NoFilter)?;
        self.turn = self.turn.wrapping_add(1);
        client.heard = self.turn;
        match (&mut client.filter, format) {
            (Filter::Q15(cascade), Format::Q15) => cascade.run(body),
            (Filter::Q31(cascade), Format::Q31) => cascade.run(body),
            (Filter::F32(cascade), Format::F32) => cascade.run(body),
            _ => Err(Status::Format),
        }
    }
}
