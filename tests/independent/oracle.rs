// SPDX-License-Identifier: MIT OR Apache-2.0
//! rust-vmm's virtio-queue as an oracle: random drivers and random calls of the device, on equal copies
//! of the same memory. After every step both copies are equal to the last byte, so ours wrote what theirs
//! wrote, where theirs wrote it.
//!
//! What both do alike is compared: which entry comes next and whether there is one, an index that
//! jumped, address and length of a well-formed buffer, which addresses are memory, used entries and
//! index, the state after an attach to a ring with history.
//!
//! Where policies differ, by intent:
//!
//! * theirs reads the avail index at each pop, ours once for all that it publishes, when it pops or looks.
//!   Theirs is shown the index with which our batch began, until the batch is used up.
//! * theirs gives a chain for any entry and leaves judgement to the user. Ours has single buffers only:
//!   what is malformed is a [`PeerError`], and it goes on; the buffer is returned (theirs is told to) when
//!   it can be named and is not held already.
//! * theirs does not know `VRING_AVAIL_F_NO_INTERRUPT` and always wants to notify. Ours goes by the flags that
//!   it read with the index since it last gave something back, or reads them when it has not.

use imx_rpmsg::arch::Host;
use imx_rpmsg::vring::{Access, AttachError, Buffer, DeviceRing, PeerError, RingAddress};
use proptest::prelude::*;
use virtio_queue::desc::split::Descriptor;
use virtio_queue::{Error, Queue, QueueOwnedT, QueueT};
use vm_memory::{Bytes, GuestAddress, GuestMemory, Permissions};

use crate::copies::{BUFFERS, BUFFERS_LEN, Copies, RING, RING_LEN};

const WRITE: u16 = 2;

/// A descriptor's fields as the driver writes them.
#[derive(Clone, Copy, Debug)]
struct Desc {
    addr: u64,
    len: u32,
    flags: u16,
    next: u16,
}

/// One thing that the driver or the device does.
#[derive(Clone, Debug)]
enum Step {
    /// The driver rewrites a descriptor, lent or not.
    Describe(u16, Desc),
    /// It overwrites any entry of the avail ring.
    Entry(u16, u16),
    /// It lends a descriptor as it should, whatever its number.
    Lend(u16),
    /// It moves the avail index by any amount.
    Move(u16),
    /// It sets the avail flags.
    Flags(u16),
    Pop,
    /// The device gives back one of the buffers that it holds, any of them.
    Push(usize, u32),
    TakeKick,
    /// It asks whether there is something to take.
    Look,
}

/// A ring, as the driver sets it up.
#[derive(Clone, Debug)]
struct Setup {
    num: u16,
    align: u32,
    writable: bool,
    /// Used index, and how far the avail index is ahead of it.
    used: u16,
    ahead: u16,
}

impl Setup {
    fn access(&self) -> Access {
        if self.writable { Access::Writable } else { Access::Readable }
    }
}

fn num() -> impl Strategy<Value = u16> {
    (0u32..=8).prop_map(|log| 1 << log)
}

fn setup() -> impl Strategy<Value = Setup> {
    let align = prop_oneof![Just(4096u32), (2u32..=12).prop_map(|log| 1 << log)];
    let used = prop_oneof![Just(0u16), 0xfff0u16..=0xffff, any::<u16>()];
    let ahead = prop_oneof![6 => Just(0u16), 3 => 0u16..=256, 1 => any::<u16>()];
    let parts = (num(), align, any::<bool>(), used, ahead);
    parts.prop_map(|(num, align, writable, used, ahead)| Setup { num, align, writable, used, ahead })
}

