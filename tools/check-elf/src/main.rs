// SPDX-License-Identifier: MIT OR Apache-2.0
//! `check-elf`: the desk check on the command line.

#![forbid(unsafe_code)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use check_elf::{Rule, Severity, check};
use imx_rpmsg_board::Board;

const USAGE: &str = "\
usage: check-elf --board NAME|FILE.toml ELF
       check-elf --rules | --help

Says whether Linux's loader and the hardware would take a firmware ELF, before it is on the board.
  --board NAME|FILE.toml  a board in boards/, or a board file
  --rules                 lists all rules
Every finding names the rule, the segment or section, what Linux would say, and what to do.
Exit status: 0 fit (notes may be printed), 1 not fit, 2 wrong usage or unreadable file.
";

const UNFIT: u8 = 1;
const USAGE_ERROR: u8 = 2;

fn main() -> ExitCode {
    match run(env::args().skip(1)) {
        Ok(status) => status,
        Err(message) => {
            eprintln!("check-elf: {message}");
            ExitCode::from(USAGE_ERROR)
        }
    }
}

fn run(args: impl Iterator<Item = String>) -> Result<ExitCode, String> {
    let (mut board, mut elf) = (None, None);
    let mut args = args;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-h" | "--help" => {
                show(USAGE);
                return Ok(ExitCode::SUCCESS);
            }
            "--rules" => {
                let line = |rule: &Rule| format!("{:<22}{}\n", rule.id(), rule.summary().trim());
                show(&Rule::ALL.iter().map(line).collect::<String>());
                return Ok(ExitCode::SUCCESS);
            }
            "--board" => board = Some(args.next().ok_or("--board needs a name or a file")?),
            option if option.starts_with('-') => {
                return Err(format!("unknown option {option}\n{USAGE}"));
            }
            _ if elf.is_some() => return Err(format!("one ELF at a time\n{USAGE}")),
            _ => elf = Some(PathBuf::from(arg)),
        }
    }
    let board = board.ok_or_else(|| format!("--board is missing\n{USAGE}"))?;
    let elf = elf.ok_or_else(|| format!("the ELF is missing\n{USAGE}"))?;
    let board = Board::named(&board).map_err(|e| e.to_string())?;
    let bytes = fs::read(&elf).map_err(|e| format!("cannot read {}: {e}", elf.display()))?;
    Ok(report(&board, &elf, &bytes))
}

fn report(board: &Board, elf: &Path, bytes: &[u8]) -> ExitCode {
    let outcome = check(board, bytes);
    for finding in &outcome.findings {
        eprintln!("{finding}");
    }
    if let Some(report) = &outcome.report {
        show(&format!("{}: fit for {} ({})\n{report}", elf.display(), board.name, board.description));
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "{}: not fit for {}: errors: {}, notes: {}",
        elf.display(),
        board.name,
        outcome.count(Severity::Error),
        outcome.count(Severity::Note)
    );
    ExitCode::from(UNFIT)
}

/// Writes to the output; a reader that has seen enough (`| head`) is no failure.
fn show(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
