// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whatever is in the file, the check ends with findings, never with a panic.

#[allow(dead_code)]
mod good;

use check_elf::check;
use good::elf::Elf;

/// xorshift64: the same damage on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// Values at the edges of 32-bit arithmetic and of the format.
const EDGES: [u32; 12] =
    [0, 1, 3, 7, 0x7f, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fffc, 0xffff_fffe, 0xffff_ffff];

fn good_ones() -> [Elf; 2] {
    [Elf::good(), Elf::good_m7()]
}

#[test]
fn every_length() {
    for elf in good_ones() {
        let (board, bytes) = (elf.board(), elf.build());
        for length in 0..bytes.len() {
            assert!(!check(&board, &bytes[..length]).is_fit(), "{length} bytes of {} for {}", bytes.len(), board.name);
        }
    }
}

#[test]
fn every_word_at_every_edge() {
    for elf in good_ones() {
        let (board, good) = (elf.board(), elf.build());
        for offset in (0..good.len() - 3).step_by(4) {
            for edge in EDGES {
                let mut bytes = good.clone();
                bytes[offset..offset + 4].copy_from_slice(&edge.to_le_bytes());
                check(&board, &bytes);
            }
        }
    }
}

#[test]
fn many_words_at_once() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let good = good_ones().map(|elf| (elf.board(), elf.build()));
    for (board, good) in good.iter().cycle().take(10_000) {
        let mut bytes = good.clone();
        for _ in 0..1 + random.below(12) {
            let offset = random.below(bytes.len() - 3);
            let word = match random.below(2) {
                0 => EDGES[random.below(EDGES.len())],
                _ => random.below(1 << 32) as u32,
            };
            bytes[offset..offset + 4].copy_from_slice(&word.to_le_bytes());
        }
        for finding in check(board, &bytes).findings {
            assert!(!finding.to_string().is_empty());
        }
    }
}
