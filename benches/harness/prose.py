# SPDX-License-Identifier: MIT OR Apache-2.0
"""The figures in sentences of the documents: found by the words around them, written and checked as the tables are."""

import re
from pathlib import Path
from typing import NamedTuple

from anchors import BARS, HIFI4, HOST, M7

ROOT = Path(__file__).resolve().parents[2]


class Sentence(NamedTuple):
    """A piece of a document that occurs once, `{}` for each of its figures: (group, key, how many are one)."""

    document: str
    words: str
    figures: tuple


def _of(group, key, unit=1):
    return group, key, unit


DEMO = "bytes of rpmsg-demo"
# Not counted here, but the survey's (anchors.py).
OTHERS, MOST = "rpmsg-lite", "bar"
SENTENCES = (
    Sentence(
        "README.md",
        "The demo is a {} KB ELF, {} KB of it loaded",
        (_of(DEMO, "ELF file", 1000), _of(DEMO, "loadable", 1000)),
    ),
    Sentence(
        "README.md",
        "An echo of 16 bytes takes {} instructions on the HiFi4 with every check on, rpmsg-lite's without them {}",
        (_of(HIFI4, "copy/16/1"), _of(OTHERS, "HiFi4, copy echo, 16 B")),
    ),
    Sentence(
        "README.md",
        "of which rpmsg-lite has no counterpart, it is {}",
        (_of(HIFI4, "copy-turn/16/1"),),
    ),
    Sentence(
        "docs/performance.md",
        "**x86-64, 16 B: {} for {}.**",
        (_of(HOST, "copy/16/1"), _of(MOST, "x86-64, copy echo, 16 B")),
    ),
    Sentence(
        "docs/performance.md",
        "HiFi4 {} with both, {} without, rpmsg-lite {}; Cortex-M7 {}, {} and {}; x86-64 {}, {} and {}",
        (
            _of(HIFI4, "copy-turn/16/1"), _of(HIFI4, "copy/16/1"), _of(OTHERS, "HiFi4, copy echo, 16 B"),
            _of(M7, "copy-turn/16/1"), _of(M7, "copy/16/1"), _of(OTHERS, "Cortex-M7, copy echo, 16 B"),
            _of(HOST, "copy-turn/16/1"), _of(HOST, "copy/16/1"), _of(OTHERS, "x86-64, copy echo, 16 B"),
        ),
    ),
)  # fmt: skip


def _value(figures, group, key, unit):
    if group in (OTHERS, MOST):
        bar = next(bar for bar in BARS if bar.what == key)
        return bar.rpmsg_lite if group == OTHERS else f"{bar.most:,}"
    return f"{figures[group][key] / unit:,.0f}"


def _pattern(sentence):
    # Where a line ends is the document's.
    words = [r"\s+".join(re.escape(word) for word in part.split(" ")) for part in sentence.words.split("{}")]
    return re.compile("(" + r")([\d,.]*\d)(".join(words) + ")")


def fill(document, text, figures, sentences=SENTENCES):
    """`text` of `document` with the figures as they are."""
    for sentence in sentences:
        if sentence.document != document:
            continue
        found = list(_pattern(sentence).finditer(text))
        if len(found) != 1:
            raise SystemExit(f"error: {document} has {len(found)} times the sentence '{sentence.words}'")
        parts = list(found[0].groups())
        parts[1::2] = [_value(figures, *figure) for figure in sentence.figures]
        text = text[: found[0].start()] + "".join(parts) + text[found[0].end() :]
    return text


def documents():
    return sorted({sentence.document for sentence in SENTENCES})
