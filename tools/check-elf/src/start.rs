// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether the core finds code where it starts and where it takes exceptions.

mod cortex_m;
mod flat;
mod hifi4;

use imx_rpmsg_board::{Board, Loader, Range};

use crate::finding::Findings;
use crate::image::{Image, Segment};

pub(crate) fn check(board: &Board, image: &Image<'_>, findings: &mut Findings<'_>) {
    if let Some(hifi4) = &board.hifi4 {
        hifi4::check(hifi4, image, findings);
    }
    if board.core.is_cortex_m() {
        cortex_m::check(board, image, findings);
        flat::check(board, image, findings);
    }
}

/// What becomes of a core that does not run.
pub(crate) const fn dead(board: &Board) -> &'static str {
    match board.loader {
        Loader::ImxDspRproc => DEAD_DSP,
        // imx_rproc does not wait for the firmware.
        _ => "\"is now up\", and no channel ever appears",
    }
}

const DEAD_DSP: &str = "\"can't start rproc imx-dsp-rproc: -110\", \"Boot failed: -110\"";

/// The segment that all of `range` is in.
fn covering<'a>(image: &'a Image<'_>, range: &Range) -> Option<&'a Segment> {
    image.segments.iter().find(|s| s.range().contains(range))
}
