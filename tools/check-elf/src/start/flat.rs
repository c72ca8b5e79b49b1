// SPDX-License-Identifier: MIT OR Apache-2.0
//! The flat image, NAME.bin of scripts/build.sh, that U-Boot, the boot ROM or a debugger loads: what `objcopy -O binary`
//! makes of the ELF. That it starts with the vector table follows when it is all in the code's memory, as the table is
//! at the start of that.

use imx_rpmsg_board::{Board, MemoryRole};

use crate::finding::{Findings, Rule};
use crate::image::Image;

pub(super) fn check(board: &Board, image: &Image<'_>, findings: &mut Findings<'_>) {
    let Some(code) = board.memory(MemoryRole::Code) else {
        return;
    };
    if let Some(stray) = image.segments.iter().find(|s| s.filesz > 0 && !code.range().contains(&s.file_range())) {
        findings.add(
            Rule::FlatImage,
            stray,
            format!("{} is not inside '{}', {}", stray.file_range(), code.name, code.range()),
            "is not asked; the flat image starts with something else, or is as long as the gap",
            "place it in FLASH, data with AT>FLASH, and copy it at start",
        );
    }
}
