# SPDX-License-Identifier: MIT OR Apache-2.0
"""The emulated HiFi4s alone: small programs, no firmware of ours. Needs scripts/setup/qemu.sh, not a kernel."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "testbed"))
