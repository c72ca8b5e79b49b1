// SPDX-License-Identifier: MIT OR Apache-2.0
//! The driver's end of one ring: what Linux does in `drivers/virtio/virtio_ring.c`.
//!
//! Descriptor `i` always stands for the `i`-th buffer of the ring, so a used entry names a buffer of
//! ours or none.
#![forbid(unsafe_code)]

use core::cell::Cell;

use super::device::AVAIL_NO_INTERRUPT;
use super::layout::Offsets;
use super::{Access, DeviceError, Layout, RingAddress, Set, SetUpError};
use crate::shm::{Coherency, Half, Halves, Records, Shm, Span};
use crate::wire::header::{HEADER_LEN, LINUX_BUFFER_LEN};

/// `VRING_USED_F_NO_NOTIFY`: the device does not want to be kicked for lent buffers.
const USED_NO_NOTIFY: u16 = 1;

/// A buffer of the ring that is not lent. Not `Clone`: it is lent once, with [`DriverRing::lend`], or goes
/// back among the free ones, with [`DriverRing::release`].
#[must_use = "a buffer is lent or released"]
pub struct DriverBuffer<'m> {
    id: u16,
    /// The buffer's 512 bytes.
    pub span: Span<'m>,
}

/// The parts of a ring that was set up, and its buffers.
#[derive(Clone, Copy)]
struct Parts<'m> {
    num: u16,
    desc: Records<'m, 4>,
    avail_flags: Half<'m>,
    avail_idx: Half<'m>,
    avail_ring: Halves<'m>,
    used_flags: Half<'m>,
    used_idx: Half<'m>,
    used_ring: Records<'m, 2>,
    /// Address of the first buffer, as it stands in descriptors.
    address: u32,
    buffers: Span<'m>,
}

impl<'m> Parts<'m> {
    /// The ring at `ring`, every byte of it zero, as `rp_find_vq` leaves it.
    fn clear<C: Coherency>(shm: &Shm<'m, C>, ring: RingAddress, address: u32) -> Result<Self, SetUpError> {
        // What the device will check when it attaches.
        Layout::new(shm, ring).map_err(SetUpError::Ring)?;
        let outside = SetUpError::Ring(super::AttachError::Address(ring.da));
        let buffers = shm.span(address, ring.num * LINUX_BUFFER_LEN).ok_or(SetUpError::Buffers(address))?;
        let num = ring.num as u16;
        let Offsets { avail, used, len, .. } = Offsets::new(num, ring.align).ok_or(outside)?;
        let span = shm.span(ring.da, len).ok_or(outside)?;
        let parts = || {
            Some(Self {
                num,
                desc: span.records(0, num)?,
                avail_flags: span.half(avail)?,
                avail_idx: span.half(avail + 2)?,
                avail_ring: span.halves(avail + 4, num)?,
                used_flags: span.half(used)?,
                used_idx: span.half(used + 2)?,
                used_ring: span.records(used + 4, num)?,
                address,
                buffers,
            })
        };
        let parts = parts().ok_or(outside)?;
        span.clear(shm.coherency());
        Ok(parts)
    }

    fn describe<C: Coherency>(&self, c: &C, id: u16, len: u32, access: Access) {
        self.desc.store(c, id, [self.address + LINUX_BUFFER_LEN * u32::from(id), 0, len, access.flags().into()]);
    }

    /// Buffer `id`, which is below `num`.
    fn buffer(&self, id: u16) -> Option<DriverBuffer<'m>> {
        let span = self.buffers.part(LINUX_BUFFER_LEN * u32::from(id), LINUX_BUFFER_LEN)?;
        Some(DriverBuffer { id, span })
    }
}

