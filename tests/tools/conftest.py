# SPDX-License-Identifier: MIT OR Apache-2.0
"""The scripts that a user runs beside a firmware, with the real compilers, emulators and Linux."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "testbed"))


@pytest.fixture
def script():
    """Runs a script of scripts/; the result has returncode, stdout and stderr. The bound is for a build on a slow machine."""

    def run(name, *arguments, **options):
        return subprocess.run([ROOT / "scripts" / name, *arguments], capture_output=True, text=True, check=False, timeout=600, **options)

    return run
