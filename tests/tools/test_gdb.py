# SPDX-License-Identifier: MIT OR Apache-2.0
"""scripts/gdb.sh: a breakpoint on an emulated Cortex-M is hit, and shows where."""

import re


def test_a_breakpoint_is_hit_and_shows_the_line(script):
    done = script("gdb.sh", "imx8mp-evk-m7", "--", "-batch", "-ex", "break rpmsg_demo::main", "-ex", "continue",
                  "-ex", "backtrace")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Breakpoint 1, rpmsg_demo::main .* at src/bin/rpmsg-demo\.rs:\d+\n\d+\s+log::info!", done.stdout)
    assert re.search(r"#1 .* in rpmsg_demo::imx_rpmsg_application ", done.stdout)


def test_a_hifi4_is_refused(script):
    done = script("gdb.sh", "imx8mp-evk-dsp")
    assert done.returncode == 1
    assert "does not know the registers of imx8mp-evk-dsp's HiFi4" in done.stderr


def test_a_program_that_is_not_built(script):
    done = script("gdb.sh", "imx8mp-evk-m7", "nothing")
    assert done.returncode == 1
    assert "scripts/build.sh imx8mp-evk-m7 --bin nothing" in done.stderr
