// SPDX-License-Identifier: MIT OR Apache-2.0
//! virtio-queue, which nobody here wrote, as the device behind a [`DriverRing`].

use imx_rpmsg::arch::Host;
use imx_rpmsg::shm::{Shm, Window};
use imx_rpmsg::vring::{Access, DriverRing, RingAddress};
use virtio_queue::{Queue, QueueT};
use vm_memory::{Bytes, GuestAddress, GuestMemoryBackend, GuestMemoryMmap};

const RING: u32 = 0x942f_0000;
const BUFFERS: u32 = 0x942f_4000;
const LEN: u32 = 0x2_8000;

/// A ring of the driver's and virtio-queue on it, over the same bytes.
fn check(access: Access, num: u16) {
    let memory = GuestMemoryMmap::<()>::from_ranges(&[(GuestAddress(RING.into()), LEN as usize)]).unwrap();
    let windows = [Window { linux: RING, device: RING, len: LEN }];
    let origin = memory.get_host_address(GuestAddress(RING.into())).unwrap().wrapping_sub(RING as usize);
    // SAFETY: mapped for as long as `memory`, and only raw pointers look into it.
    let shm = unsafe { Shm::new(origin, &windows, Host) };
    memory.write_slice(&[0xa5; 0x4000], GuestAddress(RING.into())).unwrap();
    let ring = DriverRing::new(access);
    ring.set_up(&shm, RingAddress { da: RING, align: 4096, num: num.into() }, BUFFERS).unwrap();

    let avail = u64::from(RING) + 16 * u64::from(num);
    let used = u64::from(RING) + (16 * u64::from(num) + 6 + 2 * u64::from(num)).next_multiple_of(4096);
    let mut queue = Queue::new(256).unwrap();
    queue.try_set_size(num).unwrap();
    queue.try_set_desc_table_address(GuestAddress(RING.into())).unwrap();
    queue.try_set_avail_ring_address(GuestAddress(avail)).unwrap();
    queue.try_set_used_ring_address(GuestAddress(used)).unwrap();
    queue.set_ready(true);
    assert!(queue.is_valid(&memory));

    // Past 65,536, where the indices wrap, and never twice the same number at a time.
    let mut total = 0u32;
    let mut round = 0u32;
    while total < 70_000 {
        round += 1;
        let batch = round % u32::from(num) + 1;
        let marks: Vec<u32> = (0..batch).map(|i| (total + i) % 497).collect();
        for mark in &marks {
            let buffer = ring.take_free().expect("a free buffer");
            assert!(buffer.span.write_words(&Host, 0, [*mark]));
            ring.lend(&shm, buffer, 16 + mark);
        }
        assert!(ring.take_kick(&shm) && !ring.take_kick(&shm));
        let mut lent = Vec::new();
        while let Some(chain) = queue.pop_descriptor_chain(&memory) {
            let id = chain.head_index();
            let descs: Vec<_> = chain.collect();
            assert_eq!((descs.len(), descs[0].is_write_only()), (1, access == Access::Writable));
            let mark: u32 = u32::from_le(memory.read_obj(descs[0].addr()).unwrap());
            assert_eq!(mark, marks[lent.len()], "in the order of lending");
            assert_eq!(descs[0].len(), if access == Access::Writable { 512 } else { 16 + mark });
            lent.push((id, mark));
        }
        assert_eq!(lent.len(), marks.len());
        lent.rotate_left(round as usize % marks.len());
        for (id, mark) in &lent {
            queue.add_used(&memory, *id, 16 + mark).unwrap();
        }
        for (_, mark) in &lent {
            let (buffer, len) = ring.take_back(&shm).unwrap().expect("a used buffer");
            assert_eq!((len, buffer.span.read_words(&Host, 0)), (16 + mark, Some([*mark])));
            ring.release(buffer);
        }
        assert!(!ring.has_used(&shm));
        total += batch;
    }
}

#[test]
fn virtio_queue_gets_what_was_lent_and_returns_it() {
    for num in [1, 2, 8, 256] {
        check(Access::Readable, num);
        check(Access::Writable, num);
    }
}
