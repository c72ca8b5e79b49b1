// SPDX-License-Identifier: MIT OR Apache-2.0
//! The device's resource table, as `drivers/remoteproc/remoteproc_virtio.c` writes it.
#![forbid(unsafe_code)]

use crate::shm::{Coherency, Span};
use crate::vring::RingAddress;
use crate::wire::resource_table::{FEATURES, Layout};

/// `VIRTIO_CONFIG_S_ACKNOWLEDGE`, `_DRIVER` and `_DRIVER_OK` (virtio 2.1).
pub(super) const ACKNOWLEDGE: u32 = 1;
pub(super) const DRIVER: u32 = 2;
pub(super) const DRIVER_OK: u32 = 4;

/// A resource table in the other core's memory.
pub struct RemoteTable<'m> {
    span: Span<'m>,
    layout: Layout,
}

impl<'m> RemoteTable<'m> {
    /// The table in `span`, when it is one of version 1 with an RPMsg device of two rings.
    ///
    /// Where the live parts are is read once, here. What is written later stays within `span`.
    pub fn find<C: Coherency>(c: &C, span: Span<'m>) -> Option<Self> {
        let layout = Layout::find(|at| span.read_words(c, at).map(|[word]| word))?;
        Some(Self { span, layout })
    }

    /// Replaces words by what `change` makes of them: the rest of their cache line stays as it is in memory.
    fn update<const N: usize, C: Coherency>(&self, c: &C, at: u32, change: impl FnOnce([u32; N]) -> [u32; N]) {
        if let Some(words) = self.span.read_words(c, at) {
            // Words that were read can be written.
            let _ = self.span.write_words(c, at, change(words));
        }
    }

    /// Sets the status byte, behind all writes before and before all that follow.
    pub(super) fn set_status<C: Coherency>(&self, c: &C, status: u32) {
        c.barrier();
        self.update(c, self.layout.status(), |[word]| [word & !0xff | status]);
        c.barrier();
    }

    /// What the table says of ring `index`.
    pub(super) fn ring<C: Coherency>(&self, c: &C, index: usize) -> RingAddress {
        let [da, align, num] = self.span.read_words(c, self.layout.vring(index)).unwrap_or([0; 3]);
        RingAddress { da, align, num }
    }

    /// Says where ring `index` is and that its kicks carry `index`.
    pub(super) fn describe<C: Coherency>(&self, c: &C, index: usize, da: u32) {
        self.update(c, self.layout.vring(index), |[_, align, num, _]| [da, align, num, index as u32]);
    }

    /// Takes those of the offered features that we know.
    pub(super) fn accept_features<C: Coherency>(&self, c: &C) {
        let [offered] = self.span.read_words(c, self.layout.dfeatures()).unwrap_or([0]);
        self.update(c, self.layout.gfeatures(), |[_]| [offered & FEATURES]);
    }
}