/// One ring, seen from the driver. It does not exist until [`set_up`](Self::set_up).
///
/// The counters and sets kept here are the truth about which buffer is whose; what shared memory says is
/// only compared with them.
pub struct DriverRing<'m> {
    access: Access,
    parts: Cell<Option<Parts<'m>>>,
    /// Entries put into the avail ring.
    lent: Cell<u16>,
    /// Entries taken from the used ring.
    taken: Cell<u16>,
    /// The used index as last read; entries below it may be taken without reading it again.
    given: Cell<u16>,
    /// How many buffers are at the device, and which are not.
    away: Cell<u16>,
    home: Set,
    /// Buffers that are neither lent nor in anyone's hands.
    free: Set,
    /// Whether the device was told not to kick.
    quiet: Cell<bool>,
    /// Whether buffers were lent since the device was last considered for a kick.
    unannounced: Cell<bool>,
}

impl<'m> DriverRing<'m> {
    /// A ring that is not set up, whose buffers the device will have for `access`.
    pub fn new(access: Access) -> Self {
        Self {
            access,
            parts: Cell::new(None),
            lent: Cell::new(0),
            taken: Cell::new(0),
            given: Cell::new(0),
            away: Cell::new(0),
            home: Set::default(),
            free: Set::default(),
            quiet: Cell::new(false),
            unannounced: Cell::new(false),
        }
    }

    /// Lays the ring out at `ring`, zero and with nothing lent, over `ring.num` buffers of 512 bytes from
    /// address `buffers` on. Nothing is written on error. Buffers of an earlier set-up must not be lent or
    /// released any more.
    pub fn set_up<C: Coherency>(&self, shm: &Shm<'m, C>, ring: RingAddress, buffers: u32) -> Result<(), SetUpError> {
        self.detach();
        let parts = Parts::clear(shm, ring, buffers)?;
        if self.access == Access::Writable {
            // These never change; descriptors of readable buffers say how long each message is.
            (0..parts.num).for_each(|id| parts.describe(shm.coherency(), id, LINUX_BUFFER_LEN, self.access));
        }
        self.lent.set(0);
        self.taken.set(0);
        self.given.set(0);
        self.away.set(0);
        for set in [&self.home, &self.free] {
            set.clear();
            for id in 0..parts.num {
                set.insert(id);
            }
        }
        self.quiet.set(false);
        self.unannounced.set(false);
        self.parts.set(Some(parts));
        Ok(())
    }

    /// Lets go of the ring; what is lent is forgotten with it.
    pub fn detach(&self) {
        self.parts.set(None);
    }

