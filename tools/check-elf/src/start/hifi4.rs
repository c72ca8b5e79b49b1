// SPDX-License-Identifier: MIT OR Apache-2.0
//! A HiFi4 starts at its reset vector and takes exceptions at offsets from VECBASE.

use imx_rpmsg_board::{HIFI4_VECTORS, Hifi4, Range};

use super::{DEAD_DSP, covering};
use crate::finding::{Findings, Rule};
use crate::image::{Image, Segment};

/// The shortest bytes that cannot be all 0 in code: 0 is the illegal instruction.
const INSTRUCTION: u32 = 3;

pub(super) fn check(hifi4: &Hifi4, image: &Image<'_>, findings: &mut Findings<'_>) {
    let reset = Range::new(hifi4.reset_vector, INSTRUCTION);
    if !has_code(image, &reset) {
        let segment = covering(image, &reset);
        let place = segment.map_or("file".into(), Segment::to_string);
        findings.add(
            Rule::ResetVector,
            place,
            format!("no code is loaded at {:#010x}, where the core starts", reset.start),
            DEAD_DSP,
            "KEEP the reset code's section at _reset_vector in the linker script",
        );
    }

    let vectors = HIFI4_VECTORS.iter().map(|(name, offset)| {
        let address = hifi4.vecbase.saturating_add(*offset);
        (*name, Range::new(address, INSTRUCTION))
    });
    let missing: Vec<String> = vectors
        .clone()
        .filter(|(_, range)| !has_code(image, range))
        .map(|(name, range)| format!("{name} at {:#010x}", range.start))
        .collect();
    if !missing.is_empty() {
        findings.add(
            Rule::Vectors,
            format!("vectors at {:#010x}", hifi4.vecbase),
            format!("no code for {}", missing.join(", ")),
            format!("{DEAD_DSP}, or a core that stops at its first call, interrupt or fault"),
            "KEEP each vector's section at its offset from _vecbase in the linker script",
        );
    }

    let mut seen: Vec<u32> = Vec::new();
    for range in [reset].into_iter().chain(vectors.map(|(_, range)| range)) {
        let Some(segment) = covering(image, &range) else {
            continue;
        };
        if segment.is_executable() || seen.contains(&segment.paddr) {
            continue;
        }
        seen.push(segment.paddr);
        findings.add(
            Rule::StartExecutable,
            segment,
            "it holds reset code or vectors and is not executable",
            "says nothing; the section there is data, most likely linked to the wrong address",
            "put code, not data, at _reset_vector and _vecbase",
        );
    }
    if image.entry != hifi4.reset_vector {
        findings.add(
            Rule::ElfEntry,
            "file header",
            format!("e_entry is {:#010x}, the core starts at {:#010x}", image.entry, hifi4.reset_vector),
            "has the SCU start the core there (8QM, 8QXP); ignores it on the other SoCs",
            "write ENTRY(...) with the reset code's symbol, so that debuggers start there too",
        );
    }
}

fn has_code(image: &Image<'_>, range: &Range) -> bool {
    image.loaded(range).is_some_and(|bytes| bytes.iter().any(|b| *b != 0))
}
