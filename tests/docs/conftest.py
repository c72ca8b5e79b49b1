# SPDX-License-Identifier: MIT OR Apache-2.0
"""One reader for all documents: the emulated board is booted once, by the first who needs it."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "testbed"))
sys.path.insert(0, str(ROOT / "tests/tools"))


@pytest.fixture(scope="session")
def reader(tmp_path_factory):
    from reader import Reader

    with Reader(tmp_path_factory.mktemp("reader")) as reader:
        yield reader