fn desc() -> impl Strategy<Value = Desc> {
    let edges = [RING, RING + RING_LEN, BUFFERS, BUFFERS + BUFFERS_LEN];
    let near =
        (proptest::sample::select(edges.to_vec()), -600i64..600).prop_map(|(edge, d)| (i64::from(edge) + d) as u64);
    let addr = prop_oneof![
        8 => (0..BUFFERS_LEN / 4).prop_map(|word| u64::from(BUFFERS + 4 * word)),
        2 => near,
        1 => any::<u32>().prop_map(u64::from),
        1 => any::<u64>(),
        1 => (0..0x1000u64).prop_map(|d| u64::MAX - d),
    ];
    let len = prop_oneof![8 => 16u32..=700, 1 => 0u32..=16, 1 => any::<u32>(), 1 => Just(u32::MAX)];
    let flags = prop_oneof![6 => Just(WRITE), 6 => Just(0u16), 2 => 0u16..8, 1 => any::<u16>()];
    (addr, len, flags, any::<u16>()).prop_map(|(addr, len, flags, next)| Desc { addr, len, flags, next })
}

fn step() -> impl Strategy<Value = Step> {
    let id = || prop_oneof![12 => 0u16..=256, 1 => any::<u16>()];
    prop_oneof![
        4 => (id(), desc()).prop_map(|(id, desc)| Step::Describe(id, desc)),
        1 => (any::<u16>(), id()).prop_map(|(slot, id)| Step::Entry(slot, id)),
        12 => id().prop_map(Step::Lend),
        1 => prop_oneof![2 => 0u16..=300, 1 => any::<u16>()].prop_map(Step::Move),
        1 => prop_oneof![0u16..2, any::<u16>()].prop_map(Step::Flags),
        12 => Just(Step::Pop),
        8 => (any::<usize>(), any::<u32>()).prop_map(|(which, len)| Step::Push(which, len)),
        2 => Just(Step::TakeKick),
        2 => Just(Step::Look),
    ]
}

/// Both devices on their copies, and what is known of ours.
struct Pair<'c> {
    copies: &'c Copies,
    shm: imx_rpmsg::shm::Shm<'c, Host>,
    ours: DeviceRing<'c>,
    theirs: Queue,
    setup: Setup,
    held: Vec<(Buffer<'c>, u16)>,
    /// Buffers that ours keeps until their descriptors are good, and theirs knows nothing of.
    kept: Vec<u16>,
    /// The avail index with which our batch began.
    batch: u16,
    pushed: bool,
    /// The avail flags that were read with the index after the last push that is not announced.
    flags: Option<u16>,
    /// Mistakes seen, by kind.
    mistakes: [u32; PeerError::ALL.len()],
}

/// The addresses of avail and used ring (virtio 2.7.2).
fn parts(da: u32, num: u16, align: u32) -> (u32, u32) {
    let avail = da + 16 * u32::from(num);
    (avail, (avail + 6 + 2 * u32::from(num)).next_multiple_of(align))
}

/// Ours marks a ring in `avail_event`, which theirs leaves as it is.
fn mark(copies: &Copies, used: u32, num: u16) {
    let at = used + 4 + 8 * u32::from(num);
    copies.write(at, &copies.ours_half(at).to_le_bytes());
}

fn queue(da: u32, num: u16, align: u32) -> Queue {
    let (avail, used) = parts(da, num, align);
    let mut queue = Queue::new(256).unwrap();
    queue.try_set_size(num).unwrap();
    queue.try_set_desc_table_address(GuestAddress(da.into())).unwrap();
    queue.try_set_avail_ring_address(GuestAddress(avail.into())).unwrap();
    queue.try_set_used_ring_address(GuestAddress(used.into())).unwrap();
    queue.set_ready(true);
    queue
}

