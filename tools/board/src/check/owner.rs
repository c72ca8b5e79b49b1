// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the owner of a board does with it: U-Boot's commands, and checks of figures in doubt.

use crate::check::Check;
use crate::uboot::{PLACEHOLDERS, Piece, pieces};
use crate::{Board, MemoryRole, Range, Uboot};

pub(super) fn check(board: &Board, check: &mut Check<'_>) {
    if let Some(uboot) = &board.uboot {
        addresses(board, uboot, check);
        commands(uboot, check);
    }
    for (i, figure) in board.unconfirmed.iter().enumerate() {
        for (field, text, instead) in [
            ("what", &figure.what, "write the figure and why it is in doubt"),
            ("check", &figure.check, "write how an owner of the board checks it in five minutes"),
        ] {
            if text.trim().is_empty() {
                check.refuse(format!("unconfirmed.{i}.{field}"), "is empty", instead);
            }
        }
    }
}

fn addresses(board: &Board, uboot: &Uboot, check: &mut Check<'_>) {
    let Some(code) = board.memory(MemoryRole::Code) else {
        return;
    };
    if let Some(linux) = board.linux_of_device(&code.range()).filter(|linux| *linux != uboot.address) {
        check.refuse(
            "uboot.address",
            format!("{:#x} is not where the A core has '{}'", uboot.address, code.name),
            format!("write {linux:#x}, by [[translation]]"),
        );
    }
    let buffer = Range::new(uboot.buffer, code.size);
    let memories = board.memory.iter().filter_map(|m| Some((m, board.linux_of_device(&m.range())?)));
    let memories = memories.map(|(m, linux)| (m.name.as_str(), Range::new(linux, m.size)));
    let carveouts = board.carveouts.iter().map(|c| (c.name.as_str(), c.linux_range()));
    let instead = "write an address in DDR that U-Boot leaves free, such as its loadaddr";
    let before = check.problems.len();
    for (name, range) in memories.chain(carveouts) {
        if range.overlaps(&buffer) {
            check.refuse("uboot.buffer", format!("the image at {buffer} would overlap '{name}', {range}"), instead);
        }
    }
    let in_ram = board.ram.iter().any(|ram| ram.range().contains(&buffer));
    if check.problems.len() == before && !board.ram.is_empty() && !in_ram {
        check.refuse("uboot.buffer", format!("the image at {buffer} would not be in the board's RAM"), instead);
    }
}

fn commands(uboot: &Uboot, check: &mut Check<'_>) {
    let known = PLACEHOLDERS.map(|name| format!("{{{name}}}")).join(", ");
    if uboot.commands.is_empty() {
        check.refuse("uboot.commands", "is empty", "write the commands, or remove [uboot]");
    }
    let mut loads = false;
    for (i, command) in uboot.commands.iter().enumerate() {
        let path = format!("uboot.commands.{i}");
        for piece in pieces(command) {
            match piece {
                Piece::Placeholder(name) if PLACEHOLDERS.contains(&name) => loads |= name == "file",
                Piece::Placeholder(name) => {
                    check.refuse(&path, format!("there is nothing for {{{name}}}"), format!("write one of {known}"));
                }
                Piece::Open => check.refuse(&path, "a brace never closes", format!("write one of {known}")),
                Piece::Text(_) => {}
            }
        }
        if command.trim().is_empty() || command.contains('\n') {
            check.refuse(&path, "is not one line", "write one command in one line");
        }
    }
    if !loads && !uboot.commands.is_empty() {
        check.refuse("uboot.commands", "no command loads {file}", "write the command that loads the image");
    }
}
