// SPDX-License-Identifier: MIT OR Apache-2.0
//! The log that Linux shows as traceN.

use imx_rpmsg_board::{Board, Loader, Range};

use super::{Place, reserved_is_zero, truncated};
use crate::bytes::words_at;
use crate::finding::{Findings, Rule, SILENT};

const FIXED_BYTES: usize = 12;
const NAME_BYTES: usize = 32;

/// A log.
pub(crate) struct Trace {
    pub(crate) address: u32,
    pub(crate) size: u32,
    pub(crate) name: String,
}

pub(super) fn check(board: &Board, place: &Place<'_>, body: &[u8], findings: &mut Findings<'_>) -> Option<Trace> {
    let name = body.get(FIXED_BYTES..FIXED_BYTES + NAME_BYTES);
    let (Some([address, size, reserved]), Some(name)) = (words_at(body, 0), name) else {
        truncated(place, findings);
        return None;
    };
    reserved_is_zero(place, reserved, findings);

    let range = Range::new(address, size);
    let log_memory = board.core.log_role();
    let inside = board.memory(log_memory).is_some_and(|m| m.range().contains(&range));
    // imx_rproc's comparison is strict.
    let last = board.translation_of_device(&range).is_some_and(|row| row.device_range().end() == range.end());
    let table = place.section.range();
    if size == 0 || !inside || range.overlaps(&table) || last && board.loader == Loader::ImxRproc {
        findings.add(
            Rule::TraceAddress,
            place,
            if size == 0 {
                "the log has no bytes".to_owned()
            } else if !inside {
                format!("{range} is not inside the memory with the role \"{}\"", log_memory.name())
            } else if range.overlaps(&table) {
                format!("{range} overlaps the resource table, {table}")
            } else {
                format!("{range} ends where its row of Linux's translation table does")
            },
            "starts the core; reading the log says \"not available\", or shows other memory",
            "write address and size of the log's buffer in that memory",
        );
    }
    let end = name.iter().position(|b| *b == 0);
    if end.is_none() {
        findings.add(
            Rule::TraceName,
            place,
            format!("its name does not end within {NAME_BYTES} bytes"),
            format!("{SILENT}; whoever prints the name reads beyond it"),
            format!("write {} characters at most and a 0", NAME_BYTES - 1),
        );
    }
    let name = String::from_utf8_lossy(&name[..end.unwrap_or(NAME_BYTES)]).into_owned();
    Some(Trace { address, size, name })
}
