// SPDX-License-Identifier: MIT OR Apache-2.0
//! Floating point. A HiFi4's has no registers that unforked rustc knows (docs/toolchain.md): there it is computed in
//! software.
#![forbid(unsafe_code)]

use super::number::Number;
use super::wire::COEFFICIENTS;

impl Number for f32 {
    const SIZE: usize = 4;
    type Rest = ();

    fn get(bytes: &[u8]) -> Self {
        bytes.first_chunk().map_or(0.0, |bytes| Self::from_le_bytes(*bytes))
    }

    fn put(self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.to_le_bytes());
    }

    fn is_number(self) -> bool {
        self.is_finite()
    }

    fn is_stable(a1: Self, a2: Self) -> bool {
        -1.0 < a2 && a2 < 1.0 && a1.abs() < 1.0 + a2
    }

    #[inline(always)]
    fn section(c: &[Self; COEFFICIENTS], t: &[Self; COEFFICIENTS], _rest: &mut ()) -> Self {
        c[0] * t[0] + c[1] * t[1] + c[2] * t[2] - c[3] * t[3] - c[4] * t[4]
    }
}
