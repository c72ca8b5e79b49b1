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

/// The entries of a ring. Read out of line: this is done once, and in many places.
struct Entries<'r, 'm, C> {
    layout: &'r Layout<'m>,
    c: &'r C,
}

impl<C: Coherency> Entries<'_, '_, C> {
    #[inline(never)]
    fn lent(&self, at: u16) -> u16 {
        self.layout.avail_ring.load(self.c, at)
    }

    #[inline(never)]
    fn used(&self, at: u16) -> [u32; 2] {
        self.layout.used_ring.load(self.c, at)
    }

    #[inline(never)]
    fn list(&self, at: u16, id: u16, mark: u32) {
        self.layout.used_ring.store(self.c, at, [id.into(), mark]);
    }
}

/// Finds the buffers that are outstanding when `given` entries of the used ring were written, and `lent` of the avail
/// ring, at most a ring more. `None` when the rings contradict themselves.
///
/// `Some(false)`: they are what the avail ring has from `given` on. `Some(true)`: they are not, and are listed in the
/// used ring from `given` up to `lent`, where each stands until that entry is written: first those that are in the avail
/// ring no more, then in the order in which they were lent.
#[cold]
#[inline(never)]
pub(super) fn take_up<C: Coherency>(layout: &Layout<'_>, c: &C, given: u16, lent: u16) -> Option<bool> {
    let entries = Entries { layout, c };
    let is_young = is_young(&entries, layout.num(), given, lent);
    let Some(outstanding) = outstanding(&entries, layout.num(), given, lent, is_young)? else { return Some(false) };
    let left = outstanding.clone();
    if positions(given, lent).all(|at| left.take(entries.lent(at))) {
        return Some(false);
    }
    let mut slots = positions(given, lent).rev();
    let mark = if is_young { LISTED_YOUNG } else { LISTED };
    let mut list = |id: u16| slots.next().map(|at| entries.list(at, id, mark));
    // Each where it was lent last.
    for at in positions(lent.wrapping_sub(layout.num()), lent).rev() {
        let id = entries.lent(at);
        if outstanding.take(id) {
            list(id);
        }
    }
    while let Some(id) = outstanding.take_lowest() {
        list(id);
    }
    Some(true)
}

/// Whether the indices are those of the ring's first round. Linux zeroes a ring before it uses it, and lends the buffers by
/// number first. (With `num` lent and some given back, a first round is as any other.)
fn is_young<C: Coherency>(entries: &Entries<'_, '_, C>, num: u16, given: u16, lent: u16) -> bool {
    let used_at = |at| entries.used(at);
    if lent < num {
        given <= lent
            && positions(lent, num).all(|at| used_at(at) == [0; 2])
            && positions(given, lent).all(|at| used_at(at) == [0; 2] || used_at(at)[1] == LISTED_YOUNG)
            && [0, lent].contains(&entries.lent(lent))
    } else {
        (lent, given) == (num, 0) && positions(0, num).all(|at| used_at(at) == [0; 2])
    }
}

/// What is outstanding; `Some(None)` when that is the rest of the avail ring, whatever it says.
fn outstanding<C: Coherency>(
    entries: &Entries<'_, '_, C>,
    num: u16,
    given: u16,
    lent: u16,
    is_young: bool,
) -> Option<Option<Set>> {
    // While Linux writes its next entry, the one at `first` is of neither ring. Then nothing fits by entries.
    let first = if is_young { 0 } else { lent.wrapping_sub(num) };

    // All but what is at home: what the used ring gave back a turn ago.
    let by_turn = Set::below(num);
    // What was lent once more than it was given back.
    let by_entry = Set::default();
    // What was lent since `given` is what came back a ring's length before: unless that was nothing, or is written over
    // by a list.
    let moved = Set::default();
    let (mut is_turn, mut is_in_order, mut is_valid) = (!is_young, true, true);
    for at in positions(first, lent) {
        let (lent_id, [used_id, len]) = (entries.lent(at), entries.used(at));
        is_valid &= lent_id < num;
        by_entry.toggle(lent_id);
        if at.wrapping_sub(first) < given.wrapping_sub(first) {
            is_in_order &= u32::from(lent_id) == used_id;
            is_valid &= used_id < num.into();
            by_entry.toggle(used_id as u16);
            is_turn = is_turn && used_id < num.into() && by_turn.take(used_id as u16);
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
