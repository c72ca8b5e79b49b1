# SPDX-License-Identifier: MIT OR Apache-2.0
"""What inline assembly tells the compiler."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
# Instructions that access no memory and order no access: they read or copy registers, or count.
WITHOUT_MEMORY = re.compile(r"rsr\.|mov |(1: )?addi |bnez ")


def sources():
    found = [path for folder in ("src", "benches", "examples") for path in (ROOT / folder).rglob("*.rs")]
    return [path for path in found if "target" not in path.relative_to(ROOT).parts]


def assembly(text):
    """What is between the parentheses of each `asm!`, line by line of the file."""
    for found in re.finditer(r"(?<!global_)asm!\(", text):
        depth, at = 1, found.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            at += 1
        yield text.count("\n", 0, found.start()) + 1, text[found.end() : at - 1]


def moved(text):
    """Lines of assembly that the compiler may move across accesses of memory, and that may not be moved."""
    for line, inside in assembly(text):
        if re.search(r"\bnomem\b", inside):
            joined = re.sub(r"concat!\(([^)]*)\)", lambda parts: '"' + "".join(STRING.findall(parts[1])) + '"', inside)
            instructions = STRING.findall(joined)
            if not instructions or not all(WITHOUT_MEMORY.match(each) for each in instructions):
                yield line


@pytest.mark.parametrize(("code", "lines"), [
    ('asm!("memw", options(nomem, nostack))', [1]),
    ('x;\nasm!("memw", options(nostack))\nasm!($opcode, in("a8") $at, options(nomem))', [3]),
    ('asm!("l32i {0}, {1}, 0", out(reg) a, in(reg) f(b), options(nomem))', [1]),
    ('asm!("rsr.ps {0}", out(reg) a, options(nomem))', []),
    ('asm!(concat!("rsr.", $name, " {0}"), out(reg) a, options(nomem))', []),
    ('asm!("rsr.ps {0}", "memw", out(reg) a, options(nomem))', [1]),
])
def test_what_is_found(code, lines):
    assert list(moved(code)) == lines


def test_no_barrier_and_no_access_is_nomem():
    found = [f"{path.relative_to(ROOT)}:{line}" for path in sources() for line in moved(path.read_text())]
    assert not found, "the compiler may move accesses of memory across this assembly: " + ", ".join(found)
