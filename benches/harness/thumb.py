# SPDX-License-Identifier: MIT OR Apache-2.0
"""Thumb-2 code in an ELF file: where its instructions are, and which data between them each refers to."""

import bisect
import subprocess


class Code:
    """A section of code, with the data that the compiler put between its functions' instructions."""

    def __init__(self, content, base, marks):
        """`marks`: (address, whether data begins there), the mapping symbols of the section."""
        self._content, self._base = content, base
        marks = sorted(marks)
        ends = [address for address, _ in marks[1:]] + [base + len(content)]
        self._areas = [range(start, end) for (start, data), end in zip(marks, ends, strict=True) if data]
        self._starts = [area.start for area in self._areas]

    def _area(self, address):
        """The data that `address` is in, or None."""
        i = bisect.bisect_right(self._starts, address) - 1
        return self._areas[i] if i >= 0 and address in self._areas[i] else None

    def _half(self, address):
        return int.from_bytes(self._content[address - self._base :][:2], "little")

    def _refers(self, at, length):
        """The data that the instruction at `at` refers to, or None (ARMv7-M Architecture Reference Manual, A5)."""
        first, second = self._half(at), self._half(at + 2) if length == 4 else 0
        base = (at + 4) & ~3
        if first >> 11 == 0b01001:  # LDR (literal), T1
            start = base + 4 * (first & 0xFF)
            return range(start, start + 4)
        if first >> 11 == 0b10100:  # ADR, T1
            return self._area(base + 4 * (first & 0xFF))
        offset = (second & 0xFFF) if first & 0x80 else -(second & 0xFFF)
        if first & 0xFF7F == 0xF85F:  # LDR (literal), T2
            return range(base + offset, base + offset + 4)
        if first == 0xE8DF and second & 0xFFE0 == 0xF000:  # TBB, TBH with the table behind them
            return self._area(at + 4)
        return None

    def instructions(self, start, end):
        """(address, length, range of the data it refers to or None) of each instruction from start to end."""
        while start < end:
            if area := self._area(start):
                start = area.stop
                continue
            # A5.1: 0b11101, 0b11110 and 0b11111 begin 32 bits.
            length = 4 if self._half(start) >> 11 >= 0b11101 else 2
            yield start, length, self._refers(start, length)
            start += length


def marks(nm, program, text):
    """The mapping symbols of a section (ELF for the Arm Architecture, 5.5.5)."""
    printed = subprocess.run(
        [nm, "--defined-only", "--special-syms", program], capture_output=True, text=True, check=True
    )
    found = set()
    for line in printed.stdout.splitlines():
        address, _, name = line.split(maxsplit=2)
        if name[:2] in ("$t", "$d") and text.addr <= int(address, 16) < text.addr + text.size:
            found.add((int(address, 16), name[1] == "d"))
    return found
