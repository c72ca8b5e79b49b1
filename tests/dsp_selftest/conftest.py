# SPDX-License-Identifier: MIT OR Apache-2.0
"""Firmware on the emulated HiFi4, with a fake Linux in Python beside it."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "testbed"))

FOLDER = Path(os.environ.get("FIRMWARE_FOLDER", ROOT / "target/firmware/imx8mp-evk-dsp"))


def firmware(name):
    path = FOLDER / f"{name}.elf"
    if not path.exists():
        pytest.fail(f"{path} is missing: scripts/build.sh imx8mp-evk-dsp --bin {name}")
    return path.read_bytes()


@pytest.fixture
def start():
    """Starts a firmware by name; what went on is printed when the test fails."""
    from imxtest.fakelinux import FakeLinux

    running = []

    def start(name, **options):
        linux = FakeLinux(firmware(name), **options)
        running.append(linux)
        linux.__enter__()
        linux.boot()
        return linux

    yield start
    for linux in running:
        print(linux.report())
        linux.__exit__(None, None, None)
