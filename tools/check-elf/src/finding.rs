// SPDX-License-Identifier: MIT OR Apache-2.0
//! The rules, and what breaks them.

use std::fmt;

use imx_rpmsg_board::Board;

/// Whether a finding stands against loading the ELF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It would not load, not start, or not work.
    Error,
    /// Worth knowing.
    Note,
}

/// What breaking a rule means.
enum Weight {
    /// An error.
    Error,
    /// An error of what Linux loads; a note where something else loads the firmware.
    Loader,
    /// A note.
    Note,
}

macro_rules! rules {
    ($($(#[doc = $summary:literal])+ $rule:ident = $weight:ident $id:literal,)*) => {
        /// A rule of the loader or of the hardware.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[doc = $summary])+ $rule,)*
        }

        impl Rule {
            /// All rules.
            pub const ALL: &[Rule] = &[$(Rule::$rule,)*];

            /// The name under which the rule is reported.
            pub const fn id(self) -> &'static str {
                match self { $(Rule::$rule => $id,)* }
            }

            const fn weight(self) -> Weight {
                match self { $(Rule::$rule => Weight::$weight,)* }
            }

            /// The rule in one sentence.
            pub const fn summary(self) -> &'static str {
                match self { $(Rule::$rule => concat!($($summary),+),)* }
            }
        }
    };
}

impl Rule {
    /// Whether breaking it on that board is an error.
    pub const fn severity(self, board: &Board) -> Severity {
        match self.weight() {
            Weight::Error => Severity::Error,
            Weight::Loader if board.linux_starts => Severity::Error,
            Weight::Loader | Weight::Note => Severity::Note,
        }
    }
}

