// SPDX-License-Identifier: MIT OR Apache-2.0
//! The board's RAM, where the file says what it has: image and carveouts are in it.

use crate::check::{Check, listed};
use crate::{Board, CarveoutRole, Range};

pub(super) fn check(board: &Board, check: &mut Check<'_>) {
    let before = check.problems.len();
    for (i, ram) in board.ram.iter().enumerate() {
        let path = format!("ram.{i}");
        if !check.is_sane(&ram.range(), &path, "address") {
            continue;
        }
        if let Some(earlier) = board.ram[..i].iter().find(|earlier| earlier.range().overlaps(&ram.range())) {
            check.refuse(
                format!("{path}.address"),
                format!("{} overlaps {}", ram.range(), earlier.range()),
                "write each range once",
            );
        }
    }
    if check.problems.len() != before {
        return;
    }
    for (i, memory) in board.memory.iter().enumerate() {
        if let Some(linux) = board.linux_of_device(&memory.range()) {
            let linux = Range::new(linux, memory.size);
            inside(board, &linux, &format!("memory.{i}"), "address", &memory.name, "the memory", check);
        }
    }
    for (i, carveout) in board.carveouts.iter().enumerate() {
        let kind = if carveout.role == CarveoutRole::Pool { "the pool" } else { "the carveout" };
        inside(board, &carveout.linux_range(), &format!("carveout.{i}"), "linux", &carveout.name, kind, check);
    }
}

/// Refuses what is neither in the board's RAM nor in the core's own memory nor in other memory of the SoC.
fn inside(board: &Board, linux: &Range, path: &str, field: &str, name: &str, kind: &str, check: &mut Check<'_>) {
    let Some(first) = board.ram.iter().map(|ram| ram.address).min() else {
        return;
    };
    let is_ram = board.ram.iter().any(|ram| ram.range().contains(linux));
    // Below all RAM is what the SoC itself has, and the rows say where.
    let on_chip = linux.end() <= u64::from(first) && board.device_of_linux(linux).is_some();
    if is_ram || linux.size == 0 || on_chip || board.is_own(linux) {
        return;
    }
    check.refuse(
        format!("{path}.{field}"),
        format!("{kind} '{name}', {linux} of Linux's addresses, is not in the board's RAM"),
        format!("move it into {} (ram), or correct ram", listed(board.ram.iter().map(|ram| ram.range()))),
    );
}
