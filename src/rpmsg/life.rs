// SPDX-License-Identifier: MIT OR Apache-2.0
//! The life of a link: when its rings are attached and let go of.
#![forbid(unsafe_code)]

use core::cell::Cell;

use super::half::{Half, Origin, Phase};
use super::live_table::LiveTable;
use super::note::Note;
use crate::shm::{Coherency, Shm};
use crate::vring::{AttachError, DeviceRing, RingAddress};

/// Why the link went down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Down {
    /// Linux took its driver back.
    DriverGone,
    /// Linux set up the rings anew.
    RingsReset,
    /// A ring could not be trusted any more; the link waits for Linux to reset it.
    RingBroken,
}

/// A change in the life of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The link is up. Endpoints are announced; all are unbound.
    Up {
        /// Where the ring addresses came from.
        origin: Origin,
        /// Descriptors of each ring: vring0, vring1.
        num: [u16; 2],
        /// Addresses of the rings, as Linux told them ([`RingAddress::da`]).
        da: [u32; 2],
        /// Buffers that the rings say were used before this attachment.
        history: u16,
    },
    /// Linux described a ring that cannot be used: which, and why. Said once for each reason.
    Refused(usize, AttachError),
    /// The link is down.
    Down(Down),
    /// The ring of this number is stuck: Linux has lent all of its descriptors, and none of them has a good buffer. The
    /// link stays up, as the other ring may still work. This ring works again when Linux corrects descriptors of vring0,
    /// lends others or sets the rings up again.
    Stuck(usize),
    /// There are good buffers again in a ring that was [stuck](Self::Stuck).
    Moving(usize),
}

/// What the life of the rings depends on. The rings of one link live together; those of a split link live apart,
/// each by the same rules.
#[derive(Clone)]
pub(super) struct Life<'m> {
    table: LiveTable<'m>,
    fallback: Option<[RingAddress; 2]>,
    note: Option<Note<'m>>,
    kicked: Cell<bool>,
    refused: Cell<Option<(usize, AttachError)>>,
}

impl<'m> Life<'m> {
    pub(super) fn new(table: LiveTable<'m>, fallback: Option<[RingAddress; 2]>) -> Self {
        Self { table, fallback, note: None, kicked: Cell::new(false), refused: Cell::new(None) }
    }

    pub(super) fn with_note(self, note: Note<'m>) -> Self {
        Self { note: Some(note), ..self }
    }

    /// One step; `kicked` says whether a kick came since the last one.
    #[inline(never)]
    pub(super) fn step<C: Coherency>(&self, halves: &[&Half<'m, C>], kicked: bool) -> Option<Event> {
        let kicked = kicked | self.kicked.get();
        halves.iter().for_each(|half| half.refresh());
        let event = self.gone(halves).or_else(|| self.come(halves, kicked));
        // A kick counts until a link has come of it.
        self.kicked.set(kicked && halves.iter().any(|half| half.phase.get() == Phase::Detached));
        event
    }

    /// Lets go of rings that are over; the end of those that broke was said before.
    fn gone<C: Coherency>(&self, halves: &[&Half<'m, C>]) -> Option<Event> {
        let mut said = None;
        for half in halves {
            let (Phase::Ready(origin) | Phase::Broken(origin)) = half.phase.get() else { continue };
            if let Some(why) = self.reset_seen(half, origin) {
                if matches!(half.phase.get(), Phase::Ready(_)) {
                    said = said.or(Some(why));
                }
                halves.iter().for_each(|half| self.let_go(half));
            }
        }
        if said.is_none() && halves.iter().any(|half| half.is_distrusted()) {
            halves.iter().for_each(|half| half.distrust());
            said = Some(Down::RingBroken);
        }
        said.map(Event::Down)
    }

    /// Why the ring is no longer the one that was attached, if it is not.
    fn reset_seen<C: Coherency>(&self, half: &Half<'m, C>, origin: Origin) -> Option<Down> {
        let driver_ok = self.table.ready(half.shm.coherency()).is_some();
        match origin {
            Origin::Table if !driver_ok => Some(Down::DriverGone),
            Origin::Board | Origin::Note if driver_ok => Some(Down::RingsReset),
            _ => (!half.ring.is_ours(&half.shm)).then_some(Down::RingsReset),
        }
    }

    /// Lets go of a ring, and of the note of it: what Linux does with it from then on is not seen.
    #[inline(never)]
    fn let_go<C: Coherency>(&self, half: &Half<'m, C>) {
        half.detach();
        if let Some(note) = self.note {
            note.forget(half.shm.coherency(), half.index);
        }
    }

    /// The rings of a firmware that was cut off while its link was up. Whoever starts this core for a new driver writes
    /// the table or clears the note, and whoever sets up a ring clears its mark.
    #[inline(never)]
    fn noted<C: Coherency>(&self, shm: &Shm<'m, C>) -> Option<[(RingAddress, u32); 2]> {
        let c = shm.coherency();
        let rings = self.note?.rings(c)?;
        let marked = || rings.iter().all(|(ring, _)| DeviceRing::was_attached(shm, *ring));
        (self.table.is_pristine(c) && marked()).then_some(rings)
    }

    /// Attaches rings that are not.
    fn come<C: Coherency>(&self, halves: &[&Half<'m, C>], kicked: bool) -> Option<Event> {
        let shm = &halves.iter().find(|half| half.phase.get() == Phase::Detached)?.shm;
        let c = shm.coherency();
        let (origin, rings) = if let Some(place) = self.table.ready(c) {
            // DRIVER_OK was read before the addresses that it vouches for.
            c.barrier();
            (Origin::Table, [self.table.ring(place, c, 0), self.table.ring(place, c, 1)])
        } else if let Some(rings) = self.noted(shm) {
            (Origin::Note, rings)
        } else if kicked && self.table.is_pristine(c) {
            // Only a kernel that does not know the table kicks without having written it.
            let [first, second] = self.fallback?;
            (Origin::Board, [(first, 0), (second, 1)])
        } else {
            return None;
        };
        if rings[0].0.overlaps(rings[1].0, shm) {
            // What we write into one would be read in the other: a reset, for one.
            return self.refuse(halves, 1, AttachError::Overlap);
        }
        let mut history = 0u16;
        // The ring that was refused last comes first. While it stays refused, the other one is not attached in vain: that
        // takes long when its history has to be examined.
        let refused = self.refused.get().map(|(index, _)| index);
        let is_refused = |half: &&&Half<'m, C>| refused == Some(half.index.into());
        let (first, others) = (halves.iter().filter(is_refused), halves.iter().filter(|half| !is_refused(half)));
        for half in first.chain(others).filter(|half| half.phase.get() == Phase::Detached) {
            let (address, notifyid) = rings[usize::from(half.index)];
            match half.attach(address, notifyid, origin) {
                Ok(used) => {
                    history = history.saturating_add(used);
                    if let Some(note) = self.note {
                        note.keep(c, half.index, address, notifyid);
                    }
                }
                Err(error) => return self.refuse(halves, half.index.into(), error),
            }
        }
        self.refused.set(None);
        let num = rings.map(|(ring, _)| ring.num as u16);
        Some(Event::Up { origin, num, da: rings.map(|(ring, _)| ring.da), history })
    }

    /// Uses none of the rings, and says so once.
    #[inline(never)]
    fn refuse<C: Coherency>(&self, halves: &[&Half<'m, C>], index: usize, error: AttachError) -> Option<Event> {
        halves.iter().for_each(|half| self.let_go(half));
        let refused = Some((index, error));
        (self.refused.replace(refused) != refused).then_some(Event::Refused(index, error))
    }
}
