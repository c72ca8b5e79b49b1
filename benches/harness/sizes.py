# SPDX-License-Identifier: MIT OR Apache-2.0
"""Sizes of a firmware and of the library's part in it."""

import source

# The part of the library that an echo needs, whatever the board.
LIBRARY = ("src/rpmsg/", "src/vring/", "src/shm.rs", "src/shm/", "src/wire/")
PT_LOAD = 1


def _instructions(content, base, start, end):
    """(address, length, literal) of each instruction from start to end; literal: the address an L32R
    loads from, or None."""
    while start < end:
        # Xtensa ISA: op0 of 8 and more is the code density option; 1 is L32R, 16 bits of it a negative
        # word offset.
        op0 = content[start - base] & 0xF
        length = 2 if op0 >= 8 else 3
        literal = None
        if op0 == 1:
            offset = int.from_bytes(content[start - base + 1 : start - base + 3], "little")
            literal = ((start + 3) & ~3) - 0x40000 + 4 * offset
        yield start, length, literal
        start += length


def library(elf, debug, tools, root):
    """Bytes of code and literals that come from the library, however they were inlined.

    An instruction is the library's when a function of it is among those that it is part of by inlining.
    Static data there is none: the state of a link is in the application's `Link`.
    """
    text = elf.section(".text")
    content = elf.bytes_of(text)
    places = []
    for symbol in source.symbols(tools["nm"], debug):
        if symbol.kind in "tT" and symbol.size and text.addr <= symbol.address < text.addr + text.size:
            places += _instructions(content, text.addr, symbol.address, symbol.address + symbol.size)
    places = sorted(set(places))
    roots = tuple(f"{root}/{part}" for part in LIBRARY)
    stacks = source.frames(tools["symbolizer"], debug, [place[0] for place in places])
    ours = [p for p, stack in zip(places, stacks, strict=True) if any(f.file.startswith(roots) for f in stack)]
    literals = {literal for _, _, literal in ours if literal is not None}
    return {"code": sum(length for _, length, _ in ours), "literals": 4 * len(literals)}


def image(elf):
    """What Linux loads of a firmware, its file, and its sections."""
    section = lambda name: getattr(elf.section(name), "size", 0)
    return {
        "loadable": sum(s.filesz for s in elf.segments if s.type == PT_LOAD),
        "ELF file": len(elf.data),
        "text": sum(section(name) for name in (".text", ".reset", ".vectors")),
        "rodata": section(".rodata"),
        "data": section(".data") + section(".resource_table"),
        "bss": section(".bss"),
    }
