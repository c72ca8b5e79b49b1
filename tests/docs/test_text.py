# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every block of a document says what it is, and what the text names is there."""

import re
import shutil

import inline
import pytest
from documents import ROOT, WORD, blocks, documents, name, spans, split
from reader import ELSEWHERE, can_run

every_document = pytest.mark.parametrize("path", documents(), ids=name)


@every_document
def test_blocks_say_what_they_are(path):
    wrong = [f"{block.where}: '{block.word}'" for block in blocks(path) if not WORD.fullmatch(block.word)]
    assert not wrong, "what is behind a block's three backticks says what it is: docs/README.md"
    # Indented, a block would have no word.
    text = split(path)[1]
    assert not re.findall(r"(?m)^\n(?: {4}|\t)(?! *(?:[-*]|\d+\.) )\S.*", text)


@every_document
def test_output_is_that_of_commands(path):
    typed = False
    for block in blocks(path):
        assert typed or block.word != "text output", f"{block.where}: no commands above"
        typed = typed or block.kind is not None


@every_document
def test_what_cannot_be_run_says_what_it_wants(path):
    text = path.read_text().splitlines()
    for block in (block for block in blocks(path) if block.kind and not can_run(block)):
        near = " ".join(text[max(0, block.line - 6) : block.line + len(block.lines) + 8])
        assert re.search(r"hardware|Linux \d|kernel", near), f"{block.where}: the text does not say what it wants"


@every_document
def test_inline_code_names_what_is_there(path):
    found = ((span, problem) for span in spans(path) for problem in inline.problems(span.text))
    wrong = [f"{span.where}: `{span.text}`: {problem}" for span, problem in found]
    assert not wrong, "\n".join(wrong)


@every_document
def test_inline_code_that_looks_like_a_command_is_a_known_one(path):
    known = {"cargo", "/usr/bin/python3", *inline.ON_BOARD, *inline.PROGRAMS}
    for span in spans(path):
        words = span.text.split()
        if len(words) > 1 and words[0] not in known and shutil.which(words[0]) and re.search(r" -|/", span.text):
            assert (ROOT / "scripts" / words[0].removeprefix("scripts/")).is_file(), f"{span.where}: `{span.text}`"


@every_document
def test_features_are_the_librarys(path):
    named = re.findall(r"[Ff]eatures? `([\w-]+)`", split(path)[1])
    assert [name for name in named if name not in inline.features() | inline.FOREIGN_FEATURES] == []


@pytest.mark.parametrize("command", ELSEWHERE)
def test_what_is_not_run_here_is_run_by_ci(command):
    file, words = ELSEWHERE[command]
    assert words in (ROOT / file).read_text()
