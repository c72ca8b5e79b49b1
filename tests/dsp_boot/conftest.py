# SPDX-License-Identifier: MIT OR Apache-2.0
"""The emulated HiFi4 without Linux. Needs scripts/setup/qemu.sh, not a kernel."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "testbed"))

FIRMWARE = Path(os.environ.get("FIRMWARE", ROOT / "target/firmware/imx8mp-evk-dsp/rpmsg-demo.elf"))


@pytest.fixture(scope="session")
def firmware():
    """The firmware under test, as a file's content."""
    if not FIRMWARE.exists():
        pytest.fail(f"{FIRMWARE} is missing: run scripts/build.sh imx8mp-evk-dsp")
    return FIRMWARE.read_bytes()
