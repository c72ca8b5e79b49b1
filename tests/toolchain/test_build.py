# SPDX-License-Identifier: MIT OR Apache-2.0
"""scripts/build.sh: which toolchain it takes, what it leaves, and what it says to bad input."""

import os
import re
import tomllib

import pytest
from conftest import ROOT, write_program
from standins import chosen


def test_features_go_to_cargo_and_into_the_name(toolchains, box):
    toolchains.private()
    done = toolchains.build("one", "--features", "uart,other")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(box.tree / "target/firmware/one/rpmsg-demo+uart+other.elf")
    (call,) = toolchains.calls()
    assert call.values("--features") == ["firmware,uart,other"]


def test_then_the_newest_rustup_toolchain_that_can(toolchains):
    toolchains.rustup("stable", "1.99.0")
    toolchains.rustup("nightly", "1.100.0-nightly")
    toolchains.rustup("old", "1.95.0")
    toolchains.private()
    done = toolchains.build("one")
    assert done.returncode == 0, done.stderr
    assert chosen(done).startswith("nightly (newest rustup toolchain")
    assert [call.cargo for call in toolchains.calls()] == [f"{toolchains.folder}/nightly/bin/cargo"]


@pytest.mark.parametrize("toolchain, reason", [
    (("1.97.0",), "is 1.97.0, older than 1.98"),
    (("1.98.0", 22, False), "has no rust-src component"),
    (("1.99.0", 23), "has LLVM 23, newer than the LLVM 22"),
])
def test_then_the_private_one_with_the_reason(toolchains, toolchain, reason):
    toolchains.rustup("stable", *toolchain)
    toolchains.private()
    done = toolchains.build("one")
    assert done.returncode == 0, done.stderr
    assert chosen(done).startswith("private (no fit rustup toolchain: ")
    assert f"rustup's 'stable' {reason}" in chosen(done)


def test_private_without_any_rustup(toolchains):
    toolchains.private()
    done = toolchains.build("one")
    assert done.returncode == 0, done.stderr
    assert chosen(done) == "private (no fit rustup toolchain)"


def test_rustup_with_no_toolchain_is_as_none(toolchains):
    toolchains.write_rustup()
    toolchains.private()
    assert chosen(toolchains.build("one")) == "private (no fit rustup toolchain)"


def test_none_at_all_names_setup(toolchains):
    done = toolchains.build("one")
    assert done.returncode == 1
    assert "no Rust compiler for the firmware" in done.stderr and "scripts/setup.sh" in done.stderr


def test_option_overrides(toolchains):
    toolchains.rustup("nightly", "1.99.0")
    toolchains.rustup("mine", "1.98.0")
    toolchains.private()
    assert chosen(toolchains.build("one", "--toolchain", "private")) == "private (asked for by --toolchain)"
    assert chosen(toolchains.build("one", "--toolchain", "mine")) == "mine (asked for by --toolchain)"


def test_option_with_an_unfit_toolchain_says_why(toolchains):
    toolchains.rustup("stable", "1.95.0")
    done = toolchains.build("one", "--toolchain", "stable")
    assert done.returncode == 1
    assert "toolchain 'stable' is 1.95.0, older than 1.98" in done.stderr


def test_option_with_an_unknown_toolchain_lists_them(toolchains):
    toolchains.rustup("stable", "1.99.0")
    done = toolchains.build("one", "--toolchain", "nope")
    assert done.returncode == 1
    assert "no toolchain 'nope': there are: stable and 'private'" in done.stderr


def test_option_private_when_absent_names_setup(toolchains):
    toolchains.rustup("nightly", "1.99.0")
    done = toolchains.build("one", "--toolchain", "private")
    assert done.returncode == 1
    assert "scripts/setup.sh" in done.stderr


def test_output_and_last_line(toolchains, box):
    toolchains.private()
    done = toolchains.build("--all", "--profile", "dev", "--bin", "other")
    assert done.returncode == 0, done.stderr
    elfs = [box.tree / f"target/firmware/{board}/other.elf" for board in ("one", "two")]
    assert done.stdout.splitlines() == [str(elf) for elf in elfs]
    assert all(elf.read_text() == "elf\n" for elf in elfs)


def test_desk_check_is_run_and_believed(toolchains, box):
    toolchains.private()
    (box.tree / "tools/check-elf").mkdir(parents=True)
    (box.tree / "tools/check-elf/Cargo.toml").touch()
    box.program("cargo", 'echo "checker: $*"; exit 1')
    done = toolchains.build("one")
    elf = box.tree / "target/firmware/one/rpmsg-demo.elf"
    assert done.returncode == 1
    assert f"checker: run -p check-elf -- --board one {elf}" in done.stderr
    assert "breaks the loader's rules" in done.stderr
    assert done.stdout == ""


def test_desk_check_that_is_missing_is_said(toolchains):
    toolchains.private()
    assert "was not checked" in toolchains.build("one").stderr


def test_failed_build(toolchains, box):
    toolchains.private()
    write_program(box.cache / "private/bin/cargo", "exit 101")
    done = toolchains.build("one")
    assert done.returncode == 1
    assert "the build of rpmsg-demo for one failed" in done.stderr
    assert not (box.tree / "target/firmware").exists()


def test_lint_runs_clippy_and_leaves_nothing(toolchains, box):
    toolchains.private()
    write_program(box.cache / "private/bin/cargo-clippy", "exit 0")
    done = toolchains.build("one", "--lint")
    assert done.returncode == 0, done.stderr
    (call,) = toolchains.calls()
    assert call.arguments[:2] == ["clippy", "--lib"] and call.values("--bin") == ["rpmsg-demo"]
    assert call.arguments[-3:] == ["--", "-D", "warnings"]
    assert done.stdout == "" and not (box.tree / "target/firmware").exists()


