# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whether a file can be run in the emulated Linux; what is neither an ELF file nor a script can be put there.

    python3 program.py FILE      says why not, with exit status 1
"""

import re
import struct
import sys
from pathlib import Path

AARCH64 = 183
MACHINES = {3: "x86", 40: "32-bit Arm", 62: "x86-64", 94: "Xtensa", AARCH64: "aarch64", 243: "RISC-V"}
ELFCLASS64, LITTLE_ENDIAN = 2, 1
PT_INTERP = 3
PHDR_BYTES = 56

# A script's interpreter, and the usual ones that a Linux with busybox alone has not
INTERPRETER = re.compile(rb"#![ \t]*(?:/\S*/env[ \t]+(?:-S[ \t]+)?)?(?:\S*/)?([^\s/]+)")
ABSENT = re.compile(r"(?:bash|dash|ksh|zsh|fish|lua|node|perl|php|python|ruby|tclsh)[0-9.]*")


def unfit(data):
    """Why the program cannot be run there; None when it can, or is neither program nor script."""
    if data[:4] != b"\x7fELF":
        named = INTERPRETER.match(data)
        interpreter = named[1].decode(errors="replace") if named else ""
        return f"a script for {interpreter}, which is not there" if ABSENT.fullmatch(interpreter) else None
    if len(data) < 64 or data[5] != LITTLE_ENDIAN:
        return "a damaged program, or a big-endian one"
    (machine,) = struct.unpack_from("<H", data, 18)
    if machine != AARCH64 or data[4] != ELFCLASS64:
        return f"a program for {MACHINES.get(machine, f'machine {machine}')}"
    phoff, phnum = struct.unpack_from("<Q", data, 32) + struct.unpack_from("<H", data, 56)
    starts = range(phoff, min(phoff + PHDR_BYTES * phnum, len(data) - 3), PHDR_BYTES)
    if any(struct.unpack_from("<I", data, at) == (PT_INTERP,) for at in starts):
        return "a program that wants shared libraries, of which there are none"
    return None


if __name__ == "__main__":
    if reason := unfit(Path(sys.argv[1]).read_bytes()):
        print(reason)
        sys.exit(1)
