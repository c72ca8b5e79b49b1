# SPDX-License-Identifier: MIT OR Apache-2.0
"""The parts of a 32-bit little-endian ELF file that remoteproc looks at."""

import struct
from typing import NamedTuple

EM_XTENSA = 94
PT_LOAD = 1


class ElfError(Exception):
    """Not an ELF file that remoteproc would take."""


class Segment(NamedTuple):
    type: int
    offset: int
    vaddr: int
    paddr: int
    filesz: int
    memsz: int
    flags: int
    align: int


class Section(NamedTuple):
    name: str
    type: int
    flags: int
    addr: int
    offset: int
    size: int


class Elf:
    """An ELF file in memory."""

    def __init__(self, data):
        self.data = data
        if data[:7] != b"\x7fELF\x01\x01\x01":
            raise ElfError("not a 32-bit little-endian ELF file")
        (_, self.machine, _, self.entry, phoff, shoff, _, _, phentsize, phnum, shentsize, shnum, shstrndx) = (
            struct.unpack_from("<HHIIIIIHHHHHH", data, 16)
        )
        self.segments = [Segment(*struct.unpack_from("<8I", data, phoff + i * phentsize)) for i in range(phnum)]
        raw = [struct.unpack_from("<10I", data, shoff + i * shentsize) for i in range(shnum)]
        names = raw[shstrndx][4] if shnum else 0
        self.sections = [Section(self._string(names + r[0]), *r[1:6]) for r in raw]

    def _string(self, offset):
        return self.data[offset : self.data.index(b"\0", offset)].decode()

    def section(self, name):
        """The section of that name, or None."""
        return next((s for s in self.sections if s.name == name), None)

    def symbols(self):
        """{name: value} of the symbol table; empty without one."""
        table, names = self.section(".symtab"), self.section(".strtab")
        if not table:
            return {}
        found = (struct.unpack_from("<2I", self.data, table.offset + at) for at in range(0, table.size, 16))
        return {self._string(names.offset + name): value for name, value in found if name}

    def bytes_of(self, section):
        return self.data[section.offset : section.offset + section.size]
