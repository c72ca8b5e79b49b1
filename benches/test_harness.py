# SPDX-License-Identifier: MIT OR Apache-2.0
"""The parts of the harness that decide: what is a regression, what a table replaces, what an address is."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "benches/harness"), str(ROOT / "testbed")]

import compare  # noqa: E402
import prose  # noqa: E402
import report  # noqa: E402
import sizes  # noqa: E402
import source  # noqa: E402
import thumb  # noqa: E402
import traffic  # noqa: E402


@pytest.mark.parametrize(("now", "worse"), [(100, 0), (103, 0), (103.5, 1), (90, 0), (None, 1)])
def test_a_figure_may_grow_by_three_percent(now, worse):
    new = {"group": {} if now is None else {"case": now}}
    assert len(compare.regressions({"group": {"case": 100}}, new)) == worse


def test_nothing_may_come_from_nothing():
    assert compare.regressions({"g": {"c": 0}}, {"g": {"c": 0}}) == []
    assert compare.regressions({"g": {"c": 0}}, {"g": {"c": 1}}) == ["g: c: 0 -> 1 (from nothing)"]


def test_better_figures_are_pointed_out():
    assert compare.improvements({"g": {"a": 100, "b": 100}}, {"g": {"a": 90, "b": 99}}) == 1


def test_only_what_is_between_the_marks_is_replaced():
    text = "a\n<!-- t -->\nold\n<!-- /t -->\nb\n"
    assert report.fill(text, {"t": "new"}) == "a\n<!-- t -->\nnew\n<!-- /t -->\nb\n"
    with pytest.raises(SystemExit):
        report.fill("no marks", {"t": "new"})


def test_figures_in_sentences_are_the_committed_ones():
    figures = json.loads((ROOT / "docs/performance.json").read_text())["figures"]
    for document in prose.documents():
        text = (ROOT / document).read_text()
        assert prose.fill(document, text, figures) == text, f"a figure of {document} is not that of performance.json"


def test_a_figure_in_a_sentence_is_found_by_its_words_and_no_other_is_touched():
    sentences = [prose.Sentence("a.md", "takes {} of {} KB", (("g", "k", 1), ("g", "k", 1000)))]
    text = "It takes 1\nof 2 KB, and 3 of 4."
    figures = {"g": {"k": 12345.4}}
    assert prose.fill("a.md", text, figures, sentences) == "It takes 12,345\nof 12 KB, and 3 of 4."
    assert prose.fill("b.md", text, figures, sentences) == text
    for wrong in ("It takes many", text + text):
        with pytest.raises(SystemExit):
            prose.fill("a.md", wrong, figures, sentences)


def test_instructions_of_xtensa_have_two_or_three_bytes_and_l32r_has_a_literal():
    # entry a1, 32; l32r a2, the word before; mov.n a3, a2
    code = bytes.fromhex("364100 21ffff 3d02")
    found = list(sizes._instructions(code, 0x1000, 0x1000, 0x1008))
    assert found == [(0x1000, 3, None), (0x1003, 3, 0x1000), (0x1006, 2, None)]


def test_instructions_of_thumb_are_told_from_the_data_between_them():
    # ldr r0, the word; add.w r0, r0, r1; ldr.w r2, the word; tbb [pc, r1]; a table of two; nop; bx lr; the word
    code = bytes.fromhex("0448 00eb0100 dff80c20 dfe801f0 0206 00bf 7047 aabbccdd")
    base, table, word = 0x1000, range(0x100E, 0x1010), range(0x1014, 0x1018)
    marks = {(base, False), (table.start, True), (table.stop, False), (word.start, True)}
    found = list(thumb.Code(code, base, marks).instructions(base, base + len(code)))
    assert found == [
        (0x1000, 2, word),
        (0x1002, 4, None),
        (0x1006, 4, word),
        (0x100A, 4, table),
        (0x1010, 2, None),
        (0x1012, 2, None),
    ]


def test_the_echo_that_is_weighed_on_the_cortex_m_is_the_readmes():
    def loop(program):
        text = (ROOT / program).read_text()
        # The watch is a firmware's, which the weighed one is not.
        return text[text.index("    let _echo") :].replace("    watch(2000);\n", "")

    assert loop("benches/cortex-m/src/bin/rpmsg-echo-m7.rs") == loop("src/bin/rpmsg-echo.rs")


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("<imx_rpmsg::vring::device::DeviceRing>::pop::<imx_rpmsg::arch::xtensa::DataCache<128, true>>", "pop"),
        ("imx_rpmsg::rpmsg::link::Link$LT$C$C$D$C$_$GT$::receive::h0123456789abcdef", "receive"),
        ("imx_rpmsg::shm::Records$LT$_$GT$::load::_$u7b$$u7b$closure$u7d$$u7d$::h0123456789abcdef", "load"),
        ("memcpy", "memcpy"),
    ],
)
def test_functions_are_named_plainly(name, plain):
    assert source._plain(name) == plain


@pytest.mark.parametrize(
    ("address", "part"),
    [
        (0x942F0000, ("ring", False)),
        (0x942FC044, ("table", False)),
        (0x94300004, ("header", False)),
        (0x94300010, ("payload", False)),
        (0x94320000, ("header", True)),
        (0x943201FF, ("payload", True)),
    ],
)
def test_addresses_are_parts_of_shared_memory(address, part):
    assert traffic._part(address) == part
