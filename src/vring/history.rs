// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a ring tells of the buffers that were lent to the firmware before this one: on resume `imx_dsp_rproc` loads
//! it anew, over rings that go on, and what it held need not have been taken, or answered, in any order.
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
//! Linux's lends as it likes, and what a ring's first round tells has no round before it. For these there are the entries
//! themselves: while all before `given` was given back in the order in which it was lent, the rest of the avail ring is
//! what is outstanding, good or bad; otherwise it is what was lent once more than it was given back. That is right for any
//! driver while the rings show all that happened, and later unless something was held for a whole ring's length.
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

/// Finds the buffers that are outstanding. `None` when the rings contradict themselves.
///
/// `Some(false)`: they are what the avail ring has from `given` on. `Some(true)`: they are not, and are listed in the
/// used ring from `given` up to `lent`, where each stands until that entry is written: first those that are in the avail
/// ring no more, then in the order in which they were lent.
#[cold]
#[inline(never)]
pub(super) fn take_up<C: Coherency>(layout: &Layout<'_>, c: &C, given: u16, lent: u16) -> Option<bool> {
    let history = History { layout, c, given, lent };
    let is_young = history.is_young();
    let sets = [Set::below(layout.num()), Set::default()];
    let Some(outstanding) = history.outstanding(is_young, &sets)? else { return Some(false) };
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

    /// What is outstanding, in one of the sets: all buffers, and none. `Some(None)` when it is the rest of the avail ring,
    /// whatever that says.
    fn outstanding<'s>(&self, is_young: bool, [by_turn, by_entry]: &'s [Set; 2]) -> Option<Option<&'s Set>> {
        let (num, given, lent) = (self.layout.num(), self.given, self.lent);
        // While Linux writes its next entry, the one at `first` is of neither ring. Then nothing fits by entries.
        let first = if is_young { 0 } else { lent.wrapping_sub(num) };
        // What was lent since `given` is what came back a ring's length before: unless that was nothing, or is written over
        // by a list.
        let moved = Set::default();
        let (mut is_turn, mut is_in_order, mut is_valid) = (!is_young, true, true);
        for at in positions(first, lent) {
            let (lent_id, [used_id, len]) = (self.lent_at(at), self.used_at(at));
            is_valid &= lent_id < num;
            // What was lent once more than it was given back.
            by_entry.toggle(lent_id);
            if at.wrapping_sub(first) < given.wrapping_sub(first) {
                is_in_order &= u32::from(lent_id) == used_id;
                let is_number = used_id < num.into();
                is_valid &= is_number;
                by_entry.toggle(used_id as u16);
                // All but what is at home: what the used ring gave back a turn ago.
                is_turn = is_turn && is_number && by_turn.take(used_id as u16);
            } else if at >= num && len < LISTED_YOUNG {
                moved.toggle(used_id as u16);
                moved.toggle(lent_id);
            }
        }
        if is_turn && (moved == Set::default() || first == given) {
            return Some(Some(by_turn));
        }
        if !is_turn && is_in_order {
            return Some(None);
        }
        let is_right = is_valid && by_entry.len() == lent.wrapping_sub(given) && (!is_turn || by_entry == by_turn);
        is_right.then_some(Some(by_entry))
    }
}
