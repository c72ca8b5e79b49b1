// SPDX-License-Identifier: MIT OR Apache-2.0
//! The device's end of one ring.
#![forbid(unsafe_code)]

use core::cell::Cell;

use super::{AttachError, Layout, MAX_NUM, PeerError, RingAddress, Set, history};
use crate::shm::{Coherency, Shm, Span};
use crate::wire::header::{HEADER_LEN, LINUX_BUFFER_LEN};

/// `VRING_DESC_F_WRITE`: the buffer is for the device to write. The other flags (1: chained,
/// 4: indirect) never occur: RPMsg buffers are single and the feature is not offered.
const DESC_WRITE: u16 = 2;

/// `VRING_AVAIL_F_NO_INTERRUPT`: Linux does not want to be kicked for used buffers.
pub(super) const AVAIL_NO_INTERRUPT: u16 = 1;

/// Written to `avail_event` of a ring while the device is on it. Whoever sets a ring up zeroes it first
/// (`rp_find_vq`, `drivers/remoteproc/remoteproc_virtio.c`), so a ring without a mark is another one.
///
/// `IN_ORDER`: what is outstanding is what the avail ring has from the used index on. `OUT_OF_ORDER`: something is held
/// that was taken before something that was given back. Any two values would do but 0, and 0x6d72, which earlier
/// versions of this library wrote for either.
const IN_ORDER: u16 = 0x573;
const OUT_OF_ORDER: u16 = 0x574;

/// No descriptor's number.
const NO_ID: u16 = u16::MAX;

/// What the buffers of a ring are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The device reads them: messages from Linux (vring1). They hold 16 bytes at least, a header.
    Readable,
    /// The device writes them: messages to Linux (vring0). They hold 512 bytes at least: a shorter one, kept
    /// unsent, would stand in the way of every longer message.
    Writable,
}

impl Access {
    /// The flags of a descriptor.
    #[inline(always)]
    pub(super) const fn flags(self) -> u16 {
        match self {
            Self::Readable => 0,
            Self::Writable => DESC_WRITE,
        }
    }

    /// Bytes that a buffer must have.
    #[inline(always)]
    pub const fn shortest(self) -> u32 {
        match self {
            Self::Readable => HEADER_LEN,
            Self::Writable => LINUX_BUFFER_LEN,
        }
    }
}

/// A buffer that Linux lent: a checked span of at least 16 bytes. Not `Clone`: it goes back once, with
/// [`DeviceRing::push`].
#[must_use = "a buffer goes back to its ring with push"]
pub struct Buffer<'m> {
    id: u16,
    /// The buffer's memory.
    pub span: Span<'m>,
}

impl Buffer<'_> {
    /// The number of its descriptor.
    #[inline(always)]
    pub fn id(&self) -> u16 {
        self.id
    }
}

/// One ring, seen from the device. Detached until [`attach`](Self::attach).
///
/// The counters kept here are the truth about what was taken and given back; what shared memory says
/// is only compared with them. The access of the buffers is the same in each call, and a constant there.
#[derive(Default)]
pub struct DeviceRing<'m> {
    layout: Cell<Option<Layout<'m>>>,
    /// Entries taken from the avail ring.
    taken: Cell<u16>,
    /// The avail index as last read; entries below it may be taken without reading it again.
    lent: Cell<u16>,
    /// Entries put into the used ring.
    given: Cell<u16>,
    /// As `given` was when Linux was last considered for a kick.
    announced: Cell<u16>,
    /// The avail flags, and `given` as it was when they were read.
    flags: Cell<u16>,
    flags_at: Cell<u16>,
    /// Entries of the avail ring below this are taken as they stand: `num`, or 0 while what was outstanding at the
    /// attachment is [listed](history) in the used ring.
    plain: Cell<u16>,
    /// The buffers that we hold.
    held: Set,
    /// Those of them that were lent for our messages and have bad descriptors.
    bad: Set,
    /// The mark that the ring carries while it is ours.
    mark: Cell<u16>,
    /// The ring whose history was refused last: its address, used index and avail index.
    refused: Cell<Option<(u32, u16, u16)>>,
    /// How many histories were examined since a ring was last attached.
    examined: Cell<u16>,
}

