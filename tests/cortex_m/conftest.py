# SPDX-License-Identifier: MIT OR Apache-2.0
"""Programs on the emulated Cortex-M7."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "testbed"))

FOLDER = ROOT / "target/cortex-m/thumbv7em-none-eabi/release"


@pytest.fixture(scope="session")
def printed():
    """What a program prints, by its name."""
    from imxtest import cortex_m7

    def printed(name, *arguments):
        if not (FOLDER / name).exists():
            pytest.fail(f"{FOLDER / name} is missing: scripts/build-cortex-m.sh")
        return cortex_m7.run(FOLDER / name, *arguments)

    return printed
