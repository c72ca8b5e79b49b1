# SPDX-License-Identifier: MIT OR Apache-2.0
"""One emulated board per kernel, shared by that board's tests, which run in the order written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "testbed"))

from imxtest import built  # noqa: E402  (the path above must come first)
from imxtest.linux import BOARDS, Testbed  # noqa: E402

RUNS = [(board, series) for board, kernels in BOARDS.items() for series in kernels]


@pytest.fixture(scope="session")
def firmware():
    """The ELF file of a board's program; FIRMWARE_FOLDER replaces target/firmware."""
    return built.path


@pytest.fixture(scope="session")
def rounds():
    """How often a test repeats what wears out with time: IMX_RPMSG_LONG in the environment takes the larger number."""
    return lambda short, long: long if os.environ.get("IMX_RPMSG_LONG") else short


@pytest.fixture(scope="session")
def guest_tools(tmp_path_factory):
    """The programs of guest/, compiled for the guest: {path below /: content}."""
    built_tools = {}
    for source in sorted((Path(__file__).parent / "guest").glob("*.c")):
        tool = tmp_path_factory.mktemp("guest") / source.stem
        compiler = ["aarch64-linux-gnu-gcc-12", "-static", "-Os", "-s", "-Wall", "-Wextra", "-Werror"]
        subprocess.run([*compiler, "-o", tool, source], check=True)
        built_tools[f"bin/{source.stem}"] = tool.read_bytes()
    return built_tools


@pytest.fixture(scope="session", params=RUNS, ids=lambda run: f"{run[0]}-linux-{run[1]}")
def board(request, firmware):
    """A board on which Linux has booted; the firmware is started by the first test."""
    name, series = request.param
    with Testbed(series, firmware(name), name) as booted:
        booted.sample_rounds = 0  # how often the sample client has had all its messages
        yield booted


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Adds the ends of all logs of the failed test's own boards to its report."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for board in boards_of(item):
            report.sections.extend((f"{board.board}, Linux {board.series}: {title}", text) for title, text in board.log_tails())


def boards_of(item):
    """The boards among the fixtures of a test, as far as they have been set up."""
    return list({id(value): value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Testbed)}.values())
