# SPDX-License-Identifier: MIT OR Apache-2.0
"""The emulated HiFi4 without Linux. Needs scripts/setup/qemu.sh, not a kernel."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "testbed"))

from imxtest import built  # noqa: E402  (the path above must come first)


@pytest.fixture(scope="session")
def firmware():
    """The firmware under test, as a file's content."""
    return built.firmware("imx8mp-evk-dsp")
