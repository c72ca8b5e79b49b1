// SPDX-License-Identifier: MIT OR Apache-2.0
//! The linker's memory: names, roles, and where it may lie.

use crate::check::{Check, line, listed};
use crate::{Board, Memory, MemoryRole};

pub(super) fn check(board: &Board, check: &mut Check<'_>) {
    for (i, memory) in board.memory.iter().enumerate() {
        let path = format!("memory.{i}");
        linker_name(&memory.name, &path, check);
        role(board, memory, &path, check);
        if check.is_sane(&memory.range(), &path, "address") {
            apart(&board.memory[..i], memory, &path, check);
            place(board, memory, &path, check);
        }
    }
    for role in board.core.memory_roles() {
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

fn role(board: &Board, memory: &Memory, path: &str, check: &mut Check<'_>) {
    let roles = board.core.memory_roles();
    let Some(role) = memory.role.filter(|role| !roles.contains(role)) else {
        return;
    };
    let names: Vec<String> = roles.iter().map(|r| format!("\"{}\"", r.name())).collect();
    check.refuse(
        format!("{path}.role"),
        format!("\"{}\" is no role of a {}'s memory", role.name(), board.core.name()),
        format!("write one of {}, or no role", names.join(", ")),
    );
}

/// Against the memories before it.
fn apart(earlier: &[Memory], memory: &Memory, path: &str, check: &mut Check<'_>) {
    let range = memory.range();
    for earlier in earlier {
        if earlier.name == memory.name {
            check.refuse(format!("{path}.name"), format!("'{}' is there already", memory.name), "write another name");
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
}

fn place(board: &Board, memory: &Memory, path: &str, check: &mut Check<'_>) {
    let range = memory.range();
    let Some(row) = board.translation_of_device(&range) else {
        check.refuse(
            format!("{path}.address"),
            format!("{range} is not inside one row of [[translation]]: Linux cannot load anything there"),
            format!("keep it inside one of {}", listed(board.translation.iter().map(|t| t.device_range()))),
        );
        return;
    };
    if row.iram && matches!(memory.role, Some(MemoryRole::Stack | MemoryRole::Image)) {
        check.refuse(
            format!("{path}.role"),
            "is for data, but this memory takes 32-bit writes only (iram = true in [[translation]])",
            "give the role to data memory",
        );
    }
    if memory.role == Some(board.core.log_role()) && range.start % line(board) != 0 {
        check.refuse(
            format!("{path}.address"),
            format!("{:#x} is not a multiple of cpu.dcache_line", range.start),
            format!("write {:#x}", range.start - range.start % line(board)),
        );
    }
}