impl<'m> DeviceRing<'m> {
    /// A detached ring.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts on the ring at `address` and returns how many buffers the ring says were given back
    /// before, by us in an earlier life: 0 in a fresh ring. Service goes on from there: what Linux lent and never got
    /// back is taken again, in whatever order the buffers before it went back, and nothing else is.
    ///
    /// # Errors
    ///
    /// [`AttachError::History`] also while Linux is in the middle of lending, when it cannot be told what it has lent: a
    /// later attempt finds out. One that finds the same indices fails at once, and so does each after 256: by then a
    /// driver that follows its own avail index has lent all that it has.
    pub fn attach<C: Coherency>(&self, shm: &Shm<'m, C>, address: RingAddress) -> Result<u16, AttachError> {
        let layout = Layout::new(shm, address)?;
        let c = shm.coherency();
        let given = layout.used_idx.load(c);
        let (_, lent) = layout.avail.load(c);
        let outstanding = lent.wrapping_sub(given);
        if outstanding > layout.num() {
            return Err(AttachError::History);
        }
        // The index was read before the entries that it publishes.
        c.barrier();
        let is_listed = match layout.mark.load(c) {
            _ if outstanding == 0 => false,
            // Never attached.
            0 if given == 0 => false,
            mark => self.examine(&layout, c, (address.da, given, lent), mark == IN_ORDER)?,
        };
        self.refused.set(None);
        self.examined.set(0);
        self.set_mark(&layout, c, if is_listed { OUT_OF_ORDER } else { IN_ORDER });
        self.taken.set(given);
        // Lent entries are read anew by the first pop, behind its barrier.
        self.lent.set(if is_listed { lent } else { given });
        self.plain.set(if is_listed { 0 } else { layout.num() });
        self.given.set(given);
        self.announced.set(given);
        self.flags_at.set(given.wrapping_sub(1));
        self.held.clear();
        self.bad.clear();
        self.layout.set(Some(layout));
        Ok(given)
    }

    /// [Finds](history) the outstanding buffers, which takes a while. Does not try again what failed before.
    #[cold]
    #[inline(never)]
    fn examine<C: Coherency>(
        &self,
        layout: &Layout<'m>,
        c: &C,
        ring: (u32, u16, u16),
        is_in_order: bool,
    ) -> Result<bool, AttachError> {
        let examined = self.examined.get();
        if self.refused.get() == Some(ring) || examined == MAX_NUM {
            return Err(AttachError::History);
        }
        self.examined.set(examined + 1);
        let (_, given, lent) = ring;
        let found = history::take_up(layout, c, given, lent, is_in_order);
        if found.is_none() {
            self.refused.set(Some(ring));
        }
        found.ok_or(AttachError::History)
    }

    /// Writes the mark that says that the ring is ours.
    #[inline(never)]
    fn set_mark<C: Coherency>(&self, layout: &Layout<'m>, c: &C, mark: u16) {
        self.mark.set(mark);
        layout.mark.store(c, mark);
        c.barrier();
    }

    /// Whether the ring at `address` carries the mark of an attachment, be it of another `DeviceRing`'s.
    pub(crate) fn was_attached<C: Coherency>(shm: &Shm<'m, C>, address: RingAddress) -> bool {
        let is_mark = |mark| [IN_ORDER, OUT_OF_ORDER].contains(&mark);
        Layout::new(shm, address).is_ok_and(|layout| is_mark(layout.mark.load(shm.coherency())))
    }

    /// Lets go of the ring; buffers still held are forgotten with it.
    pub fn detach(&self) {
        self.layout.set(None);
        self.announced.set(self.given.get());
    }

    /// Whether the ring carries the mark of this attachment. It does not after Linux has set up the ring
    /// anew, even when its status byte was never seen to change.
    #[inline(always)]
    pub fn is_marked<C: Coherency>(&self, shm: &Shm<'m, C>) -> bool {
        self.layout.get().is_some_and(|layout| layout.mark.load(shm.coherency()) == self.mark.get())
    }

