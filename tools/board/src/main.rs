// SPDX-License-Identifier: MIT OR Apache-2.0
//! `board`: what scripts and owners ask of a board file.

#![forbid(unsafe_code)]

use std::env;
use std::io::Write as _;
use std::process::ExitCode;

use imx_rpmsg_board::{Board, Error};

const USAGE: &str = "\
usage: board list
       board show BOARD
       board memory BOARD ELF
       board uboot BOARD FILE
       board unconfirmed [BOARD]

  list         the names of the boards
  show         core, target, loader and so on, a line key=value each, for shells
  memory       what the firmware ELF wants of the board's memory, in Linux's addresses, for scripts/load.sh
  uboot        the commands that make U-Boot load the flat image FILE and start it
  unconfirmed  figures that neither a primary source nor hardware confirms, and how to check them
BOARD is a name in boards/, or a board file that ends in .toml.
Exit status: 0 done, 1 a board file is refused or has none of what was asked for, 2 wrong usage.
";

const REFUSED: u8 = 1;
const USAGE_ERROR: u8 = 2;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["-h" | "--help"] => Ok(USAGE.to_owned()),
        ["list"] => Board::list(Board::folder()).map(|names| names.join("\n") + "\n").map_err(Into::into),
        ["show", board] => Board::named(board).map(|board| board.to_shell()).map_err(Into::into),
        ["memory", board, elf] => memory(board, elf),
        ["uboot", board, file] => uboot(board, file),
        ["unconfirmed", board] => Board::named(board).map(|board| unconfirmed(&board)).map_err(Into::into),
        ["unconfirmed"] => all_unconfirmed().map_err(Into::into),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(USAGE_ERROR);
        }
    };
    match done {
        Ok(text) => {
            // A reader that has seen enough (`| head`) is no failure.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("{}", failure.0);
            ExitCode::from(REFUSED)
        }
    }
}

/// What there is to say instead of an answer.
struct Failure(String);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}

fn memory(board: &str, elf: &str) -> Result<String, Failure> {
    let board = Board::named(board)?;
    let bytes = std::fs::read(elf).map_err(|source| Error::Unreadable { path: elf.into(), source })?;
    board.memory_map(&bytes).ok_or_else(|| Failure(format!("{elf} is no ELF for a 32-bit core")))
}

fn uboot(board: &str, file: &str) -> Result<String, Failure> {
    let board = Board::named(board)?;
    let commands = board.uboot_commands(file);
    if commands.is_empty() {
        return Err(Failure(format!("U-Boot cannot start the core of {}: its file has no [uboot]", board.name)));
    }
    Ok(commands.join("\n") + "\n")
}

fn all_unconfirmed() -> Result<String, Error> {
    let folder = Board::folder();
    let names = Board::list(&folder)?;
    names.iter().map(|name| Board::find(&folder, name).map(|board| unconfirmed(&board))).collect()
}

fn unconfirmed(board: &Board) -> String {
    let figure = |u: &imx_rpmsg_board::Unconfirmed| format!("{}: {}\n    check: {}\n", board.name, u.what, u.check);
    board.unconfirmed.iter().map(figure).collect()
}
