# SPDX-License-Identifier: MIT OR Apache-2.0
"""scripts/gdb.sh on each kind of core: breakpoints in main and in the loop over messages are hit, and show where."""

import re
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "src/bin/rpmsg-demo.rs"


def line_of(text):
    """The number of the only line of the program that has this text."""
    (number,) = (n for n, line in enumerate(PROGRAM.read_text().splitlines(), 1) if text in line)
    return number


@pytest.mark.parametrize("board", ["imx8mp-evk-dsp", "imx8mp-evk-m7"])
def test_a_core_is_debugged(script, board):
    line = line_of("let answered = if message.endpoint()")
    commands = ["break rpmsg_demo::main", "continue", "backtrace"]
    # Reached once for each message.
    commands += [f"break rpmsg-demo.rs:{line}", "continue", "print sample.echoed", "info registers pc"]
    commands += ["continue", "print sample.echoed", "backtrace"]
    done = script("gdb.sh", board, "--", "-batch", *(word for command in commands for word in ("-ex", command)))
    assert done.returncode == 0, done.stdout + done.stderr
    main, first, second = re.split(r"^Breakpoint \d, ", done.stdout, flags=re.MULTILINE)[1:]
    assert re.match(r"rpmsg_demo::main \(.* at .*src/bin/rpmsg-demo\.rs:\d+\n\d+\s+log::info!", main)
    for at in first, second:
        assert re.match(rf"rpmsg_demo::main \(.* at .*src/bin/rpmsg-demo\.rs:{line}\n{line}\s+let answered =", at)
    assert re.search(r"^\$1 = 0\npc\s+0x[0-9a-f]+\s+0x[0-9a-f]+ <rpmsg_demo::main\+\d+>$", first, re.MULTILINE)
    assert re.search(r"^\$2 = 1$", second, re.MULTILINE)
    for calls in main, second:
        for frame in (
            r"#0  (0x[0-9a-f]+ in )?rpmsg_demo::main \(.* at .*src/bin/rpmsg-demo\.rs:\d+$",
            r"#1 .* in rpmsg_demo::imx_rpmsg_application ",
            r"#2 .* in imx_rpmsg::firmware::start::run \(\) at .*src/firmware/start/mod\.rs:\d+$",
        ):
            assert re.search("^" + frame, calls, re.MULTILINE), frame


def test_an_app_is_debugged(script, tmp_path):
    app = tmp_path / "blinky"
    assert script("new-app.sh", "blinky", app).returncode == 0
    missing = script("gdb.sh", "--app", app, "imx8mp-evk-m7")
    assert missing.returncode == 1
    assert f"blinky.elf is missing: scripts/build.sh imx8mp-evk-m7 --app {app}" in missing.stderr
    assert script("build.sh", "--app", app, "imx8mp-evk-m7").returncode == 0
    done = script("gdb.sh", "--app", app, "imx8mp-evk-m7", "--", "-batch", "-ex", "break blinky::main", "-ex", "continue")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^Breakpoint 1, blinky::main \(.* at .*src/main\.rs:\d+$", done.stdout, re.MULTILINE)


def test_an_app_that_is_not_there(script):
    done = script("gdb.sh", "--app", "/nonexistent", "imx8mp-evk-m7")
    assert done.returncode == 1 and "there is no package in /nonexistent: scripts/new-app.sh makes one" in done.stderr
    done = script("gdb.sh", "imx8mp-evk-m7", "--app")
    assert done.returncode == 1 and "--app needs a value" in done.stderr


def test_a_program_that_is_not_built(script):
    done = script("gdb.sh", "imx8mp-evk-m7", "nothing")
    assert done.returncode == 1
    assert "scripts/build.sh imx8mp-evk-m7 --bin nothing" in done.stderr
    done = script("gdb.sh", "imx8mp-evk-m7", "nothing+uart+shell")
    assert "scripts/build.sh imx8mp-evk-m7 --bin nothing --features uart,shell" in done.stderr
