# SPDX-License-Identifier: MIT OR Apache-2.0
"""Features that do not go together do not compile, and the error says what to do instead."""

import os
import subprocess

import pytest

from conftest import ROOT

CASES = {
    "firmware without a board": (["firmware"], {}, "needs a board: use scripts/build.sh BOARD"),
    "firmware of no board": (["firmware"], {"IMX_RPMSG_BOARD": "toaster"}, "no board 'toaster'"),
    "firmware of a HiFi4 for this machine": (
        ["firmware"],
        {"IMX_RPMSG_BOARD": "imx8mp-evk-dsp"},
        "is built for xtensa-hifi4-none-elf, not x86_64-unknown-linux-gnu: use scripts/build.sh imx8mp-evk-dsp",
    ),
    "firmware of a Cortex-M for this machine": (
        ["firmware"],
        {"IMX_RPMSG_BOARD": "imx8mp-evk-m7"},
        "is built for thumbv7em-none-eabihf, not x86_64-unknown-linux-gnu: use scripts/build.sh imx8mp-evk-m7",
    ),
    "a UART without a board": (["uart"], {}, "needs a board: use scripts/build.sh BOARD"),
}


@pytest.mark.parametrize("case", CASES)
def test_wrong_combinations_are_refused(case, tmp_path):
    features, variables, words = CASES[case]
    environment = {k: v for k, v in os.environ.items() if k != "IMX_RPMSG_BOARD"} | variables
    environment["CARGO_TARGET_DIR"] = str(ROOT / "target/features")
    command = ["cargo", "check", "--quiet", "--locked", "--lib", "--features", ",".join(features)]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode != 0
    assert words in run.stderr, run.stderr
