# SPDX-License-Identifier: MIT OR Apache-2.0
"""One emulated board per kernel, shared by that kernel's tests, which run in the order written."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "testbed"))

from imxtest.linux import Testbed  # noqa: E402  (the path above must come first)

KERNELS = ("6.12", "6.1")
DEFAULT_FIRMWARE = ROOT / "target/firmware/imx8mp-evk-dsp/rpmsg-demo.elf"


@pytest.fixture(scope="session")
def firmware():
    """The ELF under test: $FIRMWARE, or what scripts/build.sh made."""
    path = Path(os.environ.get("FIRMWARE") or DEFAULT_FIRMWARE)
    if not path.is_file():
        pytest.fail(f"no firmware at {path}: run scripts/build.sh imx8mp-evk-dsp, or set FIRMWARE")
    return path


@pytest.fixture(scope="session", params=KERNELS, ids=lambda series: f"linux-{series}")
def board(request, firmware):
    """A board on which Linux has booted; the firmware is started by the first test."""
    with Testbed(request.param, firmware) as booted:
        booted.sample_rounds = 0  # how often the sample client has had all its messages
        request.config.stash[BOARD] = booted
        yield booted
        del request.config.stash[BOARD]


BOARD = pytest.StashKey()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Adds the ends of all logs of the board to the report of a failed test."""
    outcome = yield
    report = outcome.get_result()
    booted = item.config.stash.get(BOARD, None)
    if report.failed and booted:
        report.sections.extend(booted.log_tails())
