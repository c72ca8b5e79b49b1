// SPDX-License-Identifier: MIT OR Apache-2.0
//! Registers: messaging unit, serial port, and what is set up before.

use crate::check::Check;
use crate::{Board, Range};

pub(super) fn check(board: &Board, check: &mut Check<'_>) {
    let uart = board.uart.as_ref().map(|u| ("uart.base", u.base));
    for (field, base) in [("mailbox.base", board.mailbox.base)].into_iter().chain(uart) {
        if base == 0 || base % 0x1000 != 0 {
            check.refuse(
                field,
                format!("{base:#x} is no base of a peripheral"),
                "write the multiple of 0x1000 in the reference manual's memory map of this core",
            );
        }
        outside_memory(board, field, base, check);
    }
    if board.uart.as_ref().is_some_and(|u| u.clock_hz == 0) {
        check.refuse("uart.clock_hz", "is 0", "write the clock of the baud rate in Hz");
    }
    for (i, setup) in board.setup.iter().enumerate() {
        let path = format!("setup.{i}");
        let field = format!("{path}.address");
        if setup.address % 4 != 0 {
            check.refuse(
                &field,
                format!("{:#x} is not a multiple of 4", setup.address),
                format!("write {:#x}", setup.address & !3),
            );
        }
        outside_memory(board, &field, setup.address, check);
        if setup.clear == 0 && setup.set == 0 {
            check.refuse(format!("{path}.set"), "changes nothing", "write the bits to set, or those to clear");
        }
        if setup.why.trim().is_empty() {
            check.refuse(format!("{path}.why"), "is empty", "write the reason in one line");
        }
    }
}

fn outside_memory(board: &Board, field: &str, address: u32, check: &mut Check<'_>) {
    let memories = board.memory.iter().map(|m| (m.name.as_str(), m.range()));
    let carveouts = board.carveouts.iter().map(|c| (c.name.as_str(), c.device_range()));
    for (name, range) in memories.chain(carveouts) {
        if range.contains(&Range::new(address, 4)) {
            check.refuse(
                field,
                format!("{address:#010x} is inside the memory '{name}', {range}"),
                "write the address of the registers",
            );
        }
    }
}
