// SPDX-License-Identifier: MIT OR Apache-2.0
//! The resource table: any that can be made, read as Linux reads it; and a live one with any words in it.

use arbitrary::{Arbitrary, Unstructured};
use imx_rpmsg::arch::Host;
use imx_rpmsg::rpmsg::{Address, Event, LiveTable, Starter};
use imx_rpmsg::shm::Span;
use imx_rpmsg::wire::resource_table::{ADDR_ANY, Config, MARK, MARK_AT, TABLE_LEN, Table};

use crate::bus::Bus;
use crate::linux::{Linux, TABLE};
use crate::memory::{Memory, Place, VRING0, VRING1};

/// 31 bytes to cut names from.
const NAME: &str = "trace buffer of the firmware: x";

#[derive(Arbitrary)]
struct AnyConfig {
    num: u16,
    align: u32,
    trace: Option<(u32, u32, u8)>,
    vendor: bool,
}

/// A table as `rproc_handle_resources` reads it.
fn check(any: &AnyConfig) {
    let trace = any.trace.map(|(da, len, name)| (da, len, &NAME[..usize::from(name) % 32]));
    let config = Config { vring_num: any.num, vring_align: any.align, trace, nxp_vendor_entry: any.vendor };
    let table = Table::new(&config);
    let bytes = table.bytes();
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
    assert_eq!((word(0), word(8), word(12)), (1, 0, 0));
    let entries = word(4) as usize;
    assert_eq!(entries, 1 + usize::from(any.vendor) + usize::from(trace.is_some()));
    let mut end = 16 + 4 * entries;
    let mut kinds = Vec::new();
    for i in 0..entries {
        let at = word(16 + 4 * i) as usize;
        assert_eq!(at, end, "entries follow each other");
        kinds.push(word(at));
        end = at
            + match word(at) {
                128 => 4 + word(at + 4) as usize,
                3 => {
                    assert_eq!([word(at + 4), word(at + 12), word(at + 20)], [7, 1, 0]);
                    assert_eq!(bytes[at + 24..at + 28], [0, 2, 0, 0]);
                    assert_eq!(table.layout().status() as usize, at + 24);
                    for ring in 0..2 {
                        let v = at + 28 + 20 * ring;
                        assert_eq!(table.layout().vring(ring) as usize, v);
                        let expected = [ADDR_ANY, any.align, any.num.into(), ring as u32, 0];
                        assert_eq!([0, 4, 8, 12, 16].map(|o| word(v + o)), expected);
                    }
                    68
                }
                2 => {
                    let (da, len, name) = trace.expect("a trace was asked for");
                    assert_eq!([word(at + 4), word(at + 8), word(at + 12)], [da, len, 0]);
                    let field = &bytes[at + 16..at + 48];
                    assert!(field.starts_with(name.as_bytes()) && field[name.len()..].iter().all(|&b| b == 0));
                    48
                }
                other => panic!("an entry of type {other}"),
            };
    }
    assert!(end <= TABLE_LEN && bytes[end..].iter().all(|&b| b == 0));
    assert_eq!(kinds.iter().filter(|&&kind| kind == 3).count(), 1);
}

