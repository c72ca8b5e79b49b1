# SPDX-License-Identifier: MIT OR Apache-2.0
"""The documents: their blocks, each with the word that says what it is, and the inline code of their text."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]

# What a block can be (docs/README.md, "Commands in these pages"); the number is a kernel's.
WORD = re.compile(
    r"sh host|sh host\+ssh(?P<host> \d\.[\dx]+)?|sh board(?P<board> \d\.[\dx]+)?( stopped)?|sh hardware|text output|text|rust")

FENCE = re.compile(r"^( *)```(.*)$")
SPAN = re.compile(r"`([^`]+)`")


class Block(NamedTuple):
    """What stands between two fences."""

    path: Path
    line: int  # of the opening fence
    word: str
    lines: list

    @property
    def where(self):
        return f"{name(self.path)}:{self.line}"

    @property
    def kind(self):
        """Who types: host, host+ssh, board, hardware for nobody; None where there are no commands."""
        return self.word.split()[1] if self.word.startswith("sh ") else None

    @property
    def series(self):
        """The kernel that it is for, or None."""
        found = WORD.fullmatch(self.word)
        return ((found["host"] or found["board"] or "").strip() or None) if found else None


class Span(NamedTuple):
    """Inline code."""

    path: Path
    line: int
    text: str

    @property
    def where(self):
        return f"{name(self.path)}:{self.line}"


def name(path):
    return str(path.relative_to(ROOT))


def documents():
    """Every Markdown file of the tree."""
    folders = [path for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "." and path.name != "target"]
    return sorted(ROOT.glob("*.md")) + sorted(path for folder in folders for path in folder.rglob("*.md"))


def split(path):
    """The blocks of a document, and its text with empty lines in their place."""
    blocks, text, block = [], [], None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        fence = FENCE.match(line)
        text.append("" if fence or block else line)
        if block is None and fence:
            block = Block(path, number, fence[2], [])
        elif block is not None and fence and not fence[2]:
            blocks.append(block)
            block = None
        elif block is not None:
            block.lines.append(line)
    assert block is None, f"{block.where}: the block has no end"
    return blocks, "\n".join(text)


def blocks(path):
    return split(path)[0]


def spans(path):
    text = split(path)[1]
    return [Span(path, text.count("\n", 0, m.start()) + 1, " ".join(m[1].split())) for m in SPAN.finditer(text)]


def has_commands(path):
    return any(block.kind not in (None, "hardware") for block in blocks(path))
