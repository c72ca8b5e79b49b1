// SPDX-License-Identifier: MIT OR Apache-2.0
//! Registers: messaging unit, serial port, and what is set up before.

use crate::check::Check;
use crate::{Board, Range};

/// Sixteen samples of a bit.
const LEAST_UART_CLOCK: u32 = 16 * 115_200;

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
    if board.uart.as_ref().is_some_and(|u| u.base == board.mailbox.base) {
        check.refuse("uart.base", "is mailbox.base", "write the base of the serial port");
    }
    if let Some(uart) = board.uart.as_ref().filter(|u| u.clock_hz < LEAST_UART_CLOCK) {
        check.refuse(
            "uart.clock_hz",
            format!("{} is too slow for 115200 baud", uart.clock_hz),
            "write the clock of the baud rate in Hz",
        );
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
    let word = Range::new(address, 4);
    let memories = board.memory.iter().map(|m| (m.name.as_str(), m.range()));
    let carveouts = board.carveouts.iter().map(|c| (c.name.as_str(), c.device_range()));
    let own = board.translation.iter().filter(|t| t.own).map(|t| ("of the core's own", t.device_range()));
    let ram = board.ram.iter().map(|ram| ("RAM", ram.range()));
    let ram = ram.filter(|(_, ram)| board.linux_of_device(&word).is_some_and(|at| ram.contains(&Range::new(at, 4))));
    // The first that has it is named.
    let mut all = memories.chain(carveouts).chain(own).chain(ram.map(|(name, _)| (name, word)));
    if let Some((name, range)) = all.find(|(_, range)| range.contains(&word)) {
        check.refuse(
            field,
            format!("{address:#010x} is inside the memory '{name}', {range}"),
            "write the address of the registers",
        );
    }
}
