// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every access of the device to shared memory, seen as its cache maintenance announces it.
//!
//! A read is seen before it happens, so Linux can change memory between any two of them, and what
//! lies there after that is what the device reads: the bus knows which descriptors it accepted, holds
//! and owes. A write is seen after it happened and is permitted where a ring's used entry or index is
//! due, inside a buffer that the device holds for writing, and where a ring is marked. Memory that changed in
//! any other way is found by [`Memory::verify`].

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use imx_rpmsg::mailbox::Doorbell;
use imx_rpmsg::rpmsg::{Link, LiveTable};
use imx_rpmsg::shm::{Coherency, Shm, Span};
use imx_rpmsg::vring::{PeerError, RingAddress};
use imx_rpmsg::wire::resource_table::ADDR_ANY;

use crate::linux::{Linux, RINGS, TABLE};
use crate::memory::{Memory, Place, WINDOWS};
use crate::op::Op;

/// A buffer that the device holds.
struct Held {
    at: u32,
    len: u32,
    /// How often its header was read.
    headers: u8,
}

impl Held {
    fn covers(&self, offset: u32, len: u32) -> bool {
        offset >= self.at && offset + len <= self.at + self.len
    }

    /// Whether this may be read: of the header two readings, by who finds it good and by who passes it over.
    fn lets_read(&self, offset: u32, len: u32) -> bool {
        self.covers(offset, len) && (offset >= self.at + 16 || self.headers < 2)
    }
}

/// A ring that the device has attached to, or is about to.
struct Live {
    num: u16,
    /// Offsets in shared memory.
    desc: u32,
    avail: u32,
    used: u32,
    /// Entries that the device took and gave.
    taken: u16,
    given: u16,
    /// The avail index of the attachment, when it does not contradict the used index.
    told: Option<u16>,
    /// So many of the next entries are taken from a list that the device has put into the used ring.
    listed: u16,
    /// What was written into it when the device had found that it can be used.
    mark: Option<u16>,
    /// The mark was seen to be gone: what was held then is neither used nor given back.
    lost: bool,
    /// The avail index as read since the last barrier, unless it was too far ahead to be believed.
    seen: Option<u16>,
    /// As it was read before a barrier: entries up to it may be read.
    lent: u16,
    /// A used entry was written, its index not yet.
    stored: bool,
    /// A barrier came after the last write of an entry or index.
    fenced: bool,
    /// A buffer that the device refused and has to give back.
    owed: Option<u16>,
    /// Buffers it holds.
    held: Vec<Option<Held>>,
    /// Those that it keeps until their descriptors are good.
    bad: Vec<bool>,
    /// Given back since the last flush; the flags as last read after all that and a barrier.
    unannounced: bool,
    flags: Option<u16>,
    /// What its kicks carry.
    notifyid: u32,
}

impl Live {
    fn end(&self) -> u32 {
        self.used + 6 + 8 * u32::from(self.num)
    }

    fn touches(&self, offset: u32, len: u32) -> bool {
        offset < self.end() && self.desc < offset + len
    }

    fn entry(&self) -> u32 {
        self.entry_of(self.taken)
    }

    fn entry_of(&self, at: u16) -> u32 {
        self.avail + 4 + 2 * u32::from(at % self.num)
    }

    fn mark_at(&self) -> u32 {
        self.used + 4 + 8 * u32::from(self.num)
    }

    /// The number of the descriptor at `offset`.
    fn descriptor_at(&self, offset: u32) -> Option<u16> {
        let at = offset.checked_sub(self.desc)?;
        (at % 16 == 0 && at / 16 < u32::from(self.num)).then_some((at / 16) as u16)
    }

    /// Whether a kick is due, once; `None` when the flags that say so were not read.
    fn take_due(&mut self) -> Option<bool> {
        let flags = self.flags.take();
        if std::mem::take(&mut self.unannounced) { flags.map(|flags| flags & 1 == 0) } else { Some(false) }
    }

    fn slot(&self) -> u32 {
        self.slot_of(self.given)
    }

    fn slot_of(&self, at: u16) -> u32 {
        self.used + 4 + 8 * u32::from(at % self.num)
    }

