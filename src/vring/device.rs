// SPDX-License-Identifier: MIT OR Apache-2.0
//! The device's end of one ring.
#![forbid(unsafe_code)]

use core::cell::Cell;

use super::{AttachError, Layout, MAX_NUM, PeerError, RingAddress};
use crate::shm::{Coherency, Shm, Span};
use crate::wire::header::HEADER_LEN;

/// `VRING_DESC_F_WRITE`: the buffer is for the device to write. The other flags (1: chained,
/// 4: indirect) never occur: RPMsg buffers are single and the feature is not offered.
const DESC_WRITE: u16 = 2;

/// `VRING_AVAIL_F_NO_INTERRUPT`: Linux does not want to be kicked for used buffers.
const AVAIL_NO_INTERRUPT: u16 = 1;

/// Words of a bit for each buffer.
const HELD_WORDS: usize = MAX_NUM as usize / 32;

/// What the buffers of a ring are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The device reads them: messages from Linux (vring1).
    Readable,
    /// The device writes them: messages to Linux (vring0).
    Writable,
}

/// A buffer that Linux lent: a checked span of at least 16 bytes. Not `Clone`: it goes back once, with
/// [`DeviceRing::push`].
#[must_use = "a buffer goes back to its ring with push"]
pub struct Buffer<'m> {
    id: u16,
    /// The buffer's memory.
    pub span: Span<'m>,
}

/// One ring, seen from the device. Detached until [`attach`](Self::attach).
///
/// The counters kept here are the truth about what was taken and given back; what shared memory says
/// is only compared with them.
pub struct DeviceRing<'m> {
    access: Access,
    /// Bytes that a buffer must have.
    shortest: u32,
    layout: Cell<Option<Layout<'m>>>,
    /// Entries taken from the avail ring.
    taken: Cell<u16>,
    /// The avail index as last read; entries below it may be taken without reading it again.
    lent: Cell<u16>,
    /// Entries put into the used ring.
    given: Cell<u16>,
    /// One bit for each buffer we hold.
    held: [Cell<u32>; HELD_WORDS],
    /// Whether buffers were given back since Linux was last considered for a kick.
    unannounced: Cell<bool>,
}

impl<'m> DeviceRing<'m> {
    /// A detached ring whose buffers are for `access` and have at least `shortest` bytes, or 16 if that is
    /// more.
    pub const fn new(access: Access, shortest: u32) -> Self {
        Self {
            access,
            shortest: if shortest > HEADER_LEN { shortest } else { HEADER_LEN },
            layout: Cell::new(None),
            taken: Cell::new(0),
            lent: Cell::new(0),
            given: Cell::new(0),
            held: [const { Cell::new(0) }; HELD_WORDS],
            unannounced: Cell::new(false),
        }
    }

    /// Starts on the ring at `address` and returns how many buffers the ring says were given back
    /// before, by us in an earlier life: 0 in a fresh ring. Service goes on from there, so that no
    /// buffer is given back twice.
    pub fn attach<C: Coherency>(&self, shm: &Shm<'m, C>, address: RingAddress) -> Result<u16, AttachError> {
        let layout = Layout::new(shm, address)?;
        let given = layout.used_idx.load(shm.coherency());
        let lent = layout.avail_idx.load(shm.coherency());
        if lent.wrapping_sub(given) > layout.num {
            return Err(AttachError::History);
        }
        // Lent entries are read anew by the first pop, behind its barrier.
        self.taken.set(given);
        self.lent.set(given);
        self.given.set(given);
        self.held.iter().for_each(|word| word.set(0));
        self.unannounced.set(false);
        self.layout.set(Some(layout));
        Ok(given)
    }

    /// Lets go of the ring; buffers still held are forgotten with it.
    pub fn detach(&self) {
        self.layout.set(None);
    }

    /// Whether the used index in memory is the one we wrote. It is not after Linux has set up the ring
    /// anew (`rp_find_vq` clears it), even when its status byte was never seen to change.
    pub fn is_ours<C: Coherency>(&self, shm: &Shm<'m, C>) -> bool {
        self.layout.get().is_some_and(|layout| layout.used_idx.load(shm.coherency()) == self.given.get())
    }

    /// Whether the ring is as Linux sets one up: nothing given back, by us or according to memory, and no
    /// more lent than fits.
    pub fn is_fresh<C: Coherency>(&self, shm: &Shm<'m, C>) -> bool {
        self.given.get() == 0
            && self.layout.get().is_some_and(|layout| {
                let c = shm.coherency();
                layout.used_idx.load(c) == 0 && layout.avail_idx.load(c) <= layout.num
            })
    }

