# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where scripts/build.sh has put a firmware."""

import os
from pathlib import Path

from . import paths
from .elf import Elf

PROGBITS = 1  # a section's bytes are in the file


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


def patched(board, program, symbol, data):
    """The content of a built program with other bytes at a symbol."""
    elf, symbols = Elf(firmware(board, program)), Elf(firmware(board, program, ".debug")).symbols()
    at = symbols[symbol] & ~1  # without the mark of Thumb code
    part = next(s for s in elf.sections if s.addr <= at < s.addr + s.size and s.type == PROGBITS)
    offset = part.offset + at - part.addr
    return elf.data[:offset] + data + elf.data[offset + len(data) :]


def dying_early(board, command):
    """The self-test that runs a command before it tells Linux that it is ready (AT_START in src/bin/rpmsg-selftest.rs)."""
    return patched(board, "rpmsg-selftest", "AT_START", command.ljust(16))
