// SPDX-License-Identifier: MIT OR Apache-2.0
//! The remoteproc resource table: what the firmware asks of Linux, read from the ELF section
//! `.resource_table` and then copied into the firmware's memory, where Linux keeps the vdev's
//! status byte and ring addresses current (`include/linux/remoteproc.h`).
//!
//! ```text
//!  0    ver = 1, num, reserved[2] = 0
//!  16   offset[num]
//!  28   vendor   type 128, len 16, magic "nxps", version 0, features 1     20 bytes, optional
//!       vdev     type 3, id 7, notifyid, dfeatures, gfeatures, config_len,
//!                status, num_of_vrings = 2, reserved[2]                    28 bytes
//!         vring0 da, align, num, notifyid, pa                              20 bytes
//!         vring1                                                           20 bytes
//!       trace    type 2, da, len, reserved, name[32]                       48 bytes
//! ```
//!
//! vring0 is Linux's receive ring (we write messages), vring1 its transmit ring (we read them).
#![forbid(unsafe_code)]

/// Size of the table in bytes: a whole number of cache lines of every supported core, because Linux
/// writes into it behind our cache.
pub const TABLE_LEN: usize = 256;

/// The table's last word, which no entry uses: 0 in the ELF, and so in what Linux copies from it before each start. The
/// firmware writes [`MARK`] there when it has started.
pub const MARK_AT: u32 = TABLE_LEN as u32 - 4;

/// See [`MARK_AT`]: "rpmK".
pub const MARK: u32 = u32::from_le_bytes(*b"rpmK");

/// `fw_rsc_vdev_vring::da` of a ring that Linux shall place (`FW_RSC_ADDR_ANY`).
pub const ADDR_ANY: u32 = 0xffff_ffff;

/// The only feature offered: the name service (`VIRTIO_RPMSG_F_NS`, bit 0). Bits 28 and 29 would
/// let Linux use indirect descriptors and event indices.
pub const FEATURES: u32 = 1;

/// Bytes of a vdev entry with its two rings.
const VDEV_LEN: usize = 68;

const TYPE_TRACE: u32 = 2;
const TYPE_VDEV: u32 = 3;
const TYPE_VENDOR: u32 = 128;
const VIRTIO_ID_RPMSG: u32 = 7;
const NXP_MAGIC: u32 = u32::from_be_bytes(*b"nxps");
const NXP_FEATURE_SKIP_CONFIRMATION: u32 = 1;

/// What goes into the table.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Descriptors in each ring; a power of two up to 256.
    pub vring_num: u16,
    /// Alignment of the used ring in bytes; at least a cache line, so that no line is written by
    /// both sides.
    pub vring_align: u32,
    /// Device address, length in bytes and name (at most 31 bytes) of the trace buffer.
    pub trace: Option<(u32, u32, &'static str)>,
    /// Whether to carry NXP's vendor entry, which tells kernels that know it not to wait for the
    /// ready doorbell (`imx_dsp_rproc_handle_rsc`).
    pub nxp_vendor_entry: bool,
}

/// Where the live parts of a table are, in bytes from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    vdev: usize,
}

impl Layout {
    /// The vdev's status byte, which only Linux writes.
    pub const fn status(self) -> u32 {
        self.vdev as u32 + 24
    }

    /// The address word of ring `index`; align, num and notifyid follow it.
    pub const fn vring(self, index: usize) -> u32 {
        (self.vdev + 28 + 20 * index) as u32
    }
}

#[cfg(feature = "driver-role")]
impl Layout {
    /// The features that the firmware offers.
    pub const fn dfeatures(self) -> u32 {
        self.vdev as u32 + 12
    }

    /// The features that the driver took of them.
    pub const fn gfeatures(self) -> u32 {
        self.vdev as u32 + 16
    }

    /// Where the live parts are in a table that someone else made, whose word at a byte offset is
    /// `word(offset)`, or `None` past its end. `None` when it is no table of version 1 with an RPMsg device
    /// of two rings, all of it inside.
    pub fn find(word: impl Fn(u32) -> Option<u32>) -> Option<Self> {
        if word(0)? != 1 {
            return None;
        }
        for entry in 0..word(4)? {
            // Ends where the table does, whatever it says of its entries.
            let at = word(entry.checked_mul(4)?.checked_add(16)?)?;
            if word(at)? != TYPE_VDEV || word(at.checked_add(4)?)? != VIRTIO_ID_RPMSG {
                continue;
            }
            let layout = Self { vdev: at as usize };
            let end = at.checked_add(64)?;
            let rings = word(at.checked_add(24)?)? >> 8 & 0xff;
            return word(end).filter(|_| rings == 2).map(|_| layout);
        }
        None
    }
}

/// A finished table.
pub struct Table {
    bytes: [u8; TABLE_LEN],
    layout: Layout,
    links: u32,
}

impl Table {
    /// Lays out the entries that `config` asks for.
    pub const fn new(config: &Config) -> Self {
        Self::with_links(config, 1)
    }