    /// Whether [`pop`](Self::pop) would find something, be it good or not.
    #[inline]
    pub fn has_lent<C: Coherency>(&self, shm: &Shm<'m, C>) -> bool {
        self.layout.get().is_some_and(|layout| self.look(&layout, shm.coherency()).unwrap_or(true))
    }

    /// Whether there are entries to take. The index is only read when all entries below the last one read
    /// are taken.
    #[inline]
    fn look<C: Coherency>(&self, layout: &Layout<'m>, c: &C) -> Result<bool, PeerError> {
        let taken = self.taken.get();
        if taken != self.lent.get() {
            return Ok(true);
        }
        let lent = layout.avail_idx.load(c);
        let ahead = lent.wrapping_sub(taken);
        if ahead == 0 {
            return Ok(false);
        }
        if ahead > layout.num {
            return Err(PeerError::IndexJump);
        }
        // The index was read before what it publishes: entries, descriptors and payloads.
        c.barrier();
        self.lent.set(lent);
        Ok(true)
    }

    /// Takes the next lent buffer: `None` when there is none, an error when the next entry is no good.
    /// An entry in error is used up; what became of its buffer is said at [`PeerError`].
    #[inline]
    pub fn pop<C: Coherency>(&self, shm: &Shm<'m, C>) -> Result<Option<Buffer<'m>>, PeerError> {
        let Some(layout) = self.layout.get() else { return Ok(None) };
        let c = shm.coherency();
        if !self.look(&layout, c)? {
            return Ok(None);
        }
        let taken = self.taken.get();
        let id = layout.avail_ring.load(c, taken);
        self.taken.set(taken.wrapping_add(1));
        if id >= layout.num {
            return Err(PeerError::DescriptorId);
        }
        let (word, bit) = self.held(id);
        if word.get() & bit != 0 {
            return Err(PeerError::InFlight);
        }
        // One read of each word: what is checked is what is used.
        let [low, high, len, flags] = layout.desc.load(c, id);
        match self.check(shm, u64::from(high) << 32 | u64::from(low), len, flags as u16) {
            Ok(span) => {
                word.set(word.get() | bit);
                Ok(Some(Buffer { id, span }))
            }
            Err(error) => Err(self.return_bad(shm, &layout, id, error)),
        }
    }

    /// Where it is noted that buffer `id` is held; a number that is too large wraps.
    #[inline]
    fn held(&self, id: u16) -> (&Cell<u32>, u32) {
        (&self.held[usize::from(id / 32) % HELD_WORDS], 1 << (id % 32))
    }

    #[inline]
    fn check<C: Coherency>(&self, shm: &Shm<'m, C>, address: u64, len: u32, flags: u16) -> Result<Span<'m>, PeerError> {
        let expected = match self.access {
            Access::Readable => 0,
            Access::Writable => DESC_WRITE,
        };
        if flags != expected {
            return Err(PeerError::DescriptorFlags);
        }
        if len < self.shortest {
            return Err(PeerError::BufferLength);
        }
        shm.span(address, len).ok_or(PeerError::BufferAddress)
    }

    #[cold]
    fn return_bad<C: Coherency>(&self, shm: &Shm<'m, C>, layout: &Layout<'m>, id: u16, error: PeerError) -> PeerError {
        self.give_back(shm, layout, id, 0);
        error
    }

    /// Gives `buffer` back, `len` bytes of it written.
    #[inline]
    pub fn push<C: Coherency>(&self, shm: &Shm<'m, C>, buffer: Buffer<'m>, len: u32) {
        let Some(layout) = self.layout.get() else { return };
        let (word, bit) = self.held(buffer.id);
        word.set(word.get() & !bit);
        self.give_back(shm, &layout, buffer.id, len);
    }

    #[inline]
    fn give_back<C: Coherency>(&self, shm: &Shm<'m, C>, layout: &Layout<'m>, id: u16, len: u32) {
        let c = shm.coherency();
        let given = self.given.get();
        layout.used_ring.store(c, given, [id.into(), len]);
        // Payload and entry must be seen before the index that publishes them.
        c.barrier();
        layout.used_idx.store(c, given.wrapping_add(1));
        self.given.set(given.wrapping_add(1));
        self.unannounced.set(true);
    }

    /// Whether Linux wants to hear of the buffers given back since the last call. Asked once for all of
    /// them: Linux up to 6.12 does not want to hear of its transmit buffers, 7.x does.
    #[inline]
    pub fn take_kick<C: Coherency>(&self, shm: &Shm<'m, C>) -> bool {
        let Some(layout) = self.layout.get() else { return false };
        if !self.unannounced.replace(false) {
            return false;
        }
        // The used index must be seen before the flag is read: Linux sets the flag, then looks at the
        // index once more (virtio 2.7.7.2).
        shm.coherency().barrier();
        layout.avail_flags.load(shm.coherency()) & AVAIL_NO_INTERRUPT == 0
    }
}