    fn is_slot(&self, offset: u32) -> bool {
        (0..self.num).any(|at| self.slot_of(at) == offset)
    }

    fn is_entry(&self, offset: u32) -> bool {
        let first = self.avail + 4;
        offset >= first && offset < first + 2 * u32::from(self.num) && offset % 2 == first % 2
    }
}

/// What the bus saw go wrong, by what the device should count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mistakes {
    /// Entries that name no descriptor.
    pub id: u32,
    /// Entries that name a buffer the device holds.
    pub in_flight: u32,
    /// Descriptors that are no good.
    pub descriptor: u32,
}

/// A link with four endpoints over a bus.
pub type TestLink<'b> = Link<'b, &'b Bus, &'b Bus, 4>;

#[derive(Default)]
struct State {
    rings: [Option<Live>; 2],
    /// Where the rings are when the device attaches now.
    candidates: [Option<(RingAddress, u32)>; 2],
    fallback: Option<[RingAddress; 2]>,
    /// The descriptor that has to be read next: ring and number.
    expect: Option<(usize, u16)>,
    /// Structures overlap, so that an access says nothing about what it is for.
    loose: bool,
    /// That was so at some time in the run.
    unbalanced: bool,
    /// The mark was found in place for the next buffer that goes back to each ring.
    vouched: [bool; 2],
    mistakes: Mistakes,
    kicks: Vec<u32>,
}

/// Memory, Linux at its other end, and the eye on the device.
pub struct Bus {
    /// Shared memory and the table.
    pub memory: Memory,
    /// The driver.
    pub linux: Linux,
    /// Whether there is no link, only a ring: the harness then says what is read, and
    /// what is given back, when and with what length.
    pub alone: Cell<bool>,
    state: RefCell<State>,
    /// What Linux does after so many accesses from now, in order.
    delayed: RefCell<VecDeque<(u8, Op)>>,
}

impl Bus {
    /// A bus over fresh memory, with `table` as the resource table.
    pub fn new(table: &[u8]) -> Self {
        Self {
            memory: Memory::new(table),
            linux: Linux::default(),
            alone: Cell::new(false),
            state: RefCell::default(),
            delayed: RefCell::default(),
        }
    }

