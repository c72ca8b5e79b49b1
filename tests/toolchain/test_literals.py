# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where scripts/xtensa-link puts literals, on snippets as llc-22 prints them."""

import textwrap

import pytest


def lines(text):
    return textwrap.dedent(text).lstrip("\n").splitlines(keepends=True)


@pytest.fixture
def place(xtensa_link):
    return lambda text: [line.strip() for line in xtensa_link.place_literals(lines(text))]


def pool(section, *literals):
    expected = [f'.pushsection\t"{section}","ax",@progbits', ".p2align\t2"]
    for label, value in literals:
        expected += [f"{label}:", f".long\t{value}"]
    return expected + [".popsection"]


@pytest.mark.parametrize("code, literals", [
    (".text", ".literal"),
    (".text.main", ".literal.main"),
    (".text._RNvCs1_4core3fmt", ".literal._RNvCs1_4core3fmt"),
    (".iram.text", ".iram.literal"),
    (".vectors", ".vectors.literal"),
])
def test_names(xtensa_link, code, literals):
    assert xtensa_link.literal_section(code) == literals


def test_literals_follow_their_function_not_the_section_before(place):
    placed = place("""
        .section .rodata.first,"a",@progbits
        .LJTI0_0:
        .literal_position
        .literal .LCPI1_0, __udivdi3
        .literal .LCPI1_1, 305419896
        .section .rodata.first,"a",@progbits
        .section .text.second,"ax",@progbits
        .global second
        .p2align 2
        .type second,@function
        second:
        l32r a8, .LCPI1_0
    """)
    at = placed.index(".type second,@function")
    wanted = pool(".literal.second", (".LCPI1_0", "__udivdi3"), (".LCPI1_1", "305419896"))
    assert placed[at - len(wanted):at] == wanted
    assert not any(line.startswith(".literal") for line in placed)


def test_functions_in_one_section_need_no_section_line(place):
    placed = place("""
        .text
        .literal .LCPI0_0, 1000000
        .type f,@function
        f:
        .literal .LCPI1_0, 2000000
        .type g,@function
        g:
    """)
    assert placed == [".text", *pool(".literal", (".LCPI0_0", "1000000")), ".type f,@function", "f:",
                      *pool(".literal", (".LCPI1_0", "2000000")), ".type g,@function", "g:"]


def test_objects_between_do_not_take_the_literals(place):
    placed = place("""
        .literal .LCPI0_0, 7
        .type table,@object
        .section .text.f,"ax",@progbits
        .type f,@function
    """)
    assert placed.index(".type table,@object") < placed.index(pool(".literal.f")[0])


def test_inline_assembly_literals_go_to_their_own_function(place):
    placed = place("""
        .section .text.f,"ax",@progbits
        .type f,@function
        f:
        #APP
        .literal .Ltmp0, 305419896
        l32r a2, .Ltmp0
        #NO_APP
    """)
    assert placed[4:-2] == pool(".literal.f", (".Ltmp0", "305419896"))


def test_values_with_expressions_stay_whole(place):
    placed = place("""
        .literal .LCPI0_0, table+4
        .section ".text.a, b","ax",@progbits
        .type f,@function
    """)
    assert ".long\ttable+4" in placed
    assert '.pushsection\t".literal.a, b","ax",@progbits' in placed


def test_cfi_is_dropped(place):
    assert place("""
        f:
        .cfi_startproc
        .cfi_offset a0, -4
        entry a1, 32
    """) == ["f:", "entry a1, 32"]


def test_literals_without_function_are_an_error(xtensa_link):
    with pytest.raises(xtensa_link.LinkError, match=".LCPI0_0"):
        list(xtensa_link.place_literals(lines("""
            .literal .LCPI0_0, 7
            .text
        """)))
