// SPDX-License-Identifier: MIT OR Apache-2.0
//! Little-endian fields of bytes that may be too short.

/// The 32-bit field at `offset`, if the bytes reach so far.
pub(crate) fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    let field = bytes.get(offset..offset.checked_add(4)?)?;
    Some(u32::from_le_bytes(field.try_into().ok()?))
}

/// `N` consecutive 32-bit fields from `offset`.
pub(crate) fn words_at<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u32; N]> {
    let mut words = [0; N];
    for (i, word) in words.iter_mut().enumerate() {
        *word = u32_at(bytes, offset.checked_add(4 * i)?)?;
    }
    Some(words)
}