    /// A free buffer.
    pub fn take_free(&self) -> Option<DriverBuffer<'m>> {
        let parts = self.parts.get()?;
        parts.buffer(self.free.take_lowest()?)
    }

    /// Puts a buffer back among the free ones.
    pub fn release(&self, buffer: DriverBuffer<'m>) {
        self.free.insert(buffer.id);
    }

    /// Lends `buffer` to the device: its first `len` bytes, at most 512, to read, or all of it to write.
    pub fn lend<C: Coherency>(&self, shm: &Shm<'m, C>, buffer: DriverBuffer<'m>, len: u32) {
        let Some(parts) = self.parts.get() else { return };
        let c = shm.coherency();
        if self.access == Access::Readable {
            parts.describe(c, buffer.id, len.min(LINUX_BUFFER_LEN), self.access);
        }
        let lent = self.lent.get();
        parts.avail_ring.store(c, lent, buffer.id);
        // Payload, descriptor and entry must be seen before the index that publishes them (virtio 2.7.13.3.1).
        c.barrier();
        parts.avail_idx.store(c, lent.wrapping_add(1));
        self.lent.set(lent.wrapping_add(1));
        self.home.remove(buffer.id);
        self.away.set(self.away.get() + 1);
        self.unannounced.set(true);
    }

    /// Whether [`take_back`](Self::take_back) would find something, be it good or not.
    pub fn has_used<C: Coherency>(&self, shm: &Shm<'m, C>) -> bool {
        self.parts.get().is_some_and(|parts| self.look(&parts, shm.coherency()).unwrap_or(true))
    }

    /// Whether there are used entries to take. The index is only read when all entries below the last one
    /// read are taken.
    fn look<C: Coherency>(&self, parts: &Parts<'m>, c: &C) -> Result<bool, DeviceError> {
        let taken = self.taken.get();
        if taken != self.given.get() {
            return Ok(true);
        }
        let given = parts.used_idx.load(c);
        let ahead = given.wrapping_sub(taken);
        if ahead == 0 {
            return Ok(false);
        }
        if ahead > self.away.get() {
            return Err(DeviceError::IndexJump);
        }
        // The index was read before what it publishes: entries and payloads.
        c.barrier();
        self.given.set(given);
        Ok(true)
    }

    /// Takes the next buffer that the device returned, with the number of bytes that it says it wrote: at
    /// most 512, and at least 16 in a writable buffer. `None` when there is none, an error when the next
    /// entry is no good: it is used up, and what became of its buffer is said at [`DeviceError`].
    pub fn take_back<C: Coherency>(&self, shm: &Shm<'m, C>) -> Result<Option<(DriverBuffer<'m>, u32)>, DeviceError> {
        let Some(parts) = self.parts.get() else { return Ok(None) };
        let c = shm.coherency();
        if !self.look(&parts, c)? {
            return Ok(None);
        }
        let taken = self.taken.get();
        // One read of each word: what is checked is what is used.
        let [id, len] = parts.used_ring.load(c, taken);
        self.taken.set(taken.wrapping_add(1));
        let id = u16::try_from(id).ok().filter(|id| *id < parts.num).ok_or(DeviceError::DescriptorId)?;
        if !self.home.insert(id) {
            return Err(DeviceError::NotLent);
        }
        self.away.set(self.away.get() - 1);
        // Every number below num has a buffer.
        let buffer = parts.buffer(id).ok_or(DeviceError::DescriptorId)?;
        let least = if self.access == Access::Writable { HEADER_LEN } else { 0 };
        if len < least || len > LINUX_BUFFER_LEN {
            match self.access {
                Access::Writable => self.lend(shm, buffer, LINUX_BUFFER_LEN),
                Access::Readable => self.release(buffer),
            }
            return Err(DeviceError::UsedLength);
        }
        Ok(Some((buffer, len)))
    }

    /// Whether nothing can come back any more: the device has returned as many entries as were lent, but none of them
    /// named a lent buffer, so that all buffers are still away.
    pub fn is_stuck<C: Coherency>(&self, shm: &Shm<'m, C>) -> bool {
        let Some(parts) = self.parts.get() else { return false };
        // The device may have returned even more entries than were lent.
        let has_more = self.lent.get().wrapping_sub(self.taken.get()) as i16 > 0;
        self.away.get() == parts.num && !has_more && !self.has_used(shm)
    }

    /// Tells the device whether to kick for what it returns. After `quiet` became false, look at the used
    /// ring once more: what was returned just before is not kicked for.
    pub fn set_quiet<C: Coherency>(&self, shm: &Shm<'m, C>, quiet: bool) {
        let Some(parts) = self.parts.get() else { return };
        if self.quiet.replace(quiet) != quiet {
            parts.avail_flags.store(shm.coherency(), if quiet { AVAIL_NO_INTERRUPT } else { 0 });
            // The flag must be seen before the used index is read again (virtio 2.7.7.1).
            shm.coherency().barrier();
        }
    }

    /// Whether the device wants to hear of the buffers lent since the last call. Asked once for all of them.
    pub fn take_kick<C: Coherency>(&self, shm: &Shm<'m, C>) -> bool {
        let Some(parts) = self.parts.get() else { return false };
        if !self.unannounced.replace(false) {
            return false;
        }
        // The avail index must be seen before the flag is read: the device sets the flag, then looks at the
        // index once more (virtio 2.7.13.4.1).
        shm.coherency().barrier();
        parts.used_flags.load(shm.coherency()) & USED_NO_NOTIFY == 0
    }
}
