// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory, translation and carveouts: where they may lie.

use crate::check::{Check, line};
use crate::{Board, CarveoutRole, MemoryRole, Range};

pub(super) fn check(board: &mut Board, check: &mut Check<'_>) {
    translation(board, check);
    memory(board, check);
    carveouts(board, check);
}

/// A range of some bytes that ends at 2^32 at most and keeps to words.
fn sane(range: &Range, path: &str, address: &str, check: &mut Check<'_>) -> bool {
    let before = check.problems.len();
    if range.size == 0 {
        check.refuse(format!("{path}.size"), "is 0", "write its size in bytes or remove the table");
    }
    if range.end() > 1 << 32 {
        check.refuse(
            format!("{path}.size"),
            format!("{:#x} bytes from {:#010x} end behind the 32-bit address space", range.size, range.start),
            format!("write {:#x} or less", (1u64 << 32) - u64::from(range.start)),
        );
    }
    for (field, value) in [(address, range.start), ("size", range.size)] {
        if value % 4 != 0 {
            check.refuse(
                format!("{path}.{field}"),
                format!("{value:#x} is not a multiple of 4"),
                format!("write {:#x}", value & !3),
            );
        }
    }
    check.problems.len() == before
}

fn translation(board: &Board, check: &mut Check<'_>) {
    let rows = &board.translation;
    for (i, row) in rows.iter().enumerate() {
        let path = format!("translation.{i}");
        if !sane(&row.device_range(), &path, "device", check) || !sane(&row.linux_range(), &path, "linux", check) {
            continue;
        }
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

fn memory(board: &Board, check: &mut Check<'_>) {
    for (i, memory) in board.memory.iter().enumerate() {
        let path = format!("memory.{i}");
        let range = memory.range();
        linker_name(&memory.name, &path, check);
        if !sane(&range, &path, "address", check) {
            continue;
        }
        for earlier in &board.memory[..i] {
            if earlier.name == memory.name {
                check.refuse(
                    format!("{path}.name"),
                    format!("'{}' is there already", memory.name),
                    "write another name",
                );
            }
            if memory.role.is_some() && earlier.role == memory.role {
                check.refuse(
                    format!("{path}.role"),
                    format!("'{}' has this role already", earlier.name),
                    "give the role to one of them",
                );
            }
            if earlier.range().overlaps(&range) {
                check.refuse(
                    format!("{path}.address"),
                    format!("{range} overlaps '{}', {}", earlier.name, earlier.range()),
                    "move or shrink one of them",
                );
            }
        }
        let Some(row) = board.translation_of_device(&range) else {
            check.refuse(
                format!("{path}.address"),
                format!("{range} is not inside one row of [[translation]]: Linux cannot load anything there"),
                format!("keep it inside one of {}", device_rows(board)),
            );
            continue;
        };
        if row.iram && matches!(memory.role, Some(MemoryRole::Stack | MemoryRole::Image)) {
            check.refuse(
                format!("{path}.role"),
                "is for data, but this memory takes 32-bit writes only (iram = true in [[translation]])",
                "give the role to data memory",
            );
        }
        if memory.role == Some(MemoryRole::Image) && range.start % line(board) != 0 {
            check.refuse(
                format!("{path}.address"),
                format!("{:#x} is not a multiple of cpu.dcache_line", range.start),
                format!("write {:#x}", range.start - range.start % line(board)),
            );
        }
    }
    for role in MemoryRole::ALL {
        if board.memory(role).is_none() {
            check.refuse(
                "memory",
                format!("no memory has the role \"{}\"", role.name()),
                format!("write role = \"{}\" in one of the [[memory]] tables", role.name()),
            );
        }
    }
}

fn linker_name(name: &str, path: &str, check: &mut Check<'_>) {
    let first = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    if !first || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        check.refuse(
            format!("{path}.name"),
            format!("'{name}' is no name for a linker region"),
            "write lower-case letters, digits and underscores, a letter first",
        );
    }
}

fn carveouts(board: &mut Board, check: &mut Check<'_>) {
    for i in 0..board.carveouts.len() {
        let path = format!("carveout.{i}");
        let linux = board.carveouts[i].linux_range();
        let role = board.carveouts[i].role;
        if !sane(&linux, &path, "linux", check) {
            continue;
        }
        for earlier in &board.carveouts[..i] {
            if earlier.role == role {
                check.refuse(
                    format!("{path}.role"),
                    format!("'{}' has this role already", earlier.name),
                    "give the role to one of them",
                );
            }
            if earlier.linux_range().overlaps(&linux) {
                check.refuse(
                    format!("{path}.linux"),
                    format!("{linux} overlaps '{}', {}", earlier.name, earlier.linux_range()),
                    "copy addresses and sizes from the device tree",
                );
            }
        }
        for (field, value) in [("linux", linux.start), ("size", linux.size)] {
            if value % line(board) != 0 {
                check.refuse(
                    format!("{path}.{field}"),
                    format!("{value:#x} is not a multiple of cpu.dcache_line"),
                    format!("write a multiple of {:#x}, or neighbours share a cache line", line(board)),
                );
            }
        }
        let Some(device) = board.device_of_linux(&linux) else {
            let rows: Vec<String> = board.translation.iter().map(|t| t.linux_range().to_string()).collect();
            check.refuse(
                format!("{path}.linux"),
                format!("{linux} is not inside one row of [[translation]]: the core cannot reach it"),
                format!("keep it inside one of {}", rows.join(", ")),
            );
            continue;
        };
        board.carveouts[i].device = device;
        let range = Range::new(device, linux.size);
        for (m, memory) in board.memory.iter().enumerate() {
            if memory.range().overlaps(&range) {
                check.refuse(
                    format!("memory.{m}.address"),
                    format!(
                        "{} overlaps the carveout '{}', {range}: the firmware would lie in rings or buffers",
                        memory.range(),
                        board.carveouts[i].name
                    ),
                    "move or shrink the memory",
                );
            }
        }
    }
    for role in CarveoutRole::ALL {
        if board.carveout(role).is_none() {
            check.refuse(
                "carveout",
                format!("no carveout has the role \"{}\"", role.name()),
                format!("add a [[carveout]] with role = \"{}\"", role.name()),
            );
        }
    }
}

fn device_rows(board: &Board) -> String {
    let rows: Vec<String> = board.translation.iter().map(|t| t.device_range().to_string()).collect();
    rows.join(", ")
}
