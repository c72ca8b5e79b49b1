# SPDX-License-Identifier: MIT OR Apache-2.0
"""The other programs on an emulated core of each kind, with a fake Linux in Python beside it."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "testbed"))

from imxtest import built  # noqa: E402  (the path above must come first)
from imxtest.fakelinux import FakeLinux  # noqa: E402


@pytest.fixture(params=["imx8mp-evk-dsp", "imx8mp-evk-m7"])
def board(request):
    """A board of each architecture."""
    return request.param


@pytest.fixture
def start(board):
    """Starts a firmware by name; what went on is printed when the test fails."""
    running = []

    def start(name, firmware=None, **options):
        linux = FakeLinux(firmware or built.firmware(board, name), board, **options)
        running.append(linux)
        linux.__enter__()
        linux.boot()
        return linux

    yield start
    for linux in running:
        print(linux.report())
        linux.__exit__(None, None, None)
