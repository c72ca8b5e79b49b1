# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every board's demo firmware on its emulated core, with the fake Linux of its driver beside it."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "testbed"))

from imxtest import built  # noqa: E402  (the path above must come first)
from imxtest.boards import BOARDS  # noqa: E402
from imxtest.fakelinux import FakeLinux  # noqa: E402


def pytest_generate_tests(metafunc):
    """`board` is each board in turn, or each that the mark `boards` keeps."""
    if "board" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("boards")
        kept = [b for b in BOARDS.values() if mark is None or mark.kwargs["keep"](b)]
        metafunc.parametrize("board", kept, ids=[b.name for b in kept])


def pytest_configure(config):
    config.addinivalue_line("markers", "boards(keep=): only boards for which keep(board) holds")


@pytest.fixture
def firmware(board):
    """The demo's ELF, as a file's content."""
    return built.firmware(board.name)


@pytest.fixture
def power_on(board, firmware):
    """Switches the board on, its core still held; what went on is printed when the test fails."""
    running = []

    def power_on(on=board, **options):
        running.append(FakeLinux(firmware, on, **options))
        return running[-1].__enter__()

    yield power_on
    for linux in running:
        print(linux.report())
        linux.__exit__(None, None, None)


@pytest.fixture
def linux(power_on):
    """A Linux whose firmware is up and whose rpmsg bus has probed."""
    linux = power_on()
    linux.boot()
    linux.probe()
    return linux