    /// The device's view of the shared memory.
    pub fn shm(&self) -> Shm<'_, &Self> {
        // SAFETY: the windows are inside the arena, which lives as long as the bus; it is initialised, and
        // slices of it are only made while the device does nothing.
        unsafe { Shm::new(self.memory.origin(), &WINDOWS, self) }
    }

    /// A link over this bus; with a fallback, its rings are where Linux puts them, with `num` and 4096.
    pub fn link(&self, fallback: Option<u32>) -> TestLink<'_> {
        let fallback = fallback.map(|num| RINGS.map(|da| RingAddress { da, align: 4096, num }));
        self.state.borrow_mut().fallback = fallback;
        let (at, len) = self.memory.table();
        // SAFETY: as above.
        let table = unsafe { Span::new(at, len) };
        let live = LiveTable::new(table, TABLE.layout());
        // A board that has two places for its table has no fallback.
        let live = if fallback.is_none() { live.or(table) } else { live };
        Link::new(self.shm(), self, live, fallback)
    }

    /// Linux acts after `accesses` more of the device.
    pub fn delay(&self, accesses: u8, op: Op) {
        self.delayed.borrow_mut().push_back((accesses, op));
    }

    /// The device is about to attach `ring` there.
    pub fn offer(&self, ring: usize, address: RingAddress) {
        let mut state = self.state.borrow_mut();
        state.rings[ring] = None;
        state.loose = false;
        state.candidates[ring] = Some((address, 0));
    }

    /// The device has let go of `ring`.
    pub fn withdraw(&self, ring: usize) {
        let mut state = self.state.borrow_mut();
        state.rings[ring] = None;
        state.candidates[ring] = None;
    }

    /// How many buffers of `ring` the device holds; `None` when that cannot be told.
    pub fn held(&self, ring: usize) -> Option<usize> {
        let state = self.state.borrow();
        let live = state.rings[ring].as_ref().filter(|live| !state.loose && !live.lost)?;
        Some(live.held.iter().flatten().count())
    }

    /// Whether the device marked `ring` as one that it started on; `None` when that cannot be told.
    pub fn started(&self, ring: usize) -> Option<bool> {
        let state = self.state.borrow();
        (!state.loose).then(|| state.rings[ring].as_ref().is_some_and(|live| live.mark.is_some()))
    }

    /// The device was asked whether to kick for `ring`: what it has to say, unless that cannot be told.
    pub fn take_due(&self, ring: usize) -> Option<bool> {
        let mut state = self.state.borrow_mut();
        let loose = state.loose;
        let due = state.rings[ring].as_mut().map_or(Some(false), Live::take_due);
        if loose { None } else { Some(due.expect("given back, but the flags were not read")) }
    }

    /// What holds between any two calls of the device: nothing changed unseen, nothing half done.
    pub fn settle(&self) {
        self.memory.verify();
        let state = self.state.borrow();
        if state.loose {
            return;
        }
        assert_eq!(state.expect, None, "an entry was taken and its descriptor never read");
        for live in state.rings.iter().flatten() {
            assert_eq!(live.owed, None, "a refused buffer was not given back");
            assert!(!live.stored, "a used entry was never published");
        }
    }

    /// The counters of the device are what was seen, unless that could not be told.
    pub fn compare(&self, errors: impl Fn(PeerError) -> u32) {
        let state = self.state.borrow();
        if state.unbalanced {
            return;
        }
        let count = |kinds: &[PeerError]| kinds.iter().map(|kind| errors(*kind)).sum::<u32>();
        use PeerError::{BufferAddress, BufferLength, DescriptorFlags, DescriptorId, InFlight};
        let counted = Mistakes {
            id: count(&[DescriptorId]),
            in_flight: count(&[InFlight]),
            descriptor: count(&[DescriptorFlags, BufferLength, BufferAddress]),
        };
        assert_eq!(counted, state.mistakes, "mistakes counted are not those seen");
    }

    /// After a flush: a kick for each ring that gave something and whose flags allow it, and no other.
    /// A link that is not up may be without rings already, and then sends none.
    pub fn flushed(&self, up: bool) {
        let mut state = self.state.borrow_mut();
        let kicks = std::mem::take(&mut state.kicks);
        let loose = state.loose;
        let mut due = Vec::new();
        for (ring, live) in state.rings.iter_mut().enumerate() {
            let Some(live) = live else { continue };
            match live.take_due() {
                Some(true) => due.push(live.notifyid),
                Some(false) => {}
                None => assert!(loose || !up, "ring {ring}: given back, but its flags were not read"),
            }
        }
        let right =
            kicks == due || !up && (kicks.is_empty() || due.len() == 2 && due.contains(&kicks[0]) && kicks.len() == 1);
        assert!(loose || right, "kicks {kicks:?}, due {due:?}");
    }

    /// No kick was sent outside of a flush.
    pub fn quiet(&self) {
        assert_eq!(self.state.borrow().kicks, [], "a kick outside of flush");
    }

    fn tick(&self) {
        loop {
            let op = {
                let mut delayed = self.delayed.borrow_mut();
                match delayed.front_mut() {
                    Some((0, op)) => {
                        let op = *op;
                        delayed.pop_front();
                        op
                    }
                    Some((accesses, _)) => {
                        *accesses -= 1;
                        return;
                    }
                    None => return,
                }
            };
            self.linux.apply(&self.memory, op);
        }
    }

    /// All that Linux still had in mind happens now.
    pub fn catch_up(&self) {
        for (_, op) in std::mem::take(&mut *self.delayed.borrow_mut()) {
            self.linux.apply(&self.memory, op);
        }
    }

    fn place(&self, at: *const u8, len: usize) -> Place {
        self.memory.place(at, len).unwrap_or_else(|| panic!("an access to {len} bytes outside shared memory"))
    }
}

impl State {
    fn read(&mut self, m: &Memory, place: Place, len: u32, alone: bool) {
        match place {
            Place::Table(offset) => self.read_table(m, offset, len),
            Place::Shared(offset) => self.read_shared(m, offset, len, alone),
        }
    }

