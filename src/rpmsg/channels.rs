// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the peer has been told of our endpoints.
#![forbid(unsafe_code)]

use core::cell::Cell;

use super::addresses::Addresses;
use crate::wire::name_service::{Announcement, Change, Name};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Nothing: the announcement waits for a buffer.
    Nothing,
    /// That it exists.
    Created,
    /// That it exists, which is no longer true.
    Outdated,
}

#[derive(Clone, Copy)]
struct Channel<'m> {
    name: &'m str,
    told: Told,
}

/// The named endpoints of a link, by slot.
pub struct Channels<'m, const N: usize>([Cell<Option<Channel<'m>>>; N]);

impl<'m, const N: usize> Channels<'m, N> {
    pub(super) const fn new() -> Self {
        Self([const { Cell::new(None) }; N])
    }

    /// The endpoint in `slot` is to be announced as `name`, which was checked.
    pub(super) fn open(&self, slot: usize, name: &'m str) {
        if let Some(cell) = self.0.get(slot) {
            cell.set(Some(Channel { name, told: Told::Nothing }));
        }
    }

    /// The endpoint is closed; `false` when the peer has yet to be told.
    pub(super) fn close(&self, slot: usize) -> bool {
        let Some(cell) = self.0.get(slot) else { return true };
        let left = cell.get().filter(|channel| channel.told != Told::Nothing);
        cell.set(left.map(|channel| Channel { told: Told::Outdated, ..channel }));
        left.is_none()
    }

    /// The peer knows of no channel any more. Slots that waited for it to be told are free.
    pub(super) fn forget(&self, addresses: &Addresses<N>) {
        for (slot, cell) in self.0.iter().enumerate() {
            let Some(channel) = cell.get() else { continue };
            if channel.told == Told::Outdated {
                cell.set(None);
                addresses.free(slot);
            } else {
                cell.set(Some(Channel { told: Told::Nothing, ..channel }));
            }
        }
    }

    /// Calls `tell` for each channel of which the peer has to be told something, until it says no. Slots
    /// that waited for that are free.
    pub(super) fn tell(&self, addresses: &Addresses<N>, mut tell: impl FnMut(Announcement) -> bool) {
        for (slot, cell) in self.0.iter().enumerate() {
            let Some(channel) = cell.get() else { continue };
            if channel.told == Told::Created {
                continue;
            }
            let Some(name) = Name::new(channel.name) else { continue };
            let gone = channel.told == Told::Outdated;
            let change = if gone { Change::Destroy } else { Change::Create };
            if !tell(Announcement { name, addr: addresses.taken(slot), change }) {
                return;
            }
            cell.set((!gone).then_some(Channel { told: Told::Created, ..channel }));
            if gone {
                addresses.free(slot);
            }
        }
    }
}