impl<'c> Pair<'c> {
    /// Both devices attached, or `None` when both refuse the ring's history.
    fn attach(copies: &'c Copies, setup: Setup) -> Option<Self> {
        let (avail, used) = parts(RING, setup.num, setup.align);
        copies.write(avail, &[0; 4]);
        copies.write(used, &[0; 2]);
        copies.write(used + 2, &setup.used.to_le_bytes());
        copies.write(avail + 2, &setup.used.wrapping_add(setup.ahead).to_le_bytes());
        for id in 0..setup.num {
            // Each a buffer of its own length and place.
            let desc = Desc {
                addr: (BUFFERS + 16 * u32::from(id)).into(),
                len: setup.access().shortest() + u32::from(id),
                flags: if setup.writable { WRITE } else { 0 },
                next: 0,
            };
            describe(copies, id, desc);
            copies.write(avail + 4 + 2 * u32::from(id), &id.to_le_bytes());
            // What came back before did so in order.
            copies.write(used + 4 + 8 * u32::from(id), &u64::from(id).to_le_bytes());
        }
        let mut theirs = queue(RING, setup.num, setup.align);
        theirs.set_next_avail(setup.used);
        theirs.set_next_used(setup.used);
        assert!(theirs.is_valid(&copies.theirs));
        let ours = DeviceRing::new();
        let shm = copies.shm();
        let attached = ours.attach(&shm, RingAddress { da: RING, align: setup.align, num: setup.num.into() });
        if theirs.iter(&copies.theirs).is_err() {
            assert_eq!(attached, Err(AttachError::History));
            return None;
        }
        assert_eq!(attached, Ok(setup.used));
        assert_ne!(copies.ours_half(used + 4 + 8 * u32::from(setup.num)), 0);
        mark(copies, used, setup.num);
        let batch = setup.used;
        Some(Self {
            copies,
            shm,
            ours,
            theirs,
            setup,
            held: Vec::new(),
            kept: Vec::new(),
            batch,
            pushed: false,
            flags: None,
            mistakes: [0; 8],
        })
    }

    fn avail(&self) -> u32 {
        parts(RING, self.setup.num, self.setup.align).0
    }

