// SPDX-License-Identifier: MIT OR Apache-2.0
//! The resource table in the firmware's own memory, as Linux keeps it: read only, and never trusted.
#![forbid(unsafe_code)]

use crate::shm::{Coherency, Span};
use crate::vring::RingAddress;
use crate::wire::resource_table::{ADDR_ANY, Layout};

/// `VIRTIO_CONFIG_S_DRIVER_OK`: the driver has set up the rings (virtio 2.1).
const DRIVER_OK: u8 = 4;

/// The live parts of a resource table.
#[derive(Clone, Copy)]
pub struct LiveTable<'m> {
    span: Span<'m>,
    layout: Layout,
}

impl<'m> LiveTable<'m> {
    /// The table that lies in `span` with the given layout.
    pub const fn new(span: Span<'m>, layout: Layout) -> Self {
        Self { span, layout }
    }

    /// Whether Linux's driver is ready (`status` in `struct fw_rsc_vdev`).
    pub(super) fn driver_ok<C: Coherency>(&self, c: &C) -> bool {
        self.span.read_byte(c, self.layout.status()).is_some_and(|status| status & DRIVER_OK != 0)
    }

    /// Ring `index` as Linux describes it, with the identifier its kicks carry.
    pub(super) fn ring<C: Coherency>(&self, c: &C, index: usize) -> (RingAddress, u32) {
        // A table that is too small reads as rings of nothing, which no attach accepts.
        let [da, align, num, notifyid] = self.span.read_words(c, self.layout.vring(index)).unwrap_or([0; 4]);
        (RingAddress { da, align, num }, notifyid)
    }

    /// Whether Linux has never written a ring address here: a kernel that does not know where the
    /// table is (`imx_dsp_rproc` up to 6.1), or a table reloaded from the ELF on resume.
    pub(super) fn is_pristine<C: Coherency>(&self, c: &C) -> bool {
        (0..2).all(|index| self.ring(c, index).0.da == ADDR_ANY)
    }
}