    fn read_table(&mut self, m: &Memory, offset: u32, len: u32) {
        let layout = TABLE.layout();
        if (offset, len) == (layout.status(), 1) {
            return;
        }
        let ring = (0..2).find(|&ring| (offset, len) == (layout.vring(ring), 16));
        let ring = ring.unwrap_or_else(|| panic!("{len} bytes of the table read at {offset}"));
        // Only a detached link looks for rings.
        self.rings = Default::default();
        self.loose = false;
        let [da, align, num, notifyid] = m.words(Place::Table(offset));
        self.candidates[ring] = Some((RingAddress { da, align, num }, notifyid));
    }

    fn overlap(&mut self, found: bool) {
        self.loose |= found;
        self.unbalanced |= found;
    }

    fn candidate(&self, ring: usize) -> Option<(RingAddress, u32)> {
        let pristine = self.candidates.iter().flatten().filter(|c| c.0.da == ADDR_ANY).count() == 2;
        if pristine { self.fallback.map(|rings| (rings[ring], ring as u32)) } else { self.candidates[ring] }
    }

    /// The ring whose used index is at `offset`, when the device may attach to it now.
    fn attaching(&self, m: &Memory, offset: u32) -> Option<(usize, Live)> {
        let ring = (0..2).find(|&ring| self.rings[ring].is_none())?;
        (ring..2).find_map(|ring| {
            let (RingAddress { da, align, num }, notifyid) = self.candidate(ring)?;
            if self.rings[ring].is_some()
                || !num.is_power_of_two()
                || num > 256
                || !align.is_power_of_two()
                || align < 4
                || da % align.max(16) != 0
            {
                return None;
            }
            let used = (18 * num + 6).checked_next_multiple_of(align)?;
            let desc = m.ring(da, used.checked_add(6 + 8 * num)?)?;
            (desc + used + 2 == offset).then(|| {
                let given = m.half(offset);
                let live = Live {
                    num: num as u16,
                    desc,
                    avail: desc + 16 * num,
                    used: desc + used,
                    taken: given,
                    told: None,
                    listed: 0,
                    mark: None,
                    lost: false,
                    seen: None,
                    lent: given,
                    given,
                    stored: false,
                    fenced: false,
                    owed: None,
                    held: (0..num).map(|_| None).collect(),
                    bad: vec![false; num as usize],
                    unannounced: false,
                    flags: None,
                    notifyid,
                };
                (ring, live)
            })
        })
    }

