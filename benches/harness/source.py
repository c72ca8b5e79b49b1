# SPDX-License-Identifier: MIT OR Apache-2.0
"""From addresses to source functions and symbols."""

import bisect
import collections
import os
import re
import subprocess
from typing import NamedTuple


class Symbol(NamedTuple):
    address: int
    size: int
    kind: str  # nm's letter
    name: str


class Frame(NamedTuple):
    function: str
    file: str


def symbols(nm, program):
    """The defined symbols, by address; the size is 0 where the program does not tell."""
    printed = subprocess.run([nm, "--defined-only", "--print-size", program], capture_output=True, text=True, check=True)
    found = []
    for line in printed.stdout.splitlines():
        fields = line.split()
        size = int(fields[1], 16) if len(fields) == 4 else 0
        found.append(Symbol(int(fields[0], 16), size, fields[-2], fields[-1]))
    return sorted(found)


def frames(symbolizer, program, addresses):
    """For each address the functions that it is part of by inlining, innermost first."""
    asked = subprocess.run(
        [symbolizer, "--inlines", "--output-style=LLVM", f"--obj={program}"],
        input="".join(f"{address:#x}\n" for address in addresses),
        capture_output=True,
        text=True,
        check=True,
    )
    stacks = []
    for block in asked.stdout.rstrip().split("\n\n"):
        lines = block.split("\n")
        # The line behind each name is FILE:LINE:COLUMN.
        stacks.append([Frame(name, where.rsplit(":", 2)[0]) for name, where in zip(lines[::2], lines[1::2])])
    return stacks


def _plain(name):
    """A demangled path without generic arguments and hashes: `Link::receive`, not `Link<C, D, _>::receive`."""
    name = re.sub(r"::h[0-9a-f]{16}$", "", name.replace("..", "::"))
    name = re.sub(r"\$LT\$", "<", re.sub(r"\$GT\$", ">", re.sub(r"\$(RF|C|u7b|u7d|u20)\$", "", name)))
    name = name.replace("{closure#0}", "").replace("closure", "")
    while (shorter := re.sub(r"<[^<>]*>", "", name)) != name:
        name = shorter
    parts = [part for part in name.split("::") if part.strip("_ {}")]
    return parts[-1] if parts else "?"


def counts(out):
    """What counts.c wrote to its `out`: the count of each address."""
    return {int(a, 16): int(n) for a, n in (line.split() for line in out.read_text().splitlines())}


def by_function(symbolizer, program, counts, root, known):
    """`counts` by address, added up by the innermost function of this project's src/; what is in none of
    them (compiler's memcpy, window handlers) by its symbol."""
    added = collections.Counter()
    addresses = sorted(counts)
    for address, stack in zip(addresses, frames(symbolizer, program, addresses), strict=True):
        ours = next((f for f in stack if f.file.startswith(f"{root}/")), None)
        if ours is None:
            name = f"({_plain(_symbol_at(known, address))})"
        else:
            file = os.path.normpath(ours.file).removeprefix(f"{root}/")
            name = f"{file} {_plain(ours.function)}"
        added[name] += counts[address]
    return added


def _symbol_at(known, address):
    return known[bisect.bisect_right([s.address for s in known], address) - 1].name


def by_symbol(counts, known):
    """`counts` by address, added up by symbol."""
    added = collections.Counter()
    starts = [s.address for s in known]
    for address, count in counts.items():
        added[known[bisect.bisect_right(starts, address) - 1].name] += count
    return added
