# SPDX-License-Identifier: MIT OR Apache-2.0
"""The parts of the harness that decide: what is a regression, what a table replaces, what an address is."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent / "harness"), str(Path(__file__).parents[1] / "testbed")]

import compare  # noqa: E402
import report  # noqa: E402
import sizes  # noqa: E402
import source  # noqa: E402
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


def test_instructions_of_xtensa_have_two_or_three_bytes_and_l32r_has_a_literal():
    # entry a1, 32; l32r a2, the word before; mov.n a3, a2
    code = bytes.fromhex("364100 21ffff 3d02")
    found = list(sizes._instructions(code, 0x1000, 0x1000, 0x1008))
    assert found == [(0x1000, 3, None), (0x1003, 3, 0x1000), (0x1006, 2, None)]


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
