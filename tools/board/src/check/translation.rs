// SPDX-License-Identifier: MIT OR Apache-2.0
//! The driver's table of device addresses.

use crate::Board;
use crate::check::Check;

pub(super) fn check(board: &Board, check: &mut Check<'_>) {
    let rows = &board.translation;
    for (i, row) in rows.iter().enumerate() {
        let path = format!("translation.{i}");
        if !check.is_sane(&row.device_range(), &path, "device") || !check.is_sane(&row.linux_range(), &path, "linux") {
            continue;
        }
        // Several device addresses may be one Linux address, not the other way round.
        for earlier in &rows[..i] {
            if earlier.device_range().overlaps(&row.device_range()) {
                check.refuse(
                    format!("{path}.device"),
                    format!("{} overlaps the row of {}", row.device_range(), earlier.device_range()),
                    "copy the rows from the driver: one device address means one thing",
                );
            }
        }
    }
}