    /// Whether the ring carries our mark and the used index that we wrote.
    pub fn is_ours<C: Coherency>(&self, shm: &Shm<'m, C>) -> bool {
        self.is_marked(shm)
            && self.layout.get().is_some_and(|layout| layout.used_idx.load(shm.coherency()) == self.given.get())
    }

    /// Whether [`pop`](Self::pop) would find something, be it good or not.
    #[inline(always)]
    pub fn has_lent<C: Coherency>(&self, shm: &Shm<'m, C>) -> bool {
        self.look(shm).unwrap_or(true)
    }

    /// Whether there are `count` entries to take, be they good or not.
    pub(crate) fn has_lent_so_many<C: Coherency>(&self, shm: &Shm<'m, C>, count: u16) -> bool {
        let Some(layout) = self.layout.get() else { return false };
        let taken = self.taken.get();
        if !self.has_lent(shm) {
            return false;
        }
        if self.lent.get().wrapping_sub(taken) >= count {
            return true;
        }
        let (flags, lent) = layout.avail.load(shm.coherency());
        self.flags.set(flags);
        // An index that jumped is something to take as well.
        lent.wrapping_sub(taken) >= count
    }

    /// Whether there are entries to take. The index is only read when all entries below the last one read
    /// are taken.
    #[inline(always)]
    pub(crate) fn look<C: Coherency>(&self, shm: &Shm<'m, C>) -> Result<bool, PeerError> {
        let Some(layout) = self.layout.get() else { return Ok(false) };
        let c = shm.coherency();
        let taken = self.taken.get();
        if taken != self.lent.get() {
            return Ok(true);
        }
        let given = self.given.get();
        if given != self.announced.get() {
            // As in take_kick, which then need not read the flags.
            c.barrier();
            self.flags_at.set(given);
        }
        let (flags, lent) = layout.avail.load(c);
        self.flags.set(flags);
        let ahead = lent.wrapping_sub(taken);
        if ahead == 0 {
            return Ok(false);
        }
        if u32::from(ahead) > layout.last() + 1 {
            return Err(PeerError::IndexJump);
        }
        // The index was read before what it publishes: entries, descriptors and payloads.
        c.barrier();
        self.lent.set(lent);
        Ok(true)
    }

