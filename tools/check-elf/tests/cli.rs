// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command line: arguments, streams and exit status.

#[allow(dead_code)]
mod good;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

use good::elf::Elf;

fn run(args: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_check-elf"));
    command.args(args).current_dir(folder);
    command.output().unwrap_or_else(|e| panic!("{e}"))
}

fn here() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

/// Writes the ELF to a file of that name, which no other test uses.
fn file(name: &str, elf: &[u8]) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, elf).unwrap_or_else(|e| panic!("{e}"));
    path.to_string_lossy().into_owned()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_fit_elf_is_described() {
    let elf = file("fit.elf", &Elf::good().build());
    let output = run(&["--board", "imx8mp-evk-dsp", &elf], &here());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(text(&output.stderr), "");
    let out = text(&output.stdout);
    assert!(out.starts_with(&format!("{elf}: fit for imx8mp-evk-dsp")), "{out}");
    assert!(out.contains("loadable: "), "{out}");
}

#[test]
fn the_board_says_which_core_it_is_for() {
    let elf = file("m7.elf", &Elf::good_m7().build());
    let output = run(&["--board", "imx8mp-evk-m7", &elf], &here());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let output = run(&["--board", "imx8mp-evk-dsp", &elf], &here());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stderr).contains("error[elf-machine]: file header: e_machine is 40, not 94 (Xtensa)"));
}

#[test]
fn an_unfit_elf_has_all_findings_listed() {
    let mut elf = Elf::good();
    elf.machine = 40;
    elf.segments.push(good::elf::Segment::code(0x2000_0000, 0x40));
    elf.poke(good::dsp::field::VERSION, 2);
    elf.entry = 0;
    let elf = file("unfit.elf", &elf.build());
    let output = run(&["--board", "imx8mp-evk-dsp", &elf], &here());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(text(&output.stdout), "");
    let err = text(&output.stderr);
    for rule in ["error[elf-machine]", "error[segment-address]", "error[table-version]", "note[elf-entry]"] {
        assert!(err.contains(rule), "no {rule} in\n{err}");
    }
    assert!(err.ends_with("not fit for imx8mp-evk-dsp: errors: 3, notes: 1\n"), "{err}");
}

#[test]
fn a_board_file_can_be_named() {
    let board = here().join("../../boards/imx8mp-evk-dsp.toml");
    let elf = file("by-file.elf", &Elf::good().build());
    let output = run(&["--board", &board.to_string_lossy(), &elf], &env::temp_dir());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn wrong_usage_is_explained() {
    for (args, says) in [
        (&[][..], "--board is missing"),
        (&["--board"], "--board needs a name or a file"),
        (&["--board", "imx8mp-evk-dsp"], "the ELF is missing"),
        (&["--boards", "x"], "unknown option --boards"),
        (&["--board", "imx8mp-evk-dsp", "a", "b"], "one ELF at a time"),
        (&["--board", "imx9", "a"], "no board 'imx9'; the boards are: imx8mp-evk-dsp"),
        (&["--board", "/no/such.toml", "a"], "cannot read /no/such.toml: "),
        (&["--board", "imx8mp-evk-dsp", "/no/such.elf"], "cannot read /no/such.elf: "),
    ] {
        let output = run(args, &here());
        assert_eq!(output.status.code(), Some(2), "{args:?}: {output:?}");
        assert!(text(&output.stderr).contains(says), "no {says:?} in {output:?}");
    }
}

#[test]
fn help_and_rules_go_to_the_output() {
    let help = run(&["--help"], &here());
    assert_eq!(help.status.code(), Some(0));
    assert!(text(&help.stdout).starts_with("usage: check-elf --board NAME|FILE.toml ELF"));
    let rules = run(&["--rules"], &here());
    assert_eq!(text(&rules.stdout).lines().count(), check_elf::Rule::ALL.len());
}
