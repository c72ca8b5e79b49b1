// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the rings of a link are, in memory that outlives the firmware: said to the one that is loaded over it.
//!
//! On resume from suspend `imx_dsp_rproc` loads the segments again, the resource table with them, and goes on with the
//! rings of before (`imx_dsp_load_firmware`): nobody tells the new firmware where they are. It kicks right after it has
//! released the core, without waiting for the ready doorbell, so that the kick may be read away by start-up, which cannot
//! tell it from a word that an earlier run has left there.
//!
//! ```text
//! bytes  0  4      8    12        16
//!        da align  num  notifyid  check     of vring0, and from 20 on of vring1
//! ```
#![forbid(unsafe_code)]

use crate::shm::{Coherency, Head, Span};
use crate::vring::RingAddress;

/// What the check begins with, so that memory of one value is no note.
const KEY: u32 = 0x5269_6e67;

/// Words of a ring.
const WORDS: usize = 5;

/// A place for the note of one link. Whatever is in it is taken for an allegation, as what Linux writes is: it may be of
/// another firmware, or of nobody.
#[derive(Clone, Copy)]
pub struct Note<'m>(Head<'m, { Note::LEN }>);

impl<'m> Note<'m> {
    /// Bytes of a note.
    pub const LEN: u32 = 2 * 4 * WORDS as u32;

    /// The note in `span`, which nobody else writes, and which shares no cache line with what others write. `None` when
    /// the span is too short.
    pub const fn new(span: Span<'m>) -> Option<Self> {
        match span.head() {
            Some(head) => Some(Self(head)),
            None => None,
        }
    }

    /// Whether a link was up when the firmware of before came to its end, as far as the note tells.
    pub fn is_there<C: Coherency>(&self, c: &C) -> bool {
        self.rings(c).is_some()
    }

    /// Forgets both rings.
    #[cold]
    pub fn clear<C: Coherency>(&self, c: &C) {
        (0..2).for_each(|index| self.forget(c, index));
    }

    /// The rings, each with the identifier that its kicks carry. Both or none: it is a link that goes on.
    pub(super) fn rings<C: Coherency>(&self, c: &C) -> Option<[(RingAddress, u32); 2]> {
        Some([self.ring(c, 0)?, self.ring(c, 1)?])
    }

    #[inline(never)]
    fn ring<C: Coherency>(&self, c: &C, index: u8) -> Option<(RingAddress, u32)> {
        let [da, align, num, notifyid, check] = self.0.span().read_words(c, at(index))?;
        (check == check_of([da, align, num, notifyid])).then_some((RingAddress { da, align, num }, notifyid))
    }

    /// Notes ring `index`.
    pub(super) fn keep<C: Coherency>(&self, c: &C, index: u8, ring: RingAddress, notifyid: u32) {
        let RingAddress { da, align, num } = ring;
        self.write(c, index, [da, align, num, notifyid, check_of([da, align, num, notifyid])]);
    }

    /// Takes ring `index` back.
    pub(super) fn forget<C: Coherency>(&self, c: &C, index: u8) {
        self.write(c, index, [0; WORDS]);
    }

    #[inline(never)]
    fn write<C: Coherency>(&self, c: &C, index: u8, words: [u32; WORDS]) {
        // The words of both rings fit.
        let _ = self.0.span().write_words(c, at(index), words);
        c.barrier();
    }
}

/// Where the words of ring `index` are.
fn at(index: u8) -> u32 {
    u32::from(index) * 4 * WORDS as u32
}

/// Never 0 for words that are all 0: each step maps a number that is not 0 to another that is not.
fn check_of(words: [u32; WORDS - 1]) -> u32 {
    words.iter().fold(KEY, |check, word| (check.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Host;
    use std::vec::Vec;

    const RINGS: [(RingAddress, u32); 2] = [
        (RingAddress { da: 0x942f_0000, align: 4096, num: 256 }, 0),
        (RingAddress { da: 0xc000_8000, align: 128, num: 8 }, 3),
    ];

    /// What a note in `memory` says.
    fn said(memory: &mut [u32]) -> Option<[(RingAddress, u32); 2]> {
        Note::new(crate::shm::tests::span_of(memory)).unwrap().rings(&Host)
    }

    fn noted(rings: &[usize]) -> Vec<u32> {
        let mut memory = Vec::from([0xa5a5_a5a5; Note::LEN as usize / 4]);
        let note = Note::new(crate::shm::tests::span_of(&mut memory)).unwrap();
        for &i in rings {
            note.keep(&Host, i as u8, RINGS[i].0, RINGS[i].1);
        }
        memory
    }

    #[test]
    fn both_rings_are_told_or_none() {
        assert_eq!(said(&mut noted(&[0, 1])), Some(RINGS));
        assert_eq!(said(&mut noted(&[0])), None);
        assert_eq!(said(&mut noted(&[1])), None);
    }

    #[test]
    fn memory_that_is_no_note_says_nothing() {
        for word in [0, 1, 0xa5a5_a5a5, 0xffff_ffff, KEY] {
            assert_eq!(said(&mut [word; Note::LEN as usize / 4]), None);
        }
    }

    #[test]
    fn a_bit_that_changed_makes_it_none() {
        for bit in 0..8 * Note::LEN as usize {
            let mut memory = noted(&[0, 1]);
            memory[bit / 32] ^= 1 << (bit % 32);
            assert_eq!(said(&mut memory), None, "bit {bit}");
        }
    }

    #[test]
    fn what_was_forgotten_is_not_told() {
        let ways: [fn(Note<'_>); 3] =
            [|note| note.forget(&Host, 0), |note| note.forget(&Host, 1), |note| note.clear(&Host)];
        for forget in ways {
            let mut memory = noted(&[0, 1]);
            forget(Note::new(crate::shm::tests::span_of(&mut memory)).unwrap());
            assert_eq!(said(&mut memory), None);
        }
    }

    #[test]
    fn there_is_none_in_less_memory() {
        assert!(Note::new(crate::shm::tests::span_of(&mut [0; Note::LEN as usize / 4 - 1])).is_none());
    }
}
