# SPDX-License-Identifier: MIT OR Apache-2.0
"""Instructions on the host, by callgrind."""

import collections
import re
import subprocess
from pathlib import Path

import source

_COST = re.compile(r"^(0x[0-9a-f]+|[+-]\d+|\*) ")


def run(valgrind, program, folder):
    """Counts every case; returns {case: (messages, dump)}."""
    out = Path(folder) / "callgrind"
    printed = subprocess.run(
        [valgrind, "--quiet", "--tool=callgrind", "--toggle-collect=measured_*", "--dump-after=case_done"]
        + ["--dump-instr=yes", f"--callgrind-out-file={out}", program, "instructions"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    cases = [line.split() for line in printed.splitlines()]
    return {name: (int(messages), Path(f"{out}.{i}")) for i, (name, messages) in enumerate(cases, start=1)}


def total(dump):
    """Instructions in a dump."""
    return int(re.search(r"^totals: (\d+)", dump.read_text(), re.M)[1])


def by_address(dump, program):
    """Instructions at each address of `program`, and those elsewhere, as in a library's memcpy."""
    counts, elsewhere = collections.Counter(), 0
    objects, inside, address, callee = {}, False, 0, False
    for line in dump.read_text().splitlines():
        if line.startswith(("ob=", "cob=")):
            key, _, value = line.partition("=")
            number, _, name = value.partition(" ")
            if name:
                objects[number] = name
            if key == "ob":
                inside = objects[number] == str(program)
        elif line.startswith("calls="):
            # The next line is the cost of the callee, which is listed where the callee is.
            callee = True
        elif _COST.match(line):
            position, _, cost = line.split()
            if position[0] in "+-":
                address += int(position)
            elif position != "*":
                address = int(position, 16)
            if inside and not callee:
                counts[address] += int(cost)
            elif not callee:
                elsewhere += int(cost)
            callee = False
    return counts, elsewhere


def breakdown(dump, program, tools, root):
    """Instructions of a dump by function of ours."""
    counts, elsewhere = by_address(dump, program)
    known = source.symbols(tools["nm"], program)
    functions = source.by_function(tools["symbolizer"], program, counts, root, known)
    if elsewhere:
        functions["(libraries)"] = elsewhere
    return functions
