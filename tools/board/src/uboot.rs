// SPDX-License-Identifier: MIT OR Apache-2.0
//! U-Boot's commands, with their placeholders filled in.

use crate::{Board, MemoryRole};

/// What may stand between braces in a command. `${...}` is U-Boot's own and left alone.
pub(crate) const PLACEHOLDERS: [&str; 4] = ["file", "buffer", "address", "entry"];

/// A piece of a command.
pub(crate) enum Piece<'a> {
    Text(&'a str),
    Placeholder(&'a str),
    /// A brace that never closes.
    Open,
}

/// Cuts a command into its pieces.
pub(crate) fn pieces(command: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = command;
    while let Some(open) = rest.find('{') {
        let (before, behind) = rest.split_at(open);
        let Some(close) = behind.find('}') else {
            pieces.extend([Piece::Text(before), Piece::Open]);
            return pieces;
        };
        if before.ends_with('$') {
            pieces.push(Piece::Text(&rest[..=open + close]));
        } else {
            pieces.extend([Piece::Text(before), Piece::Placeholder(&behind[1..close])]);
        }
        rest = &behind[close + 1..];
    }
    pieces.push(Piece::Text(rest));
    pieces
}

impl Board {
    /// The commands that make U-Boot load the flat image `file` and start it; none when the board has none.
    pub fn uboot_commands(&self, file: &str) -> Vec<String> {
        let (Some(uboot), Some(code)) = (&self.uboot, self.memory(MemoryRole::Code)) else {
            return Vec::new();
        };
        let fill = |piece: Piece<'_>| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Placeholder("file") => file.to_owned(),
            Piece::Placeholder("buffer") => format!("{:#x}", uboot.buffer),
            Piece::Placeholder("address") => format!("{:#x}", uboot.address),
            Piece::Placeholder("entry") => format!("{:#x}", code.address),
            // A checked board has no others.
            Piece::Placeholder(_) | Piece::Open => String::new(),
        };
        uboot.commands.iter().map(|command| pieces(command).into_iter().map(fill).collect()).collect()
    }
}
