// SPDX-License-Identifier: MIT OR Apache-2.0
//! The resource table as Linux keeps it, in the firmware's own memory or in a carveout for it: never trusted, and
//! written only at start, where Linux has not.
#![forbid(unsafe_code)]

use crate::shm::{Coherency, Head, Span};
use crate::vring::RingAddress;
use crate::wire::resource_table::{ADDR_ANY, Layout, MARK, MARK_AT, TABLE_LEN, Table};

/// `VIRTIO_CONFIG_S_DRIVER_OK`: the driver has set up the rings (virtio 2.1).
const DRIVER_OK: u8 = 4;

/// Who started the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Starter {
    /// Linux, after it wrote the table.
    Linux,
    /// A boot loader: Linux is still to come and to attach.
    BootLoader,
    /// Linux, but its table is not there: that memory may belong to something else.
    LinuxElsewhere,
}

/// The live parts of a resource table: of one, or of one of two at places where Linux may keep it.
#[derive(Clone, Copy)]
pub struct LiveTable<'m> {
    places: [Option<Place<'m>>; 2],
    layout: Layout,
}

/// The bytes of a table.
pub(super) type Place<'m> = Head<'m, { TABLE_LEN as u32 }>;

impl<'m> LiveTable<'m> {
    /// The table that lies in `span` with the given layout. One that is shorter than [`TABLE_LEN`] is none at all: no
    /// link comes up by it.
    pub const fn new(span: Span<'m>, layout: Layout) -> Self {
        Self { places: [span.head(), None], layout }
    }

    /// The same, or the one in `span`: Linux keeps the table of the image current where its device tree has no carveout
    /// for one.
    pub const fn or(self, span: Span<'m>) -> Self {
        let [first, _] = self.places;
        let places = if first.is_some() { [first, span.head()] } else { [span.head(), None] };
        Self { places, layout: self.layout }
    }

    /// The table in `span`, a carveout "rsc-table": there Linux writes its copy before it starts the core
    /// (`imx_rproc_elf_find_loaded_rsc_table`), and there it looks for one when it finds the core running
    /// (`imx_rproc_get_loaded_rsc_table`). `table` is what the ELF has.
    ///
    /// A table that Linux wrote for this start has no mark yet ([`MARK_AT`]), and is `table` but for what Linux fills
    /// in; what an earlier Linux left has one. If no such table is there and a boot loader has started the core, `table`
    /// is written. If Linux has started it, its table is elsewhere and it may use this memory for anything: nothing is
    /// written, and there is no table here.
    ///
    /// To be called once in a start of the core. `span` is as long as a table.
    pub fn claim<C: Coherency>(span: Span<'m>, table: &Table, by_boot_loader: bool, c: &C) -> (Self, Starter) {
        let word = |offset| span.read_words::<1, _>(c, offset).map(|[word]| word);
        let offsets = || (0..MARK_AT).step_by(4);
        let same = |offset| table.is_live(offset) || word(offset) == Some(table.word(offset));
        let starter = if word(MARK_AT) == Some(0) && offsets().all(same) {
            Starter::Linux
        } else if by_boot_loader {
            Starter::BootLoader
        } else {
            return (Self { places: [None; 2], layout: table.layout() }, Starter::LinuxElsewhere);
        };
        // What is outside a span that is too short is not written, and the table is none.
        let write = |offset, word| {
            let _ = span.write_words(c, offset, [word]);
        };
        if starter == Starter::BootLoader {
            offsets().for_each(|offset| write(offset, table.word(offset)));
            c.barrier();
        }
        write(MARK_AT, MARK);
        c.barrier();
        (Self::new(span, table.layout()), starter)
    }

