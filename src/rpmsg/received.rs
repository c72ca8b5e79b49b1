// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a buffer that the peer filled says, in either role.
#![forbid(unsafe_code)]

use crate::shm::{Coherency, Span};
use crate::wire::header::{HEADER_LEN, Header};
use crate::wire::name_service::{ANNOUNCEMENT_LEN, ANNOUNCEMENT_WORDS, Announcement};

/// The header of the message in `span`, which has at least 16 bytes; each word is read once.
#[inline(always)]
pub(super) fn header<C: Coherency>(c: &C, span: &Span<'_>) -> Option<Header> {
    Some(Header::from_words(span.records::<4>(0, 1)?.pick(c, 0, Header::USED_WORDS)))
}

/// The announcement in `span`, when the message with `header` is one.
pub(super) fn announcement<C: Coherency>(c: &C, span: &Span<'_>, header: Header) -> Option<Announcement> {
    if usize::from(header.len) != ANNOUNCEMENT_LEN {
        return None;
    }
    Announcement::from_words(&span.read_words::<ANNOUNCEMENT_WORDS, C>(c, HEADER_LEN)?)
}