    fn avail_idx(&self) -> u16 {
        self.copies.half(self.avail() + 2)
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Describe(id, desc) => describe(self.copies, id % self.setup.num, desc),
            Step::Entry(slot, id) => self.entry(slot, id),
            Step::Lend(id) => {
                let idx = self.avail_idx();
                // 256 stands for the first number that is none; others for a good one.
                self.entry(idx, if id < 256 { id % self.setup.num } else { self.setup.num.saturating_add(id - 256) });
                self.copies.write(self.avail() + 2, &idx.wrapping_add(1).to_le_bytes());
            }
            Step::Move(by) => self.copies.write(self.avail() + 2, &self.avail_idx().wrapping_add(by).to_le_bytes()),
            Step::Flags(flags) => self.copies.write(self.avail(), &flags.to_le_bytes()),
            Step::Pop => self.pop(),
            Step::Push(which, len) => self.push(which, len),
            Step::TakeKick => self.take_kick(),
            Step::Look => self.look(),
        }
        assert_eq!(self.copies.difference().map(|at| format!("{at:#x}")), None, "the copies differ");
        assert!(self.ours.is_ours(&self.shm));
    }

    fn entry(&self, slot: u16, id: u16) {
        self.copies.write(self.avail() + 4 + 2 * u32::from(slot % self.setup.num), &id.to_le_bytes());
    }

    fn in_batch(&self) -> bool {
        self.theirs.next_avail() != self.batch
    }

    /// Ours reads the index, and the flags with it.
    fn reads_index(&mut self) {
        if self.pushed {
            self.flags = Some(self.copies.half(self.avail()));
        }
    }

    /// An index that jumped is something to take as well: the pop that tells of it.
    fn look(&mut self) {
        let idx = self.avail_idx();
        let more = self.in_batch() || idx != self.theirs.next_avail();
        if !self.in_batch() {
            self.reads_index();
        }
        assert_eq!(self.ours.has_lent(&self.shm), more);
        if !self.in_batch() && self.theirs.iter(&self.copies.theirs).is_ok() {
            self.batch = idx;
        }
    }

    fn pop(&mut self) {
        let memory = &self.copies.theirs;
        let at = GuestAddress((self.avail() + 2).into());
        let actual = self.avail_idx();
        let in_batch = self.in_batch();
        if in_batch {
            memory.write_obj(self.batch.to_le(), at).unwrap();
        } else {
            self.reads_index();
        }
        let chain = self.theirs.iter(memory).map(|mut entries| entries.next());
        memory.write_obj(actual.to_le(), at).unwrap();

        let popped = self.ours.pop(&self.shm, self.setup.access());
        let chain = match chain {
            Err(Error::InvalidAvailRingIndex) => return self.expect_error(popped, PeerError::IndexJump),
            Err(error) => panic!("{error}"),
            Ok(None) => return assert!(matches!(popped, Ok(None)), "something from nothing"),
            Ok(Some(chain)) => chain,
        };
        if !in_batch {
            self.batch = actual;
        }
        let id = chain.head_index();
        if id >= self.setup.num {
            // Theirs has no way to return it either.
            assert!(self.theirs.add_used(memory, id, 0).is_err());
            return self.expect_error(popped, PeerError::DescriptorId);
        }
        if self.kept.contains(&id) || self.held.iter().any(|(_, held)| *held == id) {
            return self.expect_error(popped, PeerError::InFlight);
        }
        let desc: Descriptor = memory.read_obj(GuestAddress(u64::from(RING) + 16 * u64::from(id))).unwrap();
        if let Some(error) = self.judge(desc) {
            self.expect_error(popped, error);
            // What is to be written is kept: whatever comes back is taken for something that was.
            if self.setup.writable {
                self.kept.push(id);
            } else {
                self.give_back(id, 0);
            }
            return;
        }
        let Ok(Some(buffer)) = popped else { panic!("{:?} for {desc:x?}", popped.err()) };
        let descs: Vec<Descriptor> = chain.collect();
        assert_eq!(descs.len(), 1);
        assert_eq!((descs[0].addr(), descs[0].len()), (desc.addr(), buffer.span.len()));
        assert_eq!(descs[0].is_write_only(), self.setup.writable);
        // Every word of the memory for buffers is its own address, so equal bytes are the same place.
        let len = buffer.span.len() as usize;
        let (mut ours, mut theirs) = (vec![0; len], vec![0; len]);
        assert_eq!(buffer.span.read(&Host, 0, &mut ours), len);
        memory.read_slice(&mut theirs, desc.addr()).unwrap();
        assert!(ours == theirs, "not the bytes at {:#x}", desc.addr().0);
        self.held.push((buffer, id));
    }

    /// What is wrong with a descriptor, in the words of the specification and of their memory.
    fn judge(&self, desc: Descriptor) -> Option<PeerError> {
        if desc.flags() != if self.setup.writable { WRITE } else { 0 } {
            return Some(PeerError::DescriptorFlags);
        }
        if desc.len() < self.setup.access().shortest() {
            return Some(PeerError::BufferLength);
        }
        let whole = desc.addr().0.checked_add(desc.len().into()).is_some()
            && self.copies.theirs.check_range(desc.addr(), desc.len() as usize, Permissions::ReadWrite);
        (!whole || desc.addr().0 % 4 != 0).then_some(PeerError::BufferAddress)
    }

    fn expect_error(&mut self, popped: Result<Option<Buffer<'c>>, PeerError>, error: PeerError) {
        assert_eq!(popped.map(|buffer| buffer.is_some()), Err(error));
        self.mistakes[error as usize] += 1;
    }

    fn push(&mut self, which: usize, len: u32) {
        if self.held.is_empty() {
            return;
        }
        let (buffer, id) = self.held.swap_remove(which % self.held.len());
        self.ours.push(&self.shm, buffer, len);
        self.give_back(id, len);
    }

    fn give_back(&mut self, id: u16, len: u32) {
        self.theirs.add_used(&self.copies.theirs, id, len).unwrap();
        // It tells whether what was given back so far went in order.
        mark(self.copies, parts(RING, self.setup.num, self.setup.align).1, self.setup.num);
        self.pushed = true;
        self.flags = None;
    }

    fn take_kick(&mut self) {
        let flags = self.flags.take().unwrap_or_else(|| self.copies.half(self.avail()));
        let wanted = flags & 1 == 0;
        let theirs = self.theirs.needs_notification(&self.copies.theirs).unwrap();
        assert_eq!(self.ours.take_kick(&self.shm), self.pushed && wanted && theirs);
        self.pushed = false;
    }

    /// The driver comes to its senses: everything is as it should be from here on.
    fn heal(&mut self) {
        self.copies.write(self.avail() + 2, &self.theirs.next_avail().to_le_bytes());
        while self.in_batch() {
            self.step(Step::Pop);
            self.copies.write(self.avail() + 2, &self.theirs.next_avail().to_le_bytes());
        }
        while !self.held.is_empty() {
            self.step(Step::Push(0, 0));
        }
        let flags = if self.setup.writable { WRITE } else { 0 };
        for id in (0..self.setup.num.min(8)).filter(|id| !self.kept.contains(id)).collect::<Vec<_>>() {
            self.step(Step::Describe(id, Desc { addr: BUFFERS.into(), len: 600, flags, next: 0 }));
            self.step(Step::Lend(id));
            self.step(Step::Pop);
            assert_eq!(self.held.len(), 1, "no service after the driver healed");
            self.step(Step::Push(0, 16));
        }
    }
}

