# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where scripts/build.sh has put a firmware."""

import os
from pathlib import Path

from . import paths


def firmware(board, program="rpmsg-demo", suffix=".elf"):
    """The content of a built program; FIRMWARE_FOLDER in the environment replaces target/firmware."""
    folder = Path(os.environ.get("FIRMWARE_FOLDER") or paths.ROOT / "target/firmware")
    path = folder / board / (program + suffix)
    if not path.exists():
        name, _, features = program.partition("+")
        how = f"--bin {name}" + (f" --features {features.replace('+', ',')}" if features else "")
        raise FileNotFoundError(f"{path} is missing: scripts/build.sh {board} {how}")
    return path.read_bytes()