def test_lint_with_a_toolchain_that_has_no_clippy_says_how_to_get_it(toolchains):
    toolchains.private()
    toolchains.rustup("nightly", "1.99.0")
    done = toolchains.build("one", "--lint")
    assert done.returncode == 1
    assert "toolchain nightly has no clippy" in done.stderr and "--toolchain private" in done.stderr


def test_two_builds_at_once_do_not_take_each_others_programs(toolchains, box):
    """The second waits, says so, and leaves the first its program until that is copied."""
    toolchains.private()
    cargo = box.cache / "private/bin/cargo"
    # The first build has made its program and goes on when it may; the second would overwrite the program.
    cargo.write_text(cargo.read_text().replace(
        'echo elf >', '[ "$IMX_RPMSG_BOARD" != one ] || { echo made >"$HOME/told"; cat "$HOME/go" >/dev/null; }\n'
        'echo "elf of $IMX_RPMSG_BOARD" >'))
    for name in ("told", "go"):
        os.mkfifo(box.home / name)
    builds = [box.start("scripts/build.sh", "one", RECORD=str(toolchains.record))]
    try:
        assert (box.home / "told").read_text() == "made\n"
        builds.append(box.start("scripts/build.sh", "two", RECORD=str(toolchains.record)))
        said = ""
        while "another build is under way" not in said:
            line = builds[1].stderr.readline()
            assert line, f"it did not wait: {said}"
            said += line
        (box.home / "go").write_text("go")
        for process, board in zip(builds, ("one", "two")):
            process.communicate(timeout=600)
            assert process.returncode == 0
            assert (box.tree / f"target/firmware/{board}/rpmsg-demo.elf").read_text() == f"elf of {board}\n"
    finally:
        for process in builds:
            process.kill()


def test_what_the_machines_own_cargo_waits_for_is_said(toolchains, box):
    toolchains.private()
    (box.tree / "tools/check-elf").mkdir(parents=True)
    (box.tree / "tools/check-elf/Cargo.toml").write_text("")
    box.program("cargo", """
for argument; do [ "$argument" != -q ] || exit 0; done
echo "    Blocking waiting for file lock on build directory" >&2
echo "    Finished something in 1s" >&2
echo "     Running something" >&2
echo "fit for $6" """)
    done = toolchains.build("one")
    assert done.returncode == 0, done.stderr
    assert "    Blocking waiting for file lock on build directory\n" in done.stderr
    assert "fit for one" in done.stderr and "Finished" not in done.stderr and "Running" not in done.stderr


def test_list(box):
    done = box.run("scripts/build.sh", "--list")
    assert (done.returncode, done.stdout) == (0, "one\ntwo\n")


@pytest.mark.parametrize("arguments, message", [
    (["three"], "no board 'three'; the boards are: one two"),
    (["one", "three"], "no board 'three'; the boards are: one two"),
    ([], "which board? The boards are: one two"),
    (["one", "--profile", "fast"], "no profile 'fast': there are release and dev"),
    (["one", "--frob"], "unknown option '--frob'"),
    (["one", "--bin"], "--bin needs a value"),
])
def test_bad_input(box, arguments, message):
    done = box.run("scripts/build.sh", *arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stdout == ""


def test_help_names_every_program_and_feature(box):
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text())
    text = box.run("scripts/build.sh", "--help").stdout
    names = {one["name"] for one in manifest["bin"]} | set(manifest["features"]) - {"firmware"}
    assert {name for name in names if not re.search(rf"(?<![\w-]){name}(?![\w-])", text)} == set()


def test_a_core_in_single_quotes_is_one(toolchains, box):
    toolchains.private()
    (box.tree / "boards/one.toml").write_text("core = 'hifi4'\n")
    done = toolchains.build("one")
    assert done.returncode == 0, done.stderr


def test_check_is_cargos_own_and_its_json_is_all_that_is_printed(toolchains, box):
    toolchains.private()
    cargo = box.cache / "private/bin/cargo"
    cargo.write_text(cargo.read_text().replace("|| exit 0", "|| { echo '{}'; exit; }"))
    done = toolchains.build("--check", "one")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "{}\n"
    (call,) = toolchains.calls()
    assert call.arguments[0] == "check" and "--message-format=json" in call.arguments and "--lib" in call.arguments


def test_the_manual_is_made_for_the_boards_core_by_the_toolchains_own_rustdoc(toolchains, box):
    toolchains.private()
    done = box.run("scripts/doc.sh", "one", RECORD=str(toolchains.record))
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{box.tree}/target/boards/xtensa-hifi4-none-elf/doc/imx_rpmsg/index.html\n"
    (call,) = toolchains.calls()
    assert call.arguments[:3] == ["doc", "--lib", "--no-deps"]
    assert call.values("--features") == ["firmware,shell,embassy,driver-role"]
    assert call.environment["IMX_RPMSG_BOARD"] == "one"
    assert call.environment["RUSTDOC"] == f"{box.cache}/private/bin/rustdoc"


@pytest.mark.parametrize("arguments, message", [
    (["one", "two"], "one board"),
    (["nowhere"], "no board 'nowhere'"),
    (["--frob"], "unknown option '--frob'"),
    (["--toolchain"], "--toolchain needs a value"),
])
def test_the_manual_of_what_is_not_there(toolchains, box, arguments, message):
    toolchains.private()
    done = box.run("scripts/doc.sh", *arguments)
    assert done.returncode == 1 and message in done.stderr