    fn read_shared(&mut self, m: &Memory, offset: u32, len: u32, alone: bool) {
        if let Some((ring, id)) = self.expect.take() {
            if let Some(live) = &self.rings[ring] {
                assert_eq!((offset, len), (live.desc + 16 * u32::from(id), 16), "not the descriptor that was lent");
                return self.descriptor(m, ring, id, offset);
            }
        }
        if len == 2 {
            if let Some((ring, live)) = self.attaching(m, offset) {
                let other = self.rings[1 - ring].as_ref();
                self.overlap(other.is_some_and(|other| other.touches(live.desc, live.end() - live.desc)));
                self.rings[ring] = Some(live);
                return;
            }
        }
        if self.loose {
            return;
        }
        for (ring, live) in self.rings.iter_mut().enumerate() {
            let Some(live) = live else { continue };
            if len == 2 && offset == live.used + 2 {
                return;
            }
            if len == 4 && offset == live.avail {
                let [word] = m.words(Place::Shared(offset));
                let lent = (word >> 16) as u16;
                live.seen = Some(lent).filter(|lent| lent.wrapping_sub(live.taken) <= live.num);
                if live.mark.is_none() {
                    live.told = live.seen;
                }
                if live.unannounced && live.fenced {
                    live.flags = Some(word as u16);
                }
                return;
            }
            let Some(mark) = live.mark else {
                // The device finds out what is outstanding.
                if live.told.is_some() && len == 2 && offset == live.mark_at() {
                    return;
                }
                if live.told.is_some() && (len == 2 && live.is_entry(offset) || len == 8 && live.is_slot(offset)) {
                    return;
                }
                continue;
            };
            if len == 2 && offset == live.mark_at() {
                let found = m.half(offset) == mark;
                live.lost |= !found;
                live.owed = live.owed.filter(|_| found);
                // That of the first ring counts for a reply and the message it answers.
                self.vouched = [found && (ring == 0 || self.vouched[0]), found];
                return;
            }
            // What came back unsent may be granted again, as its descriptor says then.
            let kept = live.descriptor_at(offset).filter(|&id| live.held[usize::from(id)].is_some());
            if let Some(id) = kept.filter(|_| len == 16 && ring == 0) {
                live.held[usize::from(id)] = None;
                return self.descriptor(m, ring, id, offset);
            }
            // So may what is kept until its descriptor is good. That it is not is counted once.
            let bad = live.descriptor_at(offset).filter(|&id| live.bad[usize::from(id)]);
            if let Some(id) = bad.filter(|_| len == 16) {
                self.descriptor(m, ring, id, offset);
                return;
            }
            // Whether what goes back was lent before what else is held.
            let out = live.taken.wrapping_sub(live.given);
            if len == 2 && out > 1 && offset == live.entry_of(live.given) {
                // When the next entry to take is in the same place, and there is one, it could be either.
                let ambiguous = live.given % live.num == live.taken % live.num && live.taken != live.lent;
                self.overlap(ambiguous);
                return;
            }
            let takes = if live.listed > 0 {
                len == 8 && offset == live.slot_of(live.taken)
            } else {
                len == 2 && offset == live.entry()
            };
            if takes {
                assert_ne!(live.taken, live.lent, "ring {ring}: an entry was taken that was not lent");
                live.taken = live.taken.wrapping_add(1);
                let id = if live.listed > 0 { m.words::<1>(Place::Shared(offset))[0] } else { m.half(offset).into() };
                live.listed = live.listed.saturating_sub(1);
                match live.held.get(id as usize) {
                    None => self.mistakes.id += 1,
                    Some(Some(_)) => self.mistakes.in_flight += 1,
                    Some(None) if live.bad[id as usize] => self.mistakes.in_flight += 1,
                    Some(None) => self.expect = Some((ring, id as u16)),
                }
                return;
            }
            // Where there is a list, the entry is read in vain; and those of what is spare tell which was taken first.
            if len == 2 && live.is_entry(offset) && (live.listed > 0 || ring == 0) {
                return;
            }
        }
        let mut held = self.rings[1].iter_mut().flat_map(|live| live.held.iter_mut().flatten());
        let Some(held) = held.find(|held| held.lets_read(offset, len)) else {
            panic!("{len} bytes read at {offset:#x}: no ring, and no buffer that is held for reading")
        };
        held.headers += u8::from(offset < held.at + 16 && !alone);
    }

    fn descriptor(&mut self, m: &Memory, ring: usize, id: u16, offset: u32) {
        let [low, high, len, rest] = m.words(Place::Shared(offset));
        let address = u64::from(high) << 32 | u64::from(low);
        // To be written: whole buffers of Linux's only. To be read: a header at least.
        let (wanted, shortest) = if ring == 0 { (crate::linux::WRITE, 512) } else { (0, 16) };
        let span = m.shared(address, len).filter(|at| rest as u16 == wanted && len >= shortest && at % 4 == 0);
        if let Some(at) = span {
            self.overlap(self.rings.iter().flatten().any(|live| live.touches(at, len)));
        }
        let Some(live) = &mut self.rings[ring] else { return };
        let was_bad = std::mem::take(&mut live.bad[usize::from(id)]);
        match span {
            Some(at) => live.held[usize::from(id)] = Some(Held { at, len, headers: 0 }),
            // What is lent to be written is kept: whatever comes back is taken for a message.
            None if ring == 0 => {
                live.bad[usize::from(id)] = true;
                self.mistakes.descriptor += u32::from(!was_bad);
            }
            None => {
                live.owed = Some(id);
                self.mistakes.descriptor += 1;
            }
        }
    }

