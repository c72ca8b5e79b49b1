// SPDX-License-Identifier: MIT OR Apache-2.0
//! One ring alone: any memory, any calls of [`DeviceRing`].

use imx_rpmsg::vring::{Access, AttachError, Buffer, DeviceRing, PeerError, RingAddress};

use crate::bus::Bus;
use crate::linux::RINGS;
use crate::targets::steps::{FIRST, each};

/// Attaches where Linux set the ring up last: `1 << a` descriptors aligned to `4 << b`.
pub const ATTACH: u8 = FIRST;
/// Attaches to `a << b % 3` descriptors aligned to `b` at `word`.
pub const ATTACH_ANY: u8 = FIRST + 1;
/// Lets go.
pub const DETACH: u8 = FIRST + 2;
/// Takes a buffer.
pub const POP: u8 = FIRST + 3;
/// Gives buffer `a` back with length `word`.
pub const PUSH: u8 = FIRST + 4;
/// Reads or writes `a` bytes at `word` of a buffer.
pub const USE: u8 = FIRST + 5;
/// Asks all that can be asked.
pub const ASK: u8 = FIRST + 6;
/// Fills a window with a pattern.
pub const FILL: u8 = FIRST + 7;
const ALL: u8 = FIRST + 8;

/// Whether a ring can be at `address`, from the specification alone.
fn geometry(bus: &Bus, address: RingAddress) -> Result<(), AttachError> {
    let RingAddress { da, align, num } = address;
    if !(1..=256).contains(&num) || num.count_ones() != 1 {
        return Err(AttachError::Num(num));
    }
    if align < 4 || align.count_ones() != 1 {
        return Err(AttachError::Align(align));
    }
    let used = (u64::from(18 * num + 6)).next_multiple_of(align.into());
    let len = used + 6 + 8 * u64::from(num);
    match u32::try_from(len) {
        Err(_) => Err(AttachError::Align(align)),
        Ok(len) if da % align.max(16) == 0 && bus.memory.ring(da, len).is_some() => Ok(()),
        Ok(_) => Err(AttachError::Address(da)),
    }
}

/// Runs one input: the first byte says which ring, then steps follow.
pub fn run(data: &[u8]) {
    let Some((&which, data)) = data.split_first() else { return };
    let index = usize::from(which % 2);
    let access = if index == 0 { Access::Writable } else { Access::Readable };
    let bus = Bus::new(&[0; 4]);
    bus.alone.set(true);
    let shm = bus.shm();
    let ring = DeviceRing::new();
    let mut buffers: Vec<Buffer<'_>> = Vec::new();
    let mut errors = [0u32; PeerError::ALL.len()];
    bus.linux.set_up(&bus.memory, 8, 64);
    each(&bus, data, ALL, |op| {
        let code = op.code;
        let attach = |address: RingAddress| {
            bus.offer(index, address);
            let found = ring.attach(&shm, address);
            assert_eq!(bus.started(index), Some(found.is_ok()));
            match (found, geometry(&bus, address)) {
                (Ok(_) | Err(AttachError::History), Ok(())) => {}
                (found, expected) => assert_eq!(found.map(|_| ()), expected, "{address:?}"),
            }
        };
        match code {
            // The harness gives buffers back to the ring that lent them, as Rings does: not to the next.
            ATTACH | ATTACH_ANY => {
                buffers.clear();
                ring.detach();
                bus.withdraw(index);
                attach(if code == ATTACH {
                    RingAddress { da: RINGS[index], align: 4 << (op.b % 11), num: 1 << (op.a % 9) }
                } else {
                    RingAddress { da: op.word, align: op.b.into(), num: u32::from(op.a) << (op.b % 3) }
                });
            }
            DETACH => {
                buffers.clear();
                ring.detach();
                bus.withdraw(index);
                assert!(!ring.has_lent(&shm) && !ring.is_ours(&shm));
            }
            POP => match ring.pop(&shm, access) {
                Ok(Some(buffer)) => {
                    assert!(buffer.span.len() >= access.shortest());
                    buffers.push(buffer);
                }
                Ok(None) => {}
                Err(error) => errors[error as usize] += 1,
            },
            PUSH if !buffers.is_empty() => {
                let buffer = buffers.swap_remove(usize::from(op.a) % buffers.len());
                ring.push(&shm, buffer, op.word);
            }
            USE if !buffers.is_empty() => {
                let span = buffers[usize::from(op.b) % buffers.len()].span;
                let mut bytes = [op.a; 256];
                let bytes = &mut bytes[..op.a.into()];
                let c = shm.coherency();
                if access == Access::Writable {
                    let fits = u64::from(op.word) + bytes.len() as u64 <= span.len().into();
                    assert_eq!(span.write(c, op.word, bytes), fits);
                } else {
                    let room = span.len().saturating_sub(op.word) as usize;
                    assert_eq!(span.read(c, op.word, bytes), room.min(bytes.len()));
                }
            }
            ASK => {
                let _ = (ring.has_lent(&shm), ring.is_ours(&shm));
                let kick = ring.take_kick(&shm);
                assert!(bus.take_due(index).is_none_or(|due| due == kick));
                assert!(!ring.take_kick(&shm), "asked twice, answered twice");
            }
            FILL => {
                let bytes: Vec<u8> = op.word.to_le_bytes().into_iter().cycle().take(op.b.into()).collect();
                bus.memory.write(RINGS[usize::from(op.a % 2)].into(), &bytes);
            }
            _ => {}
        }
        bus.settle();
        bus.compare(|kind| errors[kind as usize]);
        if let Some(held) = bus.held(index) {
            assert_eq!(held, buffers.len(), "buffers held");
        }
    });
}
