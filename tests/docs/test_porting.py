# SPDX-License-Identifier: MIT OR Apache-2.0
"""docs/porting.md: each name of the others has been looked up, and each of ours is in the sources."""

import re
from pathlib import Path

import api
import pytest
from documents import ROOT, SPAN, split

OTHERS = Path(__file__).with_name("others.txt")
COLUMNS = {"rpmsg-lite": ("rpmsg-lite", "mcux"), "OpenAMP": ("open-amp", "libmetal", "zephyr")}

# A name of theirs has a prefix; a word without is a parameter's.
THEIRS = re.compile(r"\b(?:env|is_rpmsg|mailbox|metal|MU|ns|openamp|platform|resource|RL|rpmsg|RPMSG|rproc|rsc)_\w*")
FILES = re.compile(r"\w+\.[ch]\b")


def looked_up():
    """{source: names} of others.txt."""
    found = {}
    for line in OTHERS.read_text().splitlines():
        if line and not line.startswith("#"):
            source, name, _ = line.split(" ", 2)
            found.setdefault(source, set()).add(name)
    return found


def text():
    return split(ROOT / "docs/porting.md")[1]


def rows():
    """The rows of the tables, as cells."""
    lines = (line for line in text().splitlines() if line.startswith("| "))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def code(cell):
    return [span for span in SPAN.findall(cell) if not FILES.fullmatch(span)]


@pytest.mark.parametrize("column", range(len(COLUMNS)), ids=COLUMNS)
def test_names_of_others_have_been_looked_up(column):
    known = set().union(*(looked_up()[source] for source in list(COLUMNS.values())[column]))
    named = {name for row in rows() for span in code(row[column]) for name in THEIRS.findall(FILES.sub("", span))}
    assert named - known == set(), f"look them up in the sources that {OTHERS.name} names, and add them"
    assert len(named) > 20


def test_names_of_others_in_the_text_have_been_looked_up():
    known = set().union(*looked_up().values())
    lines = "\n".join(line for line in text().splitlines() if not line.startswith("|"))
    named = {name for span in code(lines) for name in THEIRS.findall(span)}
    assert named - known == set()


def ours():
    """Inline code that is ours: of the tables' last column, and of the text."""
    for row in rows():
        yield from code(row[2])
    yield from code("\n".join(line for line in text().splitlines() if not line.startswith("|")))


def test_our_types_and_their_parts_are_in_the_sources():
    checked = 0
    for span in ours():
        for name in re.findall(r"(?<![\w.&])[A-Z][a-z]\w*(?:::\w+)*", span):
            assert api.has(name), f"`{span}`: the library has no {name}"
            checked += 1
    assert checked > 10


def test_our_calls_are_in_the_sources():
    functions = set().union(*api.members().values())
    checked = 0
    for span in ours():
        for name in re.findall(r"\.(\w+)(?=\(|$|::|\.)", span):
            if name not in ("await", "md", "sh", "toml"):
                assert name in functions, f"`{span}`: no type of the library has {name}"
                checked += 1
    assert checked > 20