rules! {
    /// The file is an ELF whose headers lie inside it.
    ElfHeader = Error "elf-header",
    /// It is an ELF32.
    ElfClass = Error "elf-class",
    /// It is little-endian.
    ElfEndian = Error "elf-endian",
    /// It is for the board's kind of core.
    ElfMachine = Error "elf-machine",
    /// It is a linked executable.
    ElfType = Error "elf-type",
    /// It has a segment to load.
    ElfSegments = Error "elf-segments",
    /// Its entry point is the reset vector, where the core starts whatever the entry point is.
    ElfEntry = Note "elf-entry",
    /// The entry point leads to the vector table where Linux takes its address from that (`reset_vector_mask`).
    ElfEntryWindow = Loader "elf-entry-window",
    /// A section called .interrupts is at the vector table, where NXP's imx_rproc takes the start address from one.
    ElfInterrupts = Loader "elf-interrupts",

    /// A segment has no more bytes in the file than in memory.
    SegmentFileSize = Error "segment-file-size",
    /// A segment's bytes are in the file.
    SegmentTruncated = Error "segment-truncated",
    /// A segment lies inside one row of Linux's translation table.
    SegmentAddress = Loader "segment-address",
    /// A segment lies in memory that Linux has mapped for the core.
    SegmentCarveout = Loader "segment-carveout",
    /// A segment ends before its row of Linux's translation table does: imx_rproc wants more room than it needs.
    SegmentRowEnd = Loader "segment-row-end",
    /// A segment keeps out of rings, buffers and the live resource table.
    SegmentRings = Error "segment-rings",
    /// A segment starts on a word: the driver copies words.
    SegmentAlignment = Error "segment-alignment",
    /// The zeroed part of a segment starts on a word: the driver writes words.
    SegmentBssAlignment = Error "segment-bss-alignment",
    /// A segment's bytes end on a word: the driver's write of a partial word also clears a bit behind it.
    SegmentTail = Error "segment-tail",
    /// A segment in core-local memory has no zeroed part: the driver zeroes with unaligned writes, a quarter of it.
    SegmentLocalBss = Error "segment-local-bss",
    /// Segments do not overlap.
    SegmentOverlap = Error "segment-overlap",
    /// A segment is loaded where it was linked for.
    SegmentRelocated = Note "segment-relocated",
    /// The image of a HiFi4 is in memory that the board file's cacheattr leaves to the cache.
    SegmentUncached = Note "segment-uncached",

    /// Code is loaded where the core starts.
    ResetVector = Error "reset-vector",
    /// Every vector that the firmware needs leads to code.
    Vectors = Error "vectors",
    /// Reset code and vectors are in an executable segment.
    StartExecutable = Error "start-executable",
    /// The vector table of a Cortex-M is loaded at the start of the code's memory.
    VectorTable = Error "vector-table",
    /// The initial stack pointer of a Cortex-M is in the stack's memory.
    InitialStack = Error "initial-stack",
    /// What the flat image of a Cortex-M is made of is all in the code's memory.
    FlatImage = Error "flat-image",

    /// Every section with contents that the program needs is in a segment.
    SectionUnloaded = Error "section-unloaded",
    /// Memory reserved outside all segments is the linker's to give.
    SectionReserved = Error "section-reserved",

    /// There is a resource table.
    TableMissing = Error "table-missing",
    /// The resource table has contents.
    TableType = Error "table-type",
    /// The resource table is inside the file.
    TableTruncated = Error "table-truncated",
    /// The resource table has its header.
    TableHeader = Error "table-header",
    /// The resource table has version 1.
    TableVersion = Error "table-version",
    /// The reserved words of the resource table are 0.
    TableReserved = Error "table-reserved",
    /// The resource table has room for its list of entries.
    TableIncomplete = Error "table-incomplete",
    /// The resource table is loaded, to the address of its section.
    TableLoaded = Error "table-loaded",
    /// The resource table is in memory for data: Linux writes bytes to it.
    TableMemory = Error "table-memory",
    /// The resource table starts on a cache line, or on 8 bytes where there is no cache.
    TableAlignment = Error "table-alignment",
    /// Nothing shares a cache line with the resource table.
    TableLine = Error "table-line",
    /// The size of the resource table is a multiple of 8: Linux copies it to device memory.
    TableSize = Error "table-size",
    /// The resource table fits the memory that Linux keeps for the live one.
    TableRegion = Error "table-region",
    /// Entries start on a word behind the list of entries, inside the table.
    TableOffset = Error "table-offset",

    /// An entry is whole.
    EntryTruncated = Error "entry-truncated",
    /// The reserved fields of an entry are 0.
    EntryReserved = Error "entry-reserved",
    /// Linux knows the type of an entry.
    EntryType = Error "entry-type",
    /// No entry needs an IOMMU.
    EntryDevmem = Error "entry-devmem",

    /// There is one virtio device, no more.
    VdevCount = Error "vdev-count",
    /// The virtio device is RPMsg.
    VdevId = Error "vdev-id",
    /// The virtio device offers the name service and nothing else.
    VdevFeatures = Error "vdev-features",
    /// Status and accepted features are Linux's to write.
    VdevState = Error "vdev-state",
    /// The virtio device has two vrings.
    VdevVrings = Error "vdev-vrings",
    /// A vring has a power of two of entries, 2 to 256.
    VringNum = Error "vring-num",
    /// A vring's alignment is a power of two and a cache line or more.
    VringAlign = Error "vring-align",
    /// Both vrings have the same number of entries.
    VringSymmetry = Error "vring-symmetry",
    /// A vring fits its carveout.
    VringSize = Error "vring-size",
    /// A vring's address is open, or in its carveout.
    VringAddress = Error "vring-address",
    /// The buffers for the vrings fit their carveout.
    BufferSize = Error "buffer-size",

    /// The log is in memory that Linux can read, apart from the resource table.
    TraceAddress = Error "trace-address",
    /// The log's name ends inside its field.
    TraceName = Error "trace-name",
    /// NXP's vendor entry is one that the driver accepts.
    Vendor = Error "vendor",
    /// NXP's vendor entry is there when the board file wants it.
    VendorMissing = Note "vendor-missing",
    /// NXP's vendor entry is for the driver of the DSPs.
    VendorUseless = Note "vendor-useless",
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// What breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// Whether it stands against loading the ELF.
    pub severity: Severity,
    /// Where: index, name and address of segment or section.
    pub place: String,
    /// What is wrong there.
    pub what: String,
    /// What Linux would print or do.
    pub linux: String,
    /// What to do.
    pub fix: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Note => "note",
        };
        writeln!(f, "{severity}[{}]: {}: {}", self.rule, self.place, self.what)?;
        writeln!(f, "    Linux: {}", self.linux)?;
        write!(f, "    to do: {}", self.fix)
    }
}

/// Collects findings.
#[derive(Debug)]
pub(crate) struct Findings<'a> {
    board: &'a Board,
    all: Vec<Finding>,
}

impl<'a> Findings<'a> {
    pub(crate) const fn new(board: &'a Board) -> Self {
        Self { board, all: Vec::new() }
    }

    /// `linux` and `fix` as in [`Finding`].
    pub(crate) fn add(
        &mut self,
        rule: Rule,
        place: impl fmt::Display,
        what: impl Into<String>,
        linux: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.all.push(Finding {
            rule,
            severity: rule.severity(self.board),
            place: place.to_string(),
            what: what.into(),
            linux: linux.into(),
            fix: fix.into(),
        });
    }

    pub(crate) fn into_vec(self) -> Vec<Finding> {
        self.all
    }
}

/// What Linux does where it has no check.
pub(crate) const SILENT: &str = "says nothing";