    fn write(&mut self, m: &Memory, place: Place, len: u32, alone: bool) {
        let Place::Shared(offset) = place else { panic!("the device wrote to the resource table") };
        m.accept(offset, len);
        if self.loose {
            return;
        }
        for (ring, live) in self.rings.iter_mut().enumerate() {
            let Some(live) = live else { continue };
            if (offset, len) == (live.mark_at(), 2) {
                if let Some(mark) = live.mark {
                    // It says whether what went back so far did so in order.
                    let other = m.half(offset);
                    assert!(other != 0 && other != mark, "ring {ring}: marked twice");
                    live.mark = Some(other);
                    return;
                }
                let Some(told) = live.told else {
                    panic!("ring {ring}: its indices were not read, or contradict each other")
                };
                assert!([0, told.wrapping_sub(live.given)].contains(&live.listed), "ring {ring}: not all is listed");
                live.seen = None;
                let mark = m.half(offset);
                assert_ne!(mark, 0, "ring {ring}: a mark that a new ring has too");
                live.mark = Some(mark);
                return;
            }
            if live.mark.is_none() {
                // The device lists what is outstanding, the last first, where it will give something back.
                let last = live.told.map(|told| live.slot_of(told.wrapping_sub(live.listed).wrapping_sub(1)));
                if (Some(offset), len) == (last, 8) {
                    live.listed += 1;
                    assert!(live.listed <= live.num, "ring {ring}: more than a ring is listed");
                    assert!(m.words::<1>(place)[0] < live.num.into(), "ring {ring}: lists what is no buffer");
                    return;
                }
                continue;
            }
            if (offset, len) == (live.slot(), 8) {
                assert!(!live.stored, "two used entries for one index");
                live.stored = true;
                live.fenced = false;
                let [id, used_len] = m.words(place);
                let vouched = std::mem::take(&mut self.vouched[ring]);
                assert!(
                    alone && live.owed.is_none() || vouched,
                    "ring {ring}: {id} given back to what may be another ring"
                );
                if live.owed == Some(id as u16) && id < u32::from(live.num) {
                    live.owed = None;
                    assert_eq!(used_len, 0, "a refused buffer was given back with a length");
                    return;
                }
                let held = live.held.get_mut(id as usize).and_then(Option::take);
                let held = held.unwrap_or_else(|| panic!("ring {ring}: {id} given back, but not held"));
                if !alone {
                    let written = if ring == 0 { 16 + u32::from(m.half(held.at + 12)) } else { 0 };
                    assert_eq!(used_len, written, "ring {ring}: used length");
                    assert!(written <= held.len, "ring {ring}: more written than lent");
                }
                return;
            }
            if (offset, len) == (live.used + 2, 2) {
                assert!(live.stored, "used index without an entry");
                assert!(live.fenced, "ring {ring}: no barrier between entry and index");
                (live.stored, live.fenced) = (false, false);
                live.flags = None;
                live.given = live.given.wrapping_add(1);
                assert_eq!(m.half(offset), live.given, "used index");
                live.unannounced = true;
                return;
            }
        }
        let mut held = self.rings[0].iter().flat_map(|live| live.held.iter().flatten());
        assert!(
            held.any(|held| held.covers(offset, len)),
            "{len} bytes written at {offset:#x}: nothing of a ring that is due, and no buffer that is held"
        );
    }

    fn barrier(&mut self) {
        for live in self.rings.iter_mut().flatten() {
            live.fenced = true;
            let ahead = |lent: u16| lent.wrapping_sub(live.taken);
            // One that Linux took back holds all the same: what was lent was read once.
            let further = |seen: &u16| ahead(live.lent) < ahead(*seen) && ahead(*seen) <= live.num;
            live.lent = live.seen.take().filter(further).unwrap_or(live.lent);
        }
    }
}

// SAFETY: nothing of the device's is cached; what changes in `invalidate` and `barrier` is what the
// peer changes at that moment.
unsafe impl Coherency for &Bus {
    fn invalidate(&self, at: *const u8, len: usize) {
        self.tick();
        if len > 0 {
            let place = self.place(at, len);
            self.state.borrow_mut().read(&self.memory, place, len as u32, self.alone.get());
        }
    }

    fn write_back(&self, at: *const u8, len: usize) {
        if len > 0 {
            let place = self.place(at, len);
            self.state.borrow_mut().write(&self.memory, place, len as u32, self.alone.get());
        }
    }

    fn barrier(&self) {
        self.tick();
        self.state.borrow_mut().barrier();
    }
}

impl Doorbell for &Bus {
    fn kick(&self, vqid: u32) {
        self.state.borrow_mut().kicks.push(vqid);
    }
}
