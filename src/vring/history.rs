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
/// buffer. Linux reads none at or after the used index (virtio 2.7.8.2).
const LISTED: u32 = u32::MAX;

/// Positions from `from` up to `to`, which may be past the wrap of 2^16.
fn positions(from: u16, to: u16) -> impl DoubleEndedIterator<Item = u16> {
    (0..to.wrapping_sub(from)).map(move |i| from.wrapping_add(i))
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
    let lent_at = |at| layout.avail_ring.load(c, at);
    let Some(outstanding) = outstanding(layout, c, given, lent)? else { return Some(false) };
    let left = outstanding.clone();
    if positions(given, lent).all(|at| left.take(lent_at(at))) {
        return Some(false);
    }
    let mut slots = positions(given, lent).rev();
    let mut list = |id: u16| slots.next().map(|at| layout.used_ring.store(c, at, [id.into(), LISTED]));
    // Each where it was lent last.
    for at in positions(lent.wrapping_sub(layout.num()), lent).rev() {
        let id = lent_at(at);
        if outstanding.take(id) {
            list(id);
        }
    }
    while let Some(id) = outstanding.take_lowest() {
        list(id);
    }
    Some(true)
}

/// What is outstanding; `Some(None)` when that is the rest of the avail ring, whatever it says.
fn outstanding<C: Coherency>(layout: &Layout<'_>, c: &C, given: u16, lent: u16) -> Option<Option<Set>> {
    let num = layout.num();
    let valid = |id: u32| u16::try_from(id).ok().filter(|id| *id < num);
    let lent_at = |at| u32::from(layout.avail_ring.load(c, at));
    let used_at = |at| layout.used_ring.load(c, at);
    // Linux zeroes a ring before it uses it, and lends the buffers by number first. (With `num` lent and some given back, a
    // first round is as any other.)
    let is_young = if lent < num {
        given <= lent
            && positions(lent, num).all(|at| used_at(at) == [0; 2])
            && positions(given, lent).all(|at| used_at(at) == [0; 2] || used_at(at)[1] == LISTED)
            && [0, lent.into()].contains(&lent_at(lent))
    } else {
        (lent, given) == (num, 0) && positions(0, num).all(|at| used_at(at) == [0; 2])
    };
    // While Linux writes its next entry, the one at `first` is of neither ring. Then nothing fits by entries.
    let first = if is_young { 0 } else { lent.wrapping_sub(num) };

    // All but what is at home.
    let by_turn = Set::below(num);
    let is_turn =
        !is_young && positions(first, given).all(|at| valid(used_at(at)[0]).is_some_and(|id| by_turn.take(id)));
    // What was lent since `given` is what came back a ring's length before: unless that was nothing, or is written over
    // by a list.
    let moved = Set::default();
    for at in positions(given, lent).filter(|at| *at >= num) {
        let [id, len] = used_at(at);
        if len != LISTED {
            moved.toggle(id as u16);
            moved.toggle(lent_at(at) as u16);
        }
    }
    if is_turn && (moved.len() == 0 || first == given) {
        return Some(Some(by_turn));
    }
    if !is_turn && positions(first, given).all(|at| lent_at(at) == used_at(at)[0]) {
        return Some(None);
    }
    // What was lent once more than it was given back.
    let by_entry = Set::default();
    let mut ids = positions(first, lent).map(lent_at).chain(positions(first, given).map(|at| used_at(at)[0]));
    let is_valid = ids.all(|id| valid(id).map(|id| by_entry.toggle(id)).is_some());
    let is_right = is_valid && by_entry.len() == lent.wrapping_sub(given).into() && (!is_turn || by_entry == by_turn);
    is_right.then_some(Some(by_entry))
}
