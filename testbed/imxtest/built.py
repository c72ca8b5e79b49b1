# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where scripts/build.sh has put a firmware."""

import os
from pathlib import Path

from . import paths


def path(board, program="rpmsg-demo", suffix=".elf"):
    """The file of a built program; FIRMWARE_FOLDER in the environment replaces target/firmware."""
    folder = Path(os.environ.get("FIRMWARE_FOLDER") or paths.ROOT / "target/firmware")
    file = folder / board / (program + suffix)
    if not file.exists():
        name, _, features = program.partition("+")
        how = f"--bin {name}" + (f" --features {features.replace('+', ',')}" if features else "")
        raise FileNotFoundError(f"{file} is missing: scripts/build.sh {board} {how}")
    return file


def firmware(board, program="rpmsg-demo", suffix=".elf"):
    """The content of a built program."""
    return path(board, program, suffix).read_bytes()