    /// Takes the next lent buffer: `None` when there is none, an error when the next entry is no good.
    /// An entry in error is used up; what became of its buffer is said at [`PeerError`].
    #[inline(always)]
    pub fn pop<C: Coherency>(&self, shm: &Shm<'m, C>, access: Access) -> Result<Option<Buffer<'m>>, PeerError> {
        if !self.look(shm)? {
            return Ok(None);
        }
        match self.take(shm)? {
            Some(id) => self.open(shm, access, id),
            None => Ok(None),
        }
    }

    /// Takes the number of the next lent buffer, which is held from now on. To be called after
    /// [`look`](Self::look) has found one.
    #[inline(always)]
    pub(crate) fn take<C: Coherency>(&self, shm: &Shm<'m, C>) -> Result<Option<u16>, PeerError> {
        let Some(layout) = self.layout.get() else { return Ok(None) };
        let taken = self.taken.get();
        let mut id = layout.avail_ring.load(shm.coherency(), taken);
        self.taken.set(taken.wrapping_add(1));
        if id >= self.plain.get() {
            id = self.listed(shm, taken);
            if id == NO_ID {
                return Err(PeerError::DescriptorId);
            }
        }
        if !self.held.insert(id) {
            return Err(PeerError::InFlight);
        }
        Ok(Some(id))
    }

    /// The number that is listed for entry `taken`; [`NO_ID`] when there is no list, as the entry's own number is too
    /// large.
    // In line, as a call here would have what the good path has in registers put into memory.
    #[inline(always)]
    fn listed<C: Coherency>(&self, shm: &Shm<'m, C>, taken: u16) -> u16 {
        let Some(layout) = self.layout.get() else { return NO_ID };
        if self.plain.get() != 0 {
            return NO_ID;
        }
        // The avail index is not read before all that it published at the attachment is taken.
        if taken.wrapping_add(1) == self.lent.get() {
            self.plain.set(layout.num());
        }
        // Entry `taken` is not given back before it is taken.
        let [id] = layout.used_ring.pick(shm.coherency(), taken, [0]);
        u16::try_from(id).ok().filter(|id| *id < layout.num()).unwrap_or(NO_ID)
    }

    /// Which of the `count` buffers in `held`, all of them held, was taken first, as far as the avail ring tells.
    #[cold]
    #[inline(never)]
    pub(crate) fn taken_first<C: Coherency>(&self, shm: &Shm<'m, C>, held: &Set, count: u16) -> Option<u16> {
        let layout = self.layout.get()?;
        let (left, mut number, mut first) = (held.clone(), count, None);
        let mut at = self.taken.get();
        for _ in 1..layout.num() {
            // What is left alone is it: in the ring further back, or no more.
            if number <= 1 {
                break;
            }
            at = at.wrapping_sub(1);
            let id = layout.avail_ring.load(shm.coherency(), at);
            if id < layout.num() && left.take(id) {
                number -= 1;
                first = Some(id);
            }
        }
        left.take_lowest().or(first)
    }

    /// Buffer `id`, which is held, with the memory that its descriptor names now.
    #[inline(always)]
    pub(crate) fn open<C: Coherency>(
        &self,
        shm: &Shm<'m, C>,
        access: Access,
        id: u16,
    ) -> Result<Option<Buffer<'m>>, PeerError> {
        let Some(layout) = self.layout.get() else { return Ok(None) };
        let span = Self::check(shm, &layout, access, id);
        if span.is_err() {
            self.reject(shm, access, id);
        }
        span.map(|span| Some(Buffer { id, span }))
    }