    /// The same with a vdev for each of `links` links, two at most: their rings are numbered through, so those of the
    /// second link have the notifyids 2 and 3.
    pub const fn with_links(config: &Config, links: u32) -> Self {
        assert!(links >= 1 && links <= 2, "a table of 256 bytes has room for two links");
        let entries = links + config.nxp_vendor_entry as u32 + config.trace.is_some() as u32;
        let mut w = Writer { bytes: [0; TABLE_LEN], at: 0 };
        w.word(1);
        w.word(entries);
        w.at += 8;
        let mut offset = 16 + 4 * entries;
        if config.nxp_vendor_entry {
            w.word(offset);
            offset += 20;
        }
        let vdev = offset as usize;
        let mut link = 0;
        while link < links {
            w.word(offset);
            offset += VDEV_LEN as u32;
            link += 1;
        }
        if config.trace.is_some() {
            w.word(offset);
            offset += 48;
        }
        assert!(offset <= MARK_AT, "the entries reach the mark");
        if config.nxp_vendor_entry {
            w.word(TYPE_VENDOR);
            w.word(16);
            w.word(NXP_MAGIC);
            w.word(0);
            w.word(NXP_FEATURE_SKIP_CONFIRMATION);
        }
        let mut ring = 0;
        while ring < 2 * links {
            if ring % 2 == 0 {
                w.word(TYPE_VDEV);
                w.word(VIRTIO_ID_RPMSG);
                w.word(0);
                w.word(FEATURES);
                w.word(0);
                w.word(0);
                w.word(2 << 8);
            }
            w.word(ADDR_ANY);
            w.word(config.vring_align);
            w.word(config.vring_num as u32);
            w.word(ring);
            w.word(0);
            ring += 1;
        }
        if let Some((da, len, name)) = config.trace {
            w.word(TYPE_TRACE);
            w.word(da);
            w.word(len);
            w.word(0);
            w.name(name);
        }
        Self { bytes: w.bytes, layout: Layout { vdev }, links }
    }

    /// The bytes for section `.resource_table`.
    pub const fn bytes(&self) -> [u8; TABLE_LEN] {
        self.bytes
    }

    /// The word at a byte offset that is a multiple of 4.
    ///
    /// # Panics
    ///
    /// When it is not inside.
    pub fn word(&self, offset: u32) -> u32 {
        let at = offset as usize;
        u32::from_le_bytes([self.bytes[at], self.bytes[at + 1], self.bytes[at + 2], self.bytes[at + 3]])
    }

    /// Whether the word at `offset` is one that Linux writes in a table that it keeps current: notifyids, accepted
    /// features, status, ring addresses.
    pub fn is_live(&self, offset: u32) -> bool {
        (0..self.links).filter_map(|link| self.layout_of(link)).any(|layout| {
            let vdev = layout.vdev as u32;
            let rings = [layout.vring(0), layout.vring(1)];
            [vdev + 8, vdev + 16, layout.status()].contains(&offset)
                || rings.iter().any(|ring| [*ring, ring + 12, ring + 16].contains(&offset))
        })
    }

    /// Where the live parts are; those of the first link.
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    /// Where the live parts of link `index` are, or `None` when there are fewer links.
    pub const fn layout_of(&self, index: u32) -> Option<Layout> {
        if index >= self.links {
            return None;
        }
        Some(Layout { vdev: self.layout.vdev + VDEV_LEN * index as usize })
    }
}

struct Writer {
    bytes: [u8; TABLE_LEN],
    at: usize,
}

impl Writer {
    const fn word(&mut self, value: u32) {
        let le = value.to_le_bytes();
        let mut i = 0;
        while i < 4 {
            self.bytes[self.at + i] = le[i];
            i += 1;
        }
        self.at += 4;
    }

