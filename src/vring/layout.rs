// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the parts of a ring are (virtio 2.7.2, `vring_init` in `include/uapi/linux/virtio_ring.h`).
#![forbid(unsafe_code)]

use super::AttachError;
use crate::shm::{Coherency, Half, Halves, Pair, Records, Shm, Span};

/// Most descriptors of a ring: Linux allocates 512 buffers for the two rings of a link at most.
pub const MAX_NUM: u16 = 256;

/// Alignment of the descriptors in bytes (virtio 2.7).
const DESC_ALIGN: u32 = 16;

/// What the resource table says of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingAddress {
    /// Address of the first descriptor: Linux's, or this core's where Linux's would be none of the shared memory.
    /// `imx_dsp_rproc` tells the rings' carveouts by the core's addresses (`imx_dsp_rproc_add_carveout`), `imx_rproc`
    /// (`imx_rproc_prepare`) and a ring outside all carveouts (`rproc_alloc_carveout`) by Linux's.
    pub da: u32,
    /// Alignment of the used ring in bytes.
    pub align: u32,
    /// Number of descriptors.
    pub num: u32,
}

/// Where the parts of a ring begin, and its length, in bytes from the first descriptor.
pub(crate) struct Offsets {
    pub(crate) avail: u32,
    pub(crate) used: u32,
    /// `avail_event`, the last half-word.
    pub(crate) mark: u32,
    pub(crate) len: u32,
}

impl Offsets {
    /// Those of a ring of `num` descriptors whose used ring is aligned to `align`, which is not 0; `None` when it is
    /// longer than 4 GiB.
    pub(crate) fn new(num: u16, align: u32) -> Option<Self> {
        let n = u32::from(num);
        let avail = 16 * n;
        // Past the avail ring there is one more half-word (used_event), which belongs to the layout
        // although its feature is not offered.
        let used = (avail + 2 * (3 + n)).checked_next_multiple_of(align)?;
        let len = used.checked_add(2 * 3 + 8 * n)?;
        Some(Self { avail, used, mark: len - 2, len })
    }
}

/// The parts of a ring in shared memory.
#[derive(Clone, Copy)]
pub struct Layout<'m> {
    /// Descriptors: address (two words), length, flags and next.
    pub(super) desc: Records<'m, 4>,
    /// Whether Linux wants to hear of used buffers; how many buffers it has lent, modulo 65,536.
    pub(super) avail: Pair<'m>,
    /// Descriptor numbers of lent buffers.
    pub(super) avail_ring: Halves<'m>,
    /// How many buffers we have given back, modulo 65,536.
    pub(super) used_idx: Half<'m>,
    /// Descriptor number and written bytes of buffers given back.
    pub(super) used_ring: Records<'m, 2>,
    /// `avail_event`: ours to write, and Linux ignores it, as `VIRTIO_F_EVENT_IDX` is not offered (virtio 2.7.10).
    pub(super) mark: Half<'m>,
}

impl RingAddress {
    /// The ring's memory, its parts and the number of its descriptors, when every byte of it is shared memory.
    #[inline(never)]
    fn place<'m, C: Coherency>(self, shm: &Shm<'m, C>) -> Result<(Span<'m>, Offsets, u16), AttachError> {
        let Self { da, align, num } = self;
        let num = match u16::try_from(num) {
            Ok(num) if num.is_power_of_two() && num <= MAX_NUM => num,
            _ => return Err(AttachError::Num(num)),
        };
        if !align.is_power_of_two() || align < 4 {
            return Err(AttachError::Align(align));
        }
        // Linux aligns the address of the used ring, we its offset: the same for an aligned ring.
        if da & (align.max(DESC_ALIGN) - 1) != 0 {
            return Err(AttachError::Address(da));
        }
        let offsets = Offsets::new(num, align).ok_or(AttachError::Align(align))?;
        let len = offsets.len;
        let span = shm.span(da, len).or_else(|| shm.device_span(da, len)).ok_or(AttachError::Address(da))?;
        Ok((span, offsets, num))
    }

    /// Whether a byte of shared memory is in both rings.
    pub(crate) fn overlaps<C: Coherency>(self, other: Self, shm: &Shm<'_, C>) -> bool {
        matches!((self.place(shm), other.place(shm)), (Ok((a, ..)), Ok((b, ..))) if a.overlaps(&b))
    }
}

impl<'m> Layout<'m> {
    /// The ring at `address`, when every byte of it is shared memory.
    pub fn new<C: Coherency>(shm: &Shm<'m, C>, address: RingAddress) -> Result<Self, AttachError> {
        let (span, Offsets { avail, used, mark, .. }, num) = address.place(shm)?;
        let parts = || {
            Some(Self {
                desc: span.records(0, num)?,
                avail: span.pair(avail)?,
                avail_ring: span.halves(avail + 4, num)?,
                used_idx: span.half(used + 2)?,
                used_ring: span.records(used + 4, num)?,
                mark: span.half(mark)?,
            })
        };
        parts().ok_or(AttachError::Address(address.da))
    }

    /// The highest descriptor number.
    #[inline(always)]
    pub(super) fn last(&self) -> u32 {
        self.desc.last()
    }

    /// The number of descriptors.
    #[inline(always)]
    pub(super) fn num(&self) -> u16 {
        // At most 256.
        self.last() as u16 + 1
    }
}