/// A place for the table in which some of its words are any: taken for Linux's when only Linux could have written what
/// differs, and else written anew, or left alone where no boot loader has started the core.
fn claim(input: &mut Unstructured<'_>) {
    let by_boot_loader = input.arbitrary().unwrap_or(true);
    let mut found = TABLE.bytes();
    while !input.is_empty() {
        let Ok((at, word)) = input.arbitrary::<(u8, u32)>() else { break };
        let at = usize::from(at) / 4 * 4;
        found[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
    let memory = Memory::new(&found);
    let (at, len) = memory.table();
    // SAFETY: the table's allocation, which `memory` keeps, and which nobody looks into before the claim is over.
    let span = unsafe { Span::new(at, len) };
    let (_, starter) = LiveTable::claim(span, &TABLE, by_boot_loader, &Host);

    let word =
        |bytes: &[u8], at: u32| u32::from_le_bytes(bytes[at as usize..at as usize + 4].try_into().expect("4 bytes"));
    let fresh = word(&found, MARK_AT) == 0
        && (0..MARK_AT).step_by(4).all(|at| TABLE.is_live(at) || word(&found, at) == TABLE.word(at));
    let expected_starter = match (fresh, by_boot_loader) {
        (true, _) => Starter::Linux,
        (false, true) => Starter::BootLoader,
        (false, false) => Starter::LinuxElsewhere,
    };
    assert_eq!(starter, expected_starter);
    let mut expected = if starter == Starter::BootLoader { TABLE.bytes() } else { found };
    if starter != Starter::LinuxElsewhere {
        expected[MARK_AT as usize..].copy_from_slice(&MARK.to_le_bytes());
    }
    assert_eq!(memory.bytes(Place::Table(0), TABLE_LEN as u32), expected);
}

#[derive(Arbitrary)]
struct Round {
    status: u8,
    kicked: bool,
    /// For each field of the rings, in 2 bits: as Linux says, any word, that word added, a power of two.
    how: u16,
    words: [u32; 8],
    num: u8,
    align: u8,
}

/// Runs one input: a configuration, a table's length, then what Linux writes into it again and again.
pub fn run(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let Ok(config) = input.arbitrary() else { return };
    check(&config);
    let Ok(choice) = input.arbitrary::<u8>() else { return };
    // A table that ends before what its layout says is there.
    let len = if choice % 4 == 0 { usize::from(choice) } else { TABLE_LEN };
    let bus = Bus::new(&TABLE.bytes()[..len]);
    let m = &bus.memory;
    let link = bus.link(Some(256).filter(|_| choice % 2 == 0));
    let _endpoint = link.open("fuzz", Address::Dynamic).expect("a free slot");
    for _ in 0..32 {
        if input.len() < 38 {
            break;
        }
        let Ok(round) = input.arbitrary::<Round>() else { break };
        let (num, align) = (1 << (round.num % 9), 4 << (round.align % 11));
        bus.linux.set_up(m, num, align);
        let mut said = [[0; 4]; 2];
        for (ring, address) in [VRING0, VRING1].into_iter().enumerate() {
            for (field, word) in [address, align, num.into(), ring as u32].into_iter().enumerate() {
                let i = 4 * ring + field;
                let any = round.words[i];
                let word = match round.how >> (2 * i) & 3 {
                    0 => word,
                    1 => any,
                    2 => word.wrapping_add(any),
                    _ => 1 << (any % 32),
                };
                said[ring][field] = word;
                m.write_table(TABLE.layout().vring(ring) + 4 * field as u32, &word.to_le_bytes());
            }
        }
        Linux::set_status(m, round.status);
        let mut kicked = round.kicked;
        for turn in 0.. {
            assert!(turn < 8, "the link does not settle");
            bus.quiet();
            let Some(event) = link.poll(kicked) else { break };
            kicked = false;
            bus.settle();
            if let Event::Up { num, da, .. } = event {
                assert!(num.iter().all(|&num| num.is_power_of_two() && num <= 256));
                let parts: [_; 2] = core::array::from_fn(|ring| {
                    // All but what is between the parts.
                    let len = 26 * u32::from(num[ring]);
                    let at = m.ring(da[ring], len).expect("a ring in shared memory");
                    (at, at + len)
                });
                assert!(parts[0].1 <= parts[1].0 || parts[1].1 <= parts[0].0, "rings that overlap");
                for (ring, da) in da.into_iter().enumerate() {
                    if said[ring][0] != ADDR_ANY && round.status & 4 != 0 && len == TABLE_LEN {
                        assert_eq!((da, u32::from(num[ring])), (said[ring][0], said[ring][2]));
                    }
                }
            }
        }
        if link.is_up() {
            let _ = link.receive();
            link.flush();
            bus.flushed(true);
        } else {
            assert!(link.grant().is_err() && link.receive().is_none() && !link.has_work());
        }
        bus.settle();
        Linux::set_status(m, 0);
        while link.poll(false).is_some() {}
        bus.settle();
    }
    // Whatever there was: a driver that keeps to the rules is served.
    if len == TABLE_LEN {
        crate::targets::call_sequence::resumes(&bus, &link);
    }
    claim(&mut input);
}
