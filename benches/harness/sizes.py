# SPDX-License-Identifier: MIT OR Apache-2.0
"""Sizes of a firmware and of the library's part in it."""

import source
import thumb

# The part of the library that an echo needs, whatever the board.
LIBRARY = ("src/rpmsg/", "src/vring/", "src/shm.rs", "src/shm/", "src/wire/")
PT_LOAD = 1
EM_ARM = 40


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


def _decoder(elf, debug, text, tools):
    """A function of a start and an end: the instructions between them, each with a range of literals or None."""
    content = elf.bytes_of(text)
    if elf.machine == EM_ARM:
        return thumb.Code(content, text.addr, thumb.marks(tools["nm"], debug, text)).instructions

    def xtensa(start, end):
        for address, length, literal in _instructions(content, text.addr, start, end):
            yield address, length, literal and range(literal, literal + 4)

    return xtensa


def library(elf, debug, tools, root):
    """Bytes of code and literals that come from the library, however they were inlined.

    An instruction is the library's when a function of it is among those that it is part of by inlining, a literal
    (on Thumb also a jump table) when such an instruction refers to it. Static data there is none: the state of a
    link is in the application's `Link`.
    """
    text = elf.section(".text")
    instructions = _decoder(elf, debug, text, tools)
    places = []
    for symbol in source.symbols(tools["nm"], debug):
        if symbol.kind in "tT" and symbol.size and text.addr <= symbol.address < text.addr + text.size:
            places += instructions(symbol.address, symbol.address + symbol.size)
    places = sorted(set(places), key=lambda place: place[0])
    roots = tuple(f"{root}/{part}" for part in LIBRARY)
    stacks = source.frames(tools["symbolizer"], debug, [place[0] for place in places])
    ours = [p for p, stack in zip(places, stacks, strict=True) if any(f.file.startswith(roots) for f in stack)]
    literals = {byte for _, _, literals in ours for byte in literals or ()}
    return {"code": sum(length for _, length, _ in ours), "literals": len(literals)}


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