fn describe(copies: &Copies, id: u16, desc: Desc) {
    describe_at(copies, RING, id, desc);
}

fn describe_at(copies: &Copies, da: u32, id: u16, desc: Desc) {
    let mut bytes = Vec::with_capacity(16);
    bytes.extend(desc.addr.to_le_bytes());
    bytes.extend(desc.len.to_le_bytes());
    bytes.extend(desc.flags.to_le_bytes());
    bytes.extend(desc.next.to_le_bytes());
    copies.write(da + 16 * u32::from(id), &bytes);
}

/// `PROPTEST_CASES` cases, or as many as are quick.
fn cases(quick: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(quick);
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(proptest::test_runner::FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn pops_and_the_used_ring_are_those_of_virtio_queue(
        setup in setup(),
        steps in proptest::collection::vec(step(), 0..300),
    ) {
        let copies = Copies::new();
        if let Some(mut pair) = Pair::attach(&copies, setup) {
            steps.into_iter().for_each(|step| pair.step(step));
            pair.heal();
        }
    }

    #[test]
    fn rings_are_where_virtio_queue_has_them_or_refused(
        da in prop_oneof![
            (0..=RING_LEN / 16).prop_map(|i| RING + 16 * i),
            any::<u32>().prop_map(|da| da & 0x7fff_ffff),
            (1..=64u32).prop_map(|i| RING - 16 * i),
        ],
        num in num(),
        align in (4u32..=13).prop_map(|log| 1u32 << log),
    ) {
        let da = da & !(align - 1);
        let copies = Copies::new();
        let theirs = queue(da, num, align);
        let (_, used) = parts(da, num, align);
        // What lies between the parts has to be memory too: ours is one range, theirs are three.
        let one = used <= RING + RING_LEN || da >= BUFFERS;
        let ours = DeviceRing::new();
        if theirs.is_valid(&copies.theirs) && one {
            // An empty ring, or its pattern would be taken for history.
            copies.write(da + 16 * u32::from(num) + 2, &[0; 2]);
            copies.write(used + 2, &[0; 2]);
            assert_eq!(ours.attach(&copies.shm(), RingAddress { da, align, num: num.into() }), Ok(0));
            mark(&copies, used, num);
        } else {
            let refused = Err(AttachError::Address(da));
            assert_eq!(ours.attach(&copies.shm(), RingAddress { da, align, num: num.into() }), refused);
        }
        assert_eq!(copies.difference(), None);
    }
}

/// Linux aligns the address of the used ring (`vring_init`), ours its offset from the first descriptor:
/// the same for a ring that is itself aligned, as all of Linux's are.
#[test]
fn a_ring_that_is_not_aligned_is_refused_or_where_linux_has_it() {
    let copies = Copies::new();
    let (da, num, align) = (RING + 16, 4, 64);
    let (avail, used) = parts(da, num, align);
    copies.write(avail, &[0; 6]);
    copies.write(used, &[0; 256]);
    let desc = Desc { addr: BUFFERS.into(), len: 16, flags: 0, next: 0 };
    describe_at(&copies, da, 0, desc);
    let shm = copies.shm();
    let ours = DeviceRing::new();
    if ours.attach(&shm, RingAddress { da, align, num: num.into() }) != Ok(0) {
        return;
    }
    mark(&copies, used, num);
    copies.write(avail + 2, &1u16.to_le_bytes());
    let buffer = ours.pop(&shm, Access::Readable).unwrap().unwrap();
    ours.push(&shm, buffer, 0);
    let mut theirs = queue(da, num, align);
    theirs.add_used(&copies.theirs, 0, 0).unwrap();
    assert_eq!(copies.difference(), None);
}
