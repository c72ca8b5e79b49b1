# SPDX-License-Identifier: MIT OR Apache-2.0
"""The program of examples/filter, without a core."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples/filter"))
