// SPDX-License-Identifier: MIT OR Apache-2.0
//! A set of buffers of one ring.
#![forbid(unsafe_code)]

use core::cell::Cell;

use super::MAX_NUM;

/// Words of a bit for each buffer.
const WORDS: usize = MAX_NUM as usize / 32;

/// A set of buffers, by number.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Set([Cell<u32>; WORDS]);

impl Set {
    /// The numbers below `num`.
    pub(super) fn below(num: u16) -> Self {
        let set = Self::default();
        (0..num).for_each(|id| set.toggle(id));
        set
    }

    /// Where it is noted that `id` is in the set; a number that is too large wraps.
    #[inline(always)]
    fn place(&self, id: u16) -> (&Cell<u32>, u32) {
        (&self.0[usize::from(id / 32) % WORDS], 1 << (id % 32))
    }

    /// `false` when it is in the set already.
    #[inline(always)]
    pub(crate) fn insert(&self, id: u16) -> bool {
        let (word, bit) = self.place(id);
        let old = word.get();
        word.set(old | bit);
        old & bit == 0
    }

    /// Takes out `id`.
    #[inline(always)]
    pub(crate) fn remove(&self, id: u16) {
        let (word, bit) = self.place(id);
        word.set(word.get() & !bit);
    }

    /// Takes out `id`; `false` when it is not in the set, as a number that is too large never is.
    #[inline(never)]
    pub(super) fn take(&self, id: u16) -> bool {
        let found = self.has(id);
        if found {
            self.remove(id);
        }
        found
    }

    /// Takes out `id`, or puts it in where it is not.
    #[inline(never)]
    pub(super) fn toggle(&self, id: u16) {
        let (word, bit) = self.place(id);
        word.set(word.get() ^ bit);
    }

    /// How many there are, one by one: small, and not fast.
    pub(super) fn len(&self) -> u16 {
        self.iter().count() as u16
    }

    /// The numbers in the set, the lowest first. One that is removed or inserted meanwhile may be among them or not.
    pub(super) fn iter(&self) -> impl Iterator<Item = u16> {
        (0..MAX_NUM).filter(|id| self.has(*id))
    }

    fn has(&self, id: u16) -> bool {
        let (word, bit) = self.place(id);
        id < MAX_NUM && word.get() & bit != 0
    }

    pub(crate) fn clear(&self) {
        self.0.iter().for_each(|word| word.set(0));
    }

    /// Takes the lowest out of the set.
    #[inline(never)]
    pub(crate) fn take_lowest(&self) -> Option<u16> {
        let (i, word) = self.0.iter().enumerate().find(|(_, word)| word.get() != 0)?;
        let bit = word.get().trailing_zeros();
        word.set(word.get() & (word.get() - 1));
        Some((32 * i) as u16 + bit as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_taken_out_without_a_trace() {
        let set = Set::default();
        set.remove(33);
        assert!(set.insert(33), "taking it out has put it in");
        assert!(!set.insert(33) && set.take(33) && !set.take(33));
        assert!(set.insert(5) && !set.take(256 + 5) && set.take(5));
        assert!(set == Set::default());
    }

    #[test]
    fn the_lowest_come_first() {
        let set = Set::below(256);
        assert_eq!(set.len(), 256);
        assert!((0..256).all(|id| set.take_lowest() == Some(id)));
        assert_eq!((set.take_lowest(), set.len()), (None, 0));
    }
}
