# SPDX-License-Identifier: MIT OR Apache-2.0
"""Instructions on the emulated Cortex-M7 of mps2-an500: benches/cortex-m under the plugin counts.c."""

from typing import NamedTuple

from imxtest import cortex_m7

import source


class Case(NamedTuple):
    messages: int
    calls: int
    kicks: int


def _run(program, plugin, arguments):
    """The program's cases, by name and in order."""
    try:
        printed = cortex_m7.run(program, "-plugin", f"{plugin},{arguments}")
    except cortex_m7.Failed as error:
        raise SystemExit(f"error: {error}") from None
    lines = [line.split()[1:] for line in printed.splitlines() if line.startswith("case ")]
    return {name: Case(*map(int, numbers)) for name, *numbers in lines}


def _calls(known):
    """The plugin's arguments for where calls begin and end."""
    at = {symbol.name: symbol.address for symbol in known if symbol.name.startswith("measured_")}
    end = at.pop("measured_end")
    if end in at.values():
        raise SystemExit("error: the compiler made one function of measured_end and another")
    return "".join(f"on={address:#x}," for address in at.values()) + f"off={end:#x}"


def instructions(program, plugin, tools, folder):
    """Instructions per message of each case, beyond those of empty calls; kicks per burst; the cases."""
    totals = folder / "totals"
    cases = _run(program, plugin, f"{_calls(source.symbols(tools['nm'], program))},totals={totals}")
    empty, *counts = (int(line.split()[1]) for line in totals.read_text().splitlines())
    if len(counts) != sum(case.calls for case in cases.values()):
        raise SystemExit(f"error: {len(counts)} calls were counted and {sum(c.calls for c in cases.values())} made")
    found, rest = {}, iter(counts)
    for name, case in cases.items():
        found[name] = sum(next(rest) - empty for _ in range(case.calls)) / case.messages
    return found, {name: case.kicks / case.calls for name, case in cases.items()}, cases


def breakdown(program, plugin, tools, root, folder, cases, broken_down):
    """Instructions per message by function of ours, of one case."""
    known, out = source.symbols(tools["nm"], program), folder / "counts"
    # The empty call is the first.
    before = 1 + sum(case.calls for case in list(cases.values())[: list(cases).index(broken_down)])
    case = cases[broken_down]
    _run(program, plugin, f"{_calls(known)},skip={before},calls={case.calls},out={out}")
    functions = source.by_function(tools["symbolizer"], program, source.counts(out), root, known)
    return {name: count / case.messages for name, count in functions.most_common()}
