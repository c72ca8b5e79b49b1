// SPDX-License-Identifier: MIT OR Apache-2.0
//! Minimal firmware ELFs that break no rule, made of parts that a test can spoil.

pub(crate) mod cortex_m;
pub(crate) mod dsp;
pub(crate) mod elf;

use check_elf::Rule;

/// The rules that only a Cortex-M or its driver has.
pub(crate) const CORTEX_M_RULES: [Rule; 8] = [
    Rule::ElfEntryWindow,
    Rule::ElfInterrupts,
    Rule::SegmentRowEnd,
    Rule::VectorTable,
    Rule::InitialStack,
    Rule::FlatImage,
    Rule::TableRegion,
    Rule::VendorUseless,
];
