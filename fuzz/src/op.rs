// SPDX-License-Identifier: MIT OR Apache-2.0
//! One step of a run: 8 bytes of input, whatever they are.

use arbitrary::{Arbitrary, Unstructured};

/// A step: what to do, and with what. Each target says what it makes of the operands.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    /// What to do; a target takes it modulo the number of things it can do.
    pub code: u8,
    /// First operand.
    pub a: u8,
    /// Second operand.
    pub b: u16,
    /// Third operand.
    pub word: u32,
}

/// Most steps of a run, so that each ends soon.
const MAX_STEPS: usize = 512;

impl Op {
    /// The 8 bytes that decode to this step.
    pub fn bytes(self) -> [u8; 8] {
        let [b0, b1] = self.b.to_le_bytes();
        let [w0, w1, w2, w3] = self.word.to_le_bytes();
        [self.code, self.a, b0, b1, w0, w1, w2, w3]
    }

    /// The steps that `data` holds.
    pub fn all(data: &[u8]) -> impl Iterator<Item = Self> {
        let mut input = Unstructured::new(data);
        std::iter::from_fn(move || if input.len() < 8 { None } else { input.arbitrary().ok() }).take(MAX_STEPS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_steps_are_one() {
        let ops = [Op { code: 1, a: 2, b: 0x0403, word: 0x0807_0605 }, Op { code: 9, a: 0, b: 7, word: u32::MAX }];
        let data: Vec<u8> = ops.into_iter().flat_map(Op::bytes).collect();
        assert_eq!(data[..8], [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(Op::all(&data).collect::<Vec<_>>(), ops);
        assert_eq!(Op::all(&data[..15]).count(), 1);
    }
}
