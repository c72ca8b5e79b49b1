// SPDX-License-Identifier: MIT OR Apache-2.0
//! What all HiFi4 cores of i.MX 8 have in common (core-isa.h of Zephyr's hal_xtensa: 8M Plus, 8ULP, 8QM/QXP).

/// The vectors: name and offset from VECBASE.
pub const VECTORS: [(&str, u32); 13] = [
    ("window overflow 4", 0x00),
    ("window underflow 4", 0x40),
    ("window overflow 8", 0x80),
    ("window underflow 8", 0xc0),
    ("window overflow 12", 0x100),
    ("window underflow 12", 0x140),
    ("level 2 interrupt", 0x17c),
    ("level 3 interrupt", 0x19c),
    ("debug exception", 0x1bc),
    ("NMI", 0x1dc),
    ("kernel exception", 0x1fc),
    ("user exception", 0x21c),
    ("double exception", 0x23c),
];

/// Bytes from VECBASE to the end of the last vector: each is 0x1c long and has a literal before it.
pub(crate) const VECTOR_BYTES: u32 = 0x23c + 0x1c;

/// Bytes of a data cache line.
pub(crate) const LINE: u32 = 128;

pub(crate) const INTERRUPTS: u32 = 32;

/// Cache attributes (one nibble for 512 MiB).
pub(crate) mod cacheattr {
    pub(crate) const BYPASS: u32 = 2;
    /// Write-through, bypass, write-back, write-back without allocation, bypass with bufferable writes.
    pub(crate) const USABLE: [u32; 5] = [1, BYPASS, 4, 5, 6];
    pub(crate) const PAST_THE_CACHE: [u32; 2] = [BYPASS, 6];
    /// Isolate and illegal: no access to memory behind them.
    pub(crate) const UNUSABLE: [u32; 2] = [14, 15];

    /// The attribute of `address`.
    pub(crate) const fn of(cacheattr: u32, address: u32) -> u32 {
        (cacheattr >> (4 * (address >> 29))) & 0xf
    }
}
