// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a ring tells of the buffers that were lent to the firmware before this one: on resume `imx_dsp_rproc` loads
//! it anew, over rings that go on, and what it held need not have been taken, or answered, in any order.
//!
//! In a ring's first round all entries are there: a buffer that was lent once more than it was given back is outstanding.
//! Later, the ring's mark says whether everything was given back in the order in which it was lent. If so, what the avail
//! ring has from the used index on is outstanding, whatever order the driver lends in. The rest is for a firmware that held
//! a buffer longer than one that it took later.
//!
//! ```text
//!  avail   first                        given             lent
//!            |  taken and given back,     |  outstanding,   |       all `num` entries of either ring that are
//!            |  or held                   |  or back early  |       there; `lent - given` buffers are outstanding
//!  used      |  given back                |
//! ```
//!
//! Linux's buffers go round in one order: what it lends is always what came back longest ago (`get_a_tx_buf` and
//! `rpmsg_recv_done` in `drivers/rpmsg/virtio_rpmsg_bus.c`, with `virtqueue_get_buf` before each add; the descriptor
//! that it frees is the next to be used, `detach_buf_split` in `drivers/virtio/virtio_ring.c`), and it does so only when
//! all `num` were lent once. So entry `i` of the avail ring is entry `i - num` of the used ring, and Linux has what the
//! used ring gave back from `lent - num` on, each once. Everything else is outstanding, however long it was held.
//!
//! Two of Linux's tasks that send at a time may lend their buffers the other way round, and in the middle of that the used
//! ring tells of one that is lent and not of one that is at home. That is seen, and waited for. A driver that is not
//! Linux's lends as it likes: its ring is refused.
#![forbid(unsafe_code)]

use super::{Layout, Set};
use crate::shm::Coherency;

/// In the place of the bytes written: an entry of the used ring that is no such entry yet, but lists an outstanding
/// buffer. Linux reads none at or after the used index (virtio 2.7.8.2). One that was listed in the ring's first round
/// has the second of them, as the list is written over what tells of the round.
const LISTED: u32 = u32::MAX;
const LISTED_YOUNG: u32 = LISTED - 1;

/// Positions from `from` up to `to`, which may be past the wrap of 2^16.
fn positions(from: u16, to: u16) -> impl DoubleEndedIterator<Item = u16> {
    (0..to.wrapping_sub(from)).map(move |i| from.wrapping_add(i))
}

/// A ring of which `given` entries of the used ring were written, and `lent` of the avail ring, at most a ring more.
struct History<'r, 'm, C> {
    layout: &'r Layout<'m>,
    c: &'r C,
    given: u16,
    lent: u16,
}

/// Finds the buffers that are outstanding. `None` when the rings do not tell.
///
/// `Some(false)`: they are what the avail ring has from `given` on. `Some(true)`: they are not, and are listed in the
/// used ring from `given` up to `lent`, where each stands until that entry is written: first those that are in the avail
/// ring no more, then in the order in which they were lent.
#[cold]
#[inline(never)]
pub(super) fn take_up<C: Coherency>(
    layout: &Layout<'_>,
    c: &C,
    given: u16,
    lent: u16,
    is_in_order: bool,
) -> Option<bool> {
    let history = History { layout, c, given, lent };
    let is_young = history.is_young();
    let found = if is_young {
        history.by_entries()
    } else if is_in_order {
        None
    } else {
        history.by_turn()
    };
    let Some(outstanding) = found else { return (is_in_order && history.has_only_buffers()).then_some(false) };
    let left = outstanding.clone();
    if positions(given, lent).all(|at| left.take(history.lent_at(at))) {
        return Some(false);
    }
    let mark = if is_young { LISTED_YOUNG } else { LISTED };
    let mut slots = positions(given, lent).rev();
    let mut list = |id: u16| slots.next().map(|at| layout.used_ring.store(c, at, [id.into(), mark]));
    // Each where it was lent last.
    for at in positions(lent.wrapping_sub(layout.num()), lent).rev() {
        let id = history.lent_at(at);
        if outstanding.take(id) {
            list(id);
        }
    }
    while let Some(id) = outstanding.take_lowest() {
        list(id);
    }
    Some(true)
}

/// What is read once, in many places, is read out of line.
impl<C: Coherency> History<'_, '_, C> {
    #[inline(never)]
    fn lent_at(&self, at: u16) -> u16 {
        self.layout.avail_ring.load(self.c, at)
    }

    #[inline(never)]
    fn used_at(&self, at: u16) -> [u32; 2] {
        self.layout.used_ring.load(self.c, at)
    }

    /// Whether the indices are those of the ring's first round. Linux zeroes a ring before it uses it, and lends the
    /// buffers by number first. (With `num` lent and some given back, a first round is as any other.)
    fn is_young(&self) -> bool {
        let (num, given, lent) = (self.layout.num(), self.given, self.lent);
        let is_new = |at| match self.used_at(at) {
            [0, 0] => true,
            [_, mark] => at < lent && mark == LISTED_YOUNG,
        };
        given <= lent
            && (lent < num || (lent, given) == (num, 0))
            && positions(given, num).all(is_new)
            && (lent == num || [0, lent].contains(&self.lent_at(lent)))
    }

    /// Whether every entry in the used ring names a buffer. Only we write it, so a number that is too large says that the
    /// ring was overwritten.
    fn has_only_buffers(&self) -> bool {
        let num = self.layout.num();
        positions(self.lent.wrapping_sub(num), self.given).all(|at| self.used_at(at)[0] < num.into())
    }

    /// In the ring's first round: what was lent once more than it was given back.
    fn by_entries(&self) -> Option<Set> {
        let (num, given, lent) = (self.layout.num(), self.given, self.lent);
        let set = Set::default();
        for at in positions(0, lent) {
            let id = self.lent_at(at);
            let [back, _] = self.used_at(at);
            if id >= num || at < given && back >= num.into() {
                return None;
            }
            set.toggle(id);
            if at < given {
                set.toggle(back as u16);
            }
        }
        (set.len() == lent.wrapping_sub(given)).then_some(set)
    }

    /// In a later round: all but what came back since the oldest entry of the avail ring was lent, each once.
    fn by_turn(&self) -> Option<Set> {
        let (num, given, lent) = (self.layout.num(), self.given, self.lent);
        // While Linux writes its next entry, the one at `first` is of neither ring.
        let first = lent.wrapping_sub(num);
        let set = Set::below(num);
        for at in positions(first, given) {
            // A number that is too large is in no set.
            let back = u16::try_from(self.used_at(at)[0]).ok()?;
            if !set.take(back) {
                return None;
            }
        }
        // What was lent since `given` is what came back a ring's length before, unless that was nothing or is written over by
        // a list. Otherwise the driver is not Linux, or in the middle of lending.
        let moved = Set::default();
        for at in positions(given, lent).filter(|at| *at >= num) {
            let [back, len] = self.used_at(at);
            if len < LISTED_YOUNG {
                moved.toggle(back as u16);
                moved.toggle(self.lent_at(at));
            }
        }
        (moved == Set::default() || first == given).then_some(set)
    }
}
