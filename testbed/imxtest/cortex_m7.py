# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs a program on an emulated Cortex-M7, QEMU's mps2-an500. It prints and ends by semihosting."""

import subprocess

from . import paths

MACHINE = ["-M", "mps2-an500", "-nodefaults", "-no-user-config", "-display", "none"]
# Standard output and the exit status are the program's own.
SEMIHOSTING = ["-semihosting-config", "enable=on,target=native"]
# Seconds after which a program counts as hanging; each takes less than one.
PATIENCE = 120


class Failed(Exception):
    """The program failed or hung; the message holds what it printed."""


def run(program, *arguments):
    """What `program`, an ELF file, prints; `arguments` go to the emulator."""
    emulator = paths.qemu_bin() / "qemu-system-aarch64"
    command = [emulator, *MACHINE, *SEMIHOSTING, "-kernel", program, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{program} hangs: {error.output}") from None
    if done.returncode != 0:
        raise Failed(f"{program} ended with {done.returncode}: {done.stderr}{done.stdout}")
    return done.stdout
