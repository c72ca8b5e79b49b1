// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a filter computes with.
#![forbid(unsafe_code)]

use super::wire::COEFFICIENTS;

/// A number format: the type of samples and of coefficients.
pub trait Number: Copy + Default {
    /// Bytes of a number in a message.
    const SIZE: usize;

    /// What rounding a section's output has left over, which its next output gets: errors that a pole near 1 would
    /// amplify cancel out.
    type Rest: Copy + Default;

    /// The number in the first bytes, little endian.
    fn get(bytes: &[u8]) -> Self;

    /// Puts the number into the bytes.
    fn put(self, bytes: &mut [u8]);

    /// Whether one may compute with it.
    fn is_number(self) -> bool;

    /// Whether the poles of a section with these coefficients lie within the unit circle: |a2| < 1, |a1| < 1 + a2.
    fn is_stable(a1: Self, a2: Self) -> bool;

    /// b0 x + b1 x1 + b2 x2 - a1 y1 - a2 y2, of b0 b1 b2 a1 a2 and x x1 x2 y1 y2.
    fn section(coefficients: &[Self; COEFFICIENTS], taps: &[Self; COEFFICIENTS], rest: &mut Self::Rest) -> Self;
}