    /// The memory that the descriptor of buffer `id` names now.
    #[inline(always)]
    fn check<C: Coherency>(
        shm: &Shm<'m, C>,
        layout: &Layout<'m>,
        access: Access,
        id: u16,
    ) -> Result<Span<'m>, PeerError> {
        // One read of each word: what is checked is what is used.
        let [low, high, len, flags] = layout.desc.load(shm.coherency(), id);
        if flags as u16 != access.flags() {
            return Err(PeerError::DescriptorFlags);
        }
        if len < access.shortest() {
            return Err(PeerError::BufferLength);
        }
        // No window lies above 4 GiB.
        if high == 0 { shm.span(low, len) } else { None }.ok_or(PeerError::BufferAddress)
    }

    /// Deals with a held buffer whose descriptor is bad.
    ///
    /// One of Linux's messages goes back: Linux uses it for the next (`get_a_tx_buf`). One that was lent for a message of
    /// ours is kept until its [descriptor is good](Self::find_mended), as whatever came back would be taken for a message:
    /// with a length below 16, which underflows in `rpmsg_recv_single`, the old one that lies in the buffer; a length
    /// above 512 is refused, but Linux then neither lends the buffer again nor looks at what came back after it before
    /// the next kick (`rpmsg_recv_done`, drivers/rpmsg/virtio_rpmsg_bus.c, in 6.1, 6.12 and 7.2 alike).
    // Gets the layout itself: if it were passed by reference, it would have to be in memory on the good path too.
    #[cold]
    #[inline(never)]
    fn reject<C: Coherency>(&self, shm: &Shm<'m, C>, access: Access, id: u16) {
        if access == Access::Writable {
            self.bad.insert(id);
            return;
        }
        self.held.remove(id);
        let Some(layout) = self.layout.get() else { return };
        // What looks bad may be a ring that Linux is setting up anew: that is not ours to give back to.
        if self.is_marked(shm) {
            self.give_back(shm, &layout, id, 0);
        }
    }

    /// Calls `found` for each buffer that was kept because of its bad descriptor, which is good now. From here on it is
    /// held like any other. Each descriptor is read once.
    #[cold]
    #[inline(never)]
    pub(crate) fn find_mended<C: Coherency>(&self, shm: &Shm<'m, C>, found: impl Fn(u16)) {
        let Some(layout) = self.layout.get() else { return };
        let left = self.bad.clone();
        while let Some(id) = left.take_lowest() {
            if Self::check(shm, &layout, Access::Writable, id).is_ok() {
                self.bad.remove(id);
                found(id);
            }
        }
    }

    /// Whether nothing can move in the ring any more: as many entries were taken as there are descriptors, none of
    /// them was given back, and there is no good buffer among them.
    #[cold]
    #[inline(never)]
    pub(crate) fn is_stuck<C: Coherency>(&self, shm: &Shm<'m, C>) -> bool {
        let Some(layout) = self.layout.get() else { return false };
        let out = self.taken.get().wrapping_sub(self.given.get());
        out >= layout.num() && self.held == self.bad && !self.has_lent(shm)
    }

    /// Gives `buffer` back, `len` bytes of it written.
    #[inline(always)]
    pub fn push<C: Coherency>(&self, shm: &Shm<'m, C>, buffer: Buffer<'m>, len: u32) {
        let Some(layout) = self.layout.get() else { return };
        self.held.remove(buffer.id);
        self.give_back(shm, &layout, buffer.id, len);
    }

    #[inline(always)]
    fn give_back<C: Coherency>(&self, shm: &Shm<'m, C>, layout: &Layout<'m>, id: u16, len: u32) {
        let given = self.given.get();
        // If only one is out, it is the one that was lent first.
        let is_alone = self.taken.get() == given.wrapping_add(1);
        if is_alone && self.mark.get() == IN_ORDER {
            self.publish(shm, layout, given, [id.into(), len]);
        } else {
            self.give_back_one_of_several(shm, id, len);
        }
    }

    #[inline(always)]
    fn publish<C: Coherency>(&self, shm: &Shm<'m, C>, layout: &Layout<'m>, given: u16, entry: [u32; 2]) {
        let c = shm.coherency();
        layout.used_ring.store(c, given, entry);
        // Payload and entry must be seen before the index that publishes them.
        c.barrier();
        let next = given.wrapping_add(1);
        layout.used_idx.store(c, next);
        self.given.set(next);
    }

    /// Wherever this is interrupted for good, the mark does not say `IN_ORDER` of a ring that is not.
    // Gets the layout itself, as above.
    #[inline(never)]
    fn give_back_one_of_several<C: Coherency>(&self, shm: &Shm<'m, C>, id: u16, len: u32) {
        let Some(layout) = &self.layout.get() else { return };
        let (c, given) = (shm.coherency(), self.given.get());
        if self.mark.get() == IN_ORDER && layout.avail_ring.load(c, given) != id {
            self.set_mark(layout, c, OUT_OF_ORDER);
        }
        self.publish(shm, layout, given, [id.into(), len]);
        // Nothing is held or listed any more.
        if self.mark.get() == OUT_OF_ORDER && self.given.get() == self.taken.get() && self.plain.get() != 0 {
            c.barrier();
            self.set_mark(layout, c, IN_ORDER);
        }
    }

    /// Whether Linux wants to hear of the buffers given back since the last call. Asked once for all of
    /// them: Linux up to 6.12 does not want to hear of its transmit buffers, 7.x does.
    #[inline(always)]
    pub fn take_kick<C: Coherency>(&self, shm: &Shm<'m, C>) -> bool {
        let given = self.given.get();
        if given == self.announced.get() {
            return false;
        }
        self.announced.set(given);
        let Some(layout) = self.layout.get() else { return false };
        // Not to be mistaken for an answer that holds when `given` has gone round.
        let flags = if self.flags_at.replace(given.wrapping_sub(1)) == given {
            self.flags.get()
        } else {
            // The used index must be seen before the flag is read: Linux sets the flag, then looks at the
            // index once more (virtio 2.7.7.2).
            shm.coherency().barrier();
            layout.avail.load(shm.coherency()).0
        };
        flags & AVAIL_NO_INTERRUPT == 0
    }
}
