# SPDX-License-Identifier: MIT OR Apache-2.0
"""The emulated core is the SoC's: vectors, interrupts, timers, faults (hardware-and-linux.md, section 2.1)."""

import itertools
import socket

import probe
import pytest

UNASSIGNED = 0x10000000
DDR = 0x92600000
MU_CR = 0x30E70024
UART4 = 0x30A60000

_labels = itertools.count()


def load(register, value):
    """Instructions that put a 32-bit value into a register."""
    label = f"value_{next(_labels)}"
    return f"""
    j {label}_end
    .align 4
{label}: .long {value:#x}
{label}_end: l32r {register}, {label}
"""


@pytest.fixture(scope="module")
def core():
    with probe.Core() as core:
        yield core


FAULTS = [
    ("load from nowhere", load("a6", UNASSIGNED) + "l32i a5, a6, 0", 15, UNASSIGNED),
    ("store to nowhere", load("a6", UNASSIGNED) + "s32i a5, a6, 0", 15, UNASSIGNED),
    ("unaligned load", load("a6", DDR + 2) + "l32i a5, a6, 0", 9, DDR + 2),
    ("unaligned store", load("a6", DDR + 1) + "s16i a5, a6, 0", 9, DDR + 1),
    ("illegal instruction", "ill", 0, None),
    ("multiply high, not decoded here", "muluh a5, a5, a5", 0, None),
    ("floating point, not decoded here", "add.s f0, f0, f0", 0, None),
    ("division by zero", "movi a6, 0\n quou a5, a5, a6", 6, None),
]


@pytest.mark.parametrize(("snippet", "cause", "address"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_faults_reach_the_kernel_vector(core, snippet, cause, address):
    outcome = core.run(snippet)
    assert (outcome.vector, outcome.cause) == ("kernel", cause)
    assert address is None or outcome.address == address


def test_a_jump_to_nowhere_is_a_fetch_error(core):
    outcome = core.run(load("a6", UNASSIGNED) + "jx a6")
    assert outcome[:2] == ("kernel", 14)
    assert outcome.pc == UNASSIGNED


def test_exceptions_in_user_mode_take_the_user_vector(core):
    assert core.run("movi a6, 0x20\n wsr.ps a6\n rsync\n ill").vector == "user"


def test_an_exception_within_an_exception_takes_the_double_vector(core):
    assert core.run("movi a6, 0x10\n wsr.ps a6\n rsync\n ill").vector == "double"


def test_break_takes_the_debug_vector(core):
    assert core.run("break 1, 1").vector == "debug"


def test_an_attribute_without_access_forbids_loads(core):
    # wdtlb a7, a6: attribute 15 for the region of a6, here DDR's (4, 0x80000000 to 0x9fffffff) is
    # the code's own, so region 2 is taken.
    snippet = load("a6", 0x40000000) + "movi a7, 15\n .byte 0x70, 0xe6, 0x50\n dsync\n l32i a5, a6, 0"
    outcome = core.run(snippet)
    assert (outcome.vector, outcome.cause, outcome.address) == ("kernel", 28, 0x40000000)


def test_there_are_32_address_registers(core):
    assert core.run("movi a5, 77\n rotw 7\n rotw 1").a5 == 77


@pytest.mark.parametrize(
    ("register", "value"), [("vecbase", 0x3B6F8400), ("configid0", 0xC2B3FBFE), ("configid1", 0x1D07EF28)]
)
def test_special_registers(core, register, value):
    assert core.run(f"rsr.{register} a5").a5 == value


WAIT = "wsr.intenable a6\n rsync\n 1: waiti 0\n j 1b"


@pytest.mark.parametrize(("bit", "vector", "cause"), [(8, "kernel", 4), (9, "level2", None)])
def test_software_interrupts(core, bit, vector, cause):
    outcome = core.run(load("a6", 1 << bit) + "wsr.intset a6\n" + WAIT)
    assert outcome.vector == vector
    assert cause is None or outcome.cause == cause
    assert outcome.interrupts & 1 << bit


@pytest.mark.parametrize(("number", "bit", "vector"), [(0, 2, "level2"), (1, 3, "level3")])
def test_timers(core, number, bit, vector):
    snippet = f"rsr.ccount a6\n addmi a6, a6, 32512\n wsr.ccompare{number} a6\n movi a6, {1 << bit}\n{WAIT}"
    outcome = core.run(snippet)
    assert outcome.vector == vector
    assert outcome.interrupts & 1 << bit


def test_a_reset_clears_pending_interrupts(core):
    core.run(load("a6", 1 << 8) + "wsr.intset a6\n rsync")
    outcome = core.run("rsr.intenable a5")
    assert (outcome.interrupts, outcome.a5) == (0, 0)


def test_the_mu_interrupt_is_number_7_at_level_2(core):
    core.link.send_word(0x1234)
    outcome = core.run(load("a6", MU_CR) + load("a7", 1 << 27) + "s32i a7, a6, 0\n movi a6, 128\n" + WAIT)
    assert outcome.vector == "level2"
    assert outcome.interrupts & 1 << 7
    assert core.run(load("a6", MU_CR - 0x14) + "l32i a5, a6, 0").a5 == 0x1234


def test_the_mu_outlives_a_reset_of_the_core(core):
    core.run(load("a6", MU_CR) + load("a7", 1 << 26) + "s32i a7, a6, 0")
    assert core.run(load("a6", MU_CR) + "l32i a5, a6, 0").a5 == 1 << 26


def test_a_request_stays_pending_until_linux_clears_it(core):
    core.run(load("a6", MU_CR) + load("a7", 1 << 17) + "s32i a7, a6, 0")
    assert core.link.request_pending(2)
    assert core.run(load("a6", MU_CR) + "l32i a5, a6, 0").a5 & 1 << 17
    core.link.accept(1 << 2)
    assert not core.run(load("a6", MU_CR) + "l32i a5, a6, 0").a5 & 1 << 17


def test_uart4_is_the_serial_port():
    ours, theirs = socket.socketpair()
    with probe.Core(uart=theirs) as core, ours:
        # UCR1.UARTEN, UCR2.TXEN, then two characters into UTXD
        core.run(
            load("a6", UART4)
            + "movi a7, 1\n s32i a7, a6, 0x80\n movi a7, 4\n s32i a7, a6, 0x84\n"
            + "movi a7, 'o'\n s32i a7, a6, 0x40\n movi a7, 'k'\n s32i a7, a6, 0x40"
        )
        ours.settimeout(10)
        assert ours.recv(1) + ours.recv(1) == b"ok"


def test_instruction_counting_is_repeatable():
    loop = "rsr.ccount a7\n movi a6, 1000\n 1: addi a6, a6, -1\n bnez a6, 1b\n rsr.ccount a5\n sub a5, a5, a7"

    def ticks():
        with probe.Core(icount="shift=4") as core:
            return core.run(loop).a5

    # One instruction is 16 ns, 12.8 ticks: the start may fall anywhere in a tick.
    first, second = ticks(), ticks()
    assert abs(first - second) <= 1
    assert first > 2000 * 12


def test_the_dsp_ends_with_its_linux():
    with probe.Core() as core:
        core.link.close()
        assert core.emulator.wait(10) == 0