    const fn name(&mut self, name: &str) {
        let name = name.as_bytes();
        assert!(name.len() < 32, "the name of the trace buffer has at most 31 bytes");
        let mut i = 0;
        while i < name.len() {
            self.bytes[self.at + i] = name[i];
            i += 1;
        }
        self.at += 32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const CONFIG: Config = Config {
        vring_num: 256,
        vring_align: 4096,
        trace: Some((0x9240_0100, 0x2000, "rpmsg")),
        nxp_vendor_entry: true,
    };

    fn word(bytes: &[u8], at: usize) -> u32 {
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
    }

    /// The entries as `rproc_handle_resources` finds them: type and offset of what follows it.
    fn entries(bytes: &[u8]) -> Vec<(u32, usize)> {
        assert_eq!((word(bytes, 0), word(bytes, 8), word(bytes, 12)), (1, 0, 0));
        (0..word(bytes, 4) as usize)
            .map(|i| {
                let at = word(bytes, 16 + 4 * i) as usize;
                (word(bytes, at), at + 4)
            })
            .collect()
    }

    #[test]
    fn the_vdev_entry_is_what_rproc_handle_vdev_accepts() {
        let table = Table::new(&CONFIG);
        let bytes = table.bytes();
        let (_, at) = *entries(&bytes).iter().find(|e| e.0 == 3).unwrap();
        assert_eq!(word(&bytes, at), 7);
        assert_eq!(word(&bytes, at + 8), 1);
        assert_eq!(word(&bytes, at + 16), 0);
        assert_eq!(bytes[at + 20..at + 24], [0, 2, 0, 0]);
        assert_eq!(table.layout().status() as usize, at + 20);
        for ring in 0..2 {
            let v = table.layout().vring(ring) as usize;
            assert_eq!(v, at + 24 + 20 * ring);
            assert_eq!(word(&bytes, v), ADDR_ANY);
            assert_eq!((word(&bytes, v + 4), word(&bytes, v + 8)), (4096, 256));
            assert_eq!(word(&bytes, v + 16), 0);
        }
    }

    #[test]
    fn each_link_has_a_vdev_and_ring_numbers_of_its_own() {
        let table = Table::with_links(&CONFIG, 2);
        let bytes = table.bytes();
        let vdevs: Vec<_> = entries(&bytes).into_iter().filter(|e| e.0 == 3).collect();
        assert_eq!(vdevs.len(), 2);
        for (link, (_, at)) in vdevs.into_iter().enumerate() {
            let layout = table.layout_of(link as u32).unwrap();
            assert_eq!(layout.status() as usize, at + 20);
            let notifyids = [0, 1].map(|ring| word(&bytes, layout.vring(ring) as usize + 12));
            assert_eq!(notifyids, [2 * link as u32, 2 * link as u32 + 1]);
        }
        assert_eq!(table.layout_of(2), None);
        let (_, trace) = *entries(&bytes).iter().find(|e| e.0 == 2).unwrap();
        assert!(trace + 44 <= TABLE_LEN);
    }

    #[test]
    fn the_vendor_entry_is_what_imx_dsp_rproc_handle_rsc_accepts() {
        let bytes = Table::new(&CONFIG).bytes();
        let (_, at) = *entries(&bytes).iter().find(|e| (128..=512).contains(&e.0)).unwrap();
        assert_eq!([word(&bytes, at), word(&bytes, at + 8), word(&bytes, at + 12)], [16, 0, 1]);
        assert_eq!(word(&bytes, at + 4), 0x6e78_7073);
        let without = Table::new(&Config { nxp_vendor_entry: false, ..CONFIG }).bytes();
        assert!(entries(&without).iter().all(|e| e.0 < 4));
    }

    #[test]
    fn the_trace_entry_is_what_rproc_handle_trace_accepts() {
        let bytes = Table::new(&CONFIG).bytes();
        let (_, at) = *entries(&bytes).iter().find(|e| e.0 == 2).unwrap();
        assert_eq!([word(&bytes, at), word(&bytes, at + 4), word(&bytes, at + 8)], [0x9240_0100, 0x2000, 0]);
        assert_eq!(&bytes[at + 12..at + 18], b"rpmsg\0");
        assert!(at + 44 <= TABLE_LEN);
        let without = Table::new(&Config { trace: None, ..CONFIG }).bytes();
        assert_eq!(entries(&without).len(), 2);
    }

    #[cfg(feature = "driver-role")]
    fn find(bytes: &[u8]) -> Option<Layout> {
        Layout::find(|at| (at % 4 == 0 && at as usize + 4 <= bytes.len()).then(|| word(bytes, at as usize)))
    }

    #[test]
    #[cfg(feature = "driver-role")]
    fn the_live_parts_of_any_table_are_found() {
        for (nxp_vendor_entry, trace) in [(true, CONFIG.trace), (false, CONFIG.trace), (true, None), (false, None)] {
            let table = Table::new(&Config { nxp_vendor_entry, trace, ..CONFIG });
            let layout = find(&table.bytes()).unwrap();
            assert_eq!(layout, table.layout());
            assert_eq!(word(&table.bytes(), layout.dfeatures() as usize), FEATURES);
            assert_eq!(layout.gfeatures(), layout.dfeatures() + 4);
        }
    }

    #[test]
    #[cfg(feature = "driver-role")]
    fn what_is_no_table_with_two_rings_is_not_found() {
        let table = Table::new(&CONFIG);
        let (good, vdev) = (table.bytes(), table.layout().vdev);
        assert!(find(&good[..vdev + 68]).is_some() && find(&good[..vdev + 67]).is_none() && find(&[]).is_none());
        let with = |at: usize, value: u32| {
            let mut bytes = good;
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
            find(&bytes)
        };
        assert_eq!(with(0, 2), None, "version");
        assert_eq!(with(vdev, 9), None, "no vdev");
        assert_eq!(with(vdev + 4, 1), None, "a network card");
        assert_eq!(with(vdev + 24, 1 << 8), None, "one ring");
        for offset in [2, 253, 256, u32::MAX - 3, u32::MAX] {
            assert_eq!(with(16, offset), None, "entry at {offset:#x}");
        }
        let mut endless = [0u8; TABLE_LEN];
        endless[..8].copy_from_slice(&[1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(find(&endless), None);
    }
}
