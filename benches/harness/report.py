# SPDX-License-Identifier: MIT OR Apache-2.0
"""The figures as text: for people, and for docs/performance.md."""

import re

from anchors import BARS, MACHINES

# Rows of a breakdown that are worth a look.
TOP = 24


def _number(value):
    return f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:,.2f}"


def _table(head, rows):
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    line = lambda cells: "| " + " | ".join(
        cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(cells, widths, strict=True))
    ) + " |"  # fmt: skip
    rule = "|" + "|".join("-" * (w + 1) + ("-" if i == 0 else ":") for i, w in enumerate(widths)) + "|"
    return "\n".join([line(head), rule, *(line(row) for row in rows)])


def missed(figures):
    """The bars that are missed."""
    return [bar for bar in BARS if bar.most is not None and figures[bar.group][bar.key] > bar.most]


def bars(figures):
    late = missed(figures)
    rows = []
    for bar in BARS:
        verdict = "" if bar.most is None else "missed" if bar in late else "met"
        most = "" if bar.most is None else _number(bar.most)
        rows.append((bar.what, _number(figures[bar.group][bar.key]), most, verdict, bar.rpmsg_lite, bar.open_amp))
    return _table(("", "here", "bar", "", "rpmsg-lite", "open-amp"), rows)


def instructions(figures):
    """Each machine's instructions, a row for each kind and burst."""
    blocks = []
    for group in MACHINES:
        cells = figures[group]
        lengths = sorted({int(case.split("/")[1]) for case in cells})
        kinds = dict.fromkeys((case.split("/")[0], int(case.split("/")[2])) for case in cells)
        rows = [
            (f"{kind}, bursts of {burst}",)
            + tuple(_number(cells[c]) if (c := f"{kind}/{n}/{burst}") in cells else "" for n in lengths)
            for kind, burst in kinds
        ]
        blocks.append(_table((group, *(f"{n} B" for n in lengths)), rows))
    return "\n\n".join(blocks)


def others(figures):
    """All that is not instructions; of the cases only those of 16 and 496 bytes."""
    rows = []
    for group, cells in figures.items():
        if group in MACHINES:
            continue
        for key, value in cells.items():
            if "/" not in key or key in ("copy/16/1", "copy/16/16", "copy/496/1", "copy-7.x/16/16", "copy-turn/16/1"):
                rows.append((f"{group}: {key}", _number(value)))
    return _table(("", ""), rows)


def breakdown(name, functions):
    total = sum(functions.values())
    shown = list(functions.items())[:TOP]
    rest = total - sum(count for _, count in shown)
    rows = [(function, f"{count:,.1f}") for function, count in shown]
    rows += [("all others", f"{rest:,.1f}"), ("sum", f"{total:,.1f}")]
    return _table((f"{name}, copy echo of 16 B", "instructions"), rows)


def made_with(machine, versions):
    return "; ".join(f"{what} {value}" for what, value in (*versions.items(), *machine.items()))


def fill(text, parts):
    """`text` with what is between <!-- NAME --> and <!-- /NAME --> replaced by the parts."""
    for name, content in parts.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.S)
        if not pattern.search(text):
            raise SystemExit(f"error: docs/performance.md has no place for the {name}")
        text = pattern.sub(lambda m: f"{m[1]}{content}\n{m[2]}", text)
    return text