    /// The place where Linux's driver is ready (`status` in `struct fw_rsc_vdev`), if it is.
    #[inline(never)]
    pub(super) fn ready<C: Coherency>(&self, c: &C) -> Option<Place<'m>> {
        let status = self.layout.status();
        let is_ready = |span: Span<'_>| span.read_byte(c, status).is_some_and(|status| status & DRIVER_OK != 0);
        self.places.into_iter().flatten().find(|place| is_ready(place.span()))
    }

    /// Ring `index` as Linux describes it there, with the identifier its kicks carry.
    #[inline(never)]
    pub(super) fn ring<C: Coherency>(&self, place: Place<'m>, c: &C, index: usize) -> (RingAddress, u32) {
        // What is outside the table reads as a ring of nothing, which no attach accepts.
        let [da, align, num, notifyid] = place.span().read_words(c, self.layout.vring(index)).unwrap_or([0; 4]);
        (RingAddress { da, align, num }, notifyid)
    }

    /// Whether Linux has never written a ring address here: a kernel that does not know where the
    /// table is (`imx_dsp_rproc` up to 6.1), or a table reloaded from the ELF on resume.
    pub(super) fn is_pristine<C: Coherency>(&self, c: &C) -> bool {
        let untouched = |place| (0..2).all(|index| self.ring(place, c, index).0.da == ADDR_ANY);
        // What is no table at all has nothing of a table's.
        self.places[0].is_some() && self.places.into_iter().flatten().all(untouched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Host;
    use crate::wire::resource_table::Config;
    use std::vec::Vec;

    fn table() -> Table {
        Table::new(&Config {
            vring_num: 256,
            vring_align: 4096,
            trace: Some((0x2000_4000, 0x1000, "log")),
            nxp_vendor_entry: false,
        })
    }

    fn words(bytes: [u8; TABLE_LEN]) -> Vec<u32> {
        bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
    }

    /// Who started the core, by what is in memory, and what is there then.
    fn claimed_by(by_boot_loader: bool, mut memory: Vec<u32>) -> (Starter, Vec<u32>) {
        let span = crate::shm::tests::span_of(&mut memory);
        let (_, starter) = LiveTable::claim(span, &table(), by_boot_loader, &Host);
        (starter, memory)
    }

    /// What is there when a boot loader has started the core; what Linux has written there is known in any case.
    fn claimed(memory: Vec<u32>) -> (Starter, Vec<u32>) {
        let claimed = claimed_by(true, memory.clone());
        if claimed.0 == Starter::Linux {
            assert_eq!(claimed_by(false, memory), claimed);
        } else {
            assert_eq!(claimed_by(false, memory.clone()), (Starter::LinuxElsewhere, memory));
        }
        claimed
    }

    /// The ELF's table with the mark of a firmware that has started.
    fn started() -> Vec<u32> {
        let mut expected = words(table().bytes());
        expected[MARK_AT as usize / 4] = MARK;
        expected
    }

    #[test]
    fn what_linux_copied_there_stays_and_is_marked() {
        assert_eq!(claimed(words(table().bytes())), (Starter::Linux, started()));
    }

    #[test]
    fn what_linux_has_filled_in_meanwhile_stays() {
        let mut memory = words(table().bytes());
        let layout = table().layout();
        memory[layout.status() as usize / 4] |= 7;
        memory[layout.vring(0) as usize / 4] = 0x5500_0000;
        memory[layout.vring(1) as usize / 4 + 3] = 1;
        let mut expected = memory.clone();
        expected[MARK_AT as usize / 4] = MARK;
        assert_eq!(claimed(memory), (Starter::Linux, expected));
    }

    #[test]
    fn what_a_linux_of_before_left_is_replaced() {
        let mut memory = started();
        let layout = table().layout();
        memory[layout.status() as usize / 4] |= 7;
        memory[layout.vring(0) as usize / 4] = 0x5500_0000;
        assert_eq!(claimed(memory), (Starter::BootLoader, started()));
    }

    #[test]
    fn what_is_not_linuxs_table_is_none_and_gives_way_to_the_images() {
        let mut memory = Vec::from([0xffff_ffff; TABLE_LEN / 4]);
        let span = crate::shm::tests::span_of(&mut memory);
        let (live, _) = LiveTable::claim(span, &table(), false, &Host);
        assert!(live.ready(&Host).is_none() && !live.is_pristine(&Host));
        let mut image = words(table().bytes());
        image[table().layout().status() as usize / 4] |= 7;
        assert!(live.or(crate::shm::tests::span_of(&mut image)).ready(&Host).is_some());
    }

    #[test]
    fn the_rings_are_those_of_the_table_whose_driver_is_ready() {
        let (mut first, mut second) = (words(table().bytes()), words(table().bytes()));
        let layout = table().layout();
        second[layout.status() as usize / 4] |= 7;
        second[layout.vring(1) as usize / 4] = 0x9600_0000;
        let live = LiveTable::new(crate::shm::tests::span_of(&mut first), layout);
        assert!(live.ready(&Host).is_none() && live.is_pristine(&Host));
        let live = live.or(crate::shm::tests::span_of(&mut second));
        assert!(!live.is_pristine(&Host));
        let place = live.ready(&Host).unwrap();
        assert_eq!(live.ring(place, &Host, 1).0.da, 0x9600_0000);
    }

    #[test]
    fn rubbish_and_another_firmwares_table_are_replaced() {
        assert_eq!(claimed(Vec::from([0x5a5a_5a5a; 64])), (Starter::BootLoader, started()));
        assert_eq!(claimed(Vec::from([0; 64])), (Starter::BootLoader, started()));
        let mut other = words(table().bytes());
        other[table().layout().vring(0) as usize / 4 + 1] = 16;
        assert_eq!(claimed(other), (Starter::BootLoader, started()));
    }
}
