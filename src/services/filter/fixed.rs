// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fixed point. Samples are fractions, -1 to just below 1; coefficients have one bit more before the point, -2 to just
//! below 2. A result that does not fit is the nearest that does.
#![forbid(unsafe_code)]

use super::number::Number;
use super::wire::COEFFICIENTS;

/// Fraction bits of coefficients.
const Q14: u32 = 14;
const Q30: u32 = 30;

/// Bits of each product that Q31 does without, so that five products fit 64 bits.
const SPARE: u32 = 2;

impl Number for i16 {
    const SIZE: usize = 2;
    type Rest = i32;

    fn get(bytes: &[u8]) -> Self {
        bytes.first_chunk().map_or(0, |bytes| Self::from_le_bytes(*bytes))
    }

    fn put(self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.to_le_bytes());
    }

    fn is_number(self) -> bool {
        true
    }

    fn is_stable(a1: Self, a2: Self) -> bool {
        is_stable(1 << Q14, a1.into(), a2.into())
    }

    #[inline(always)]
    fn section(c: &[Self; COEFFICIENTS], t: &[Self; COEFFICIENTS], rest: &mut i32) -> Self {
        let product = |i: usize| i64::from(i32::from(c[i]) * i32::from(t[i]));
        let sum = i64::from(*rest) + product(0) + product(1) + product(2) - product(3) - product(4);
        let (fits, left) = round(sum, Q14, Self::MIN.into(), Self::MAX.into());
        *rest = left as i32;
        fits as Self
    }
}

impl Number for i32 {
    const SIZE: usize = 4;
    type Rest = i64;

    fn get(bytes: &[u8]) -> Self {
        bytes.first_chunk().map_or(0, |bytes| Self::from_le_bytes(*bytes))
    }

    fn put(self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.to_le_bytes());
    }

    fn is_number(self) -> bool {
        true
    }

    fn is_stable(a1: Self, a2: Self) -> bool {
        is_stable(1 << Q30, a1.into(), a2.into())
    }

    #[inline(always)]
    fn section(c: &[Self; COEFFICIENTS], t: &[Self; COEFFICIENTS], rest: &mut i64) -> Self {
        // At most 2^60 each, and the rest below 2^28.
        let product = |i: usize| (i64::from(c[i]) * i64::from(t[i])) >> SPARE;
        let sum = *rest + product(0) + product(1) + product(2) - product(3) - product(4);
        let (fits, left) = round(sum, Q30 - SPARE, Self::MIN.into(), Self::MAX.into());
        *rest = left;
        fits as Self
    }
}

/// The whole of a sum of `bits` fraction bits, or the nearest that fits; and what is left over of one that does.
#[inline(always)]
fn round(sum: i64, bits: u32, min: i64, max: i64) -> (i64, i64) {
    let (whole, left) = (sum >> bits, sum & ((1 << bits) - 1));
    let fits = whole.clamp(min, max);
    (fits, if fits == whole { left } else { 0 })
}

fn is_stable(one: i64, a1: i64, a2: i64) -> bool {
    -one < a2 && a2 < one && a1.abs() < one + a2
}
