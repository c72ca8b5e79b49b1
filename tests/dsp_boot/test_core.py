# SPDX-License-Identifier: MIT OR Apache-2.0
"""Each emulated HiFi4 is its SoC's: vectors, interrupts, timers, faults, mailbox, serial port."""

import itertools
import socket

import probe
import pytest
from hifi4 import CORES
from imxtest.mulink import PATIENCE_SECONDS

UNASSIGNED = 0xF0000000

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


@pytest.fixture(scope="module", params=CORES, ids=lambda hifi4: hifi4.board)
def hifi4(request):
    return request.param


@pytest.fixture(scope="module")
def core(hifi4):
    with probe.Core(hifi4) as core:
        yield core


def store(address, value):
    """Instructions that write a register of a peripheral."""
    return load("a6", address) + load("a7", value) + "s32i a7, a6, 0\n"


def fetch(address):
    """Instructions that read one into a5."""
    return load("a6", address) + "l32i a5, a6, 0"


# What, instructions, cause, and the address that is reported: fixed, or an offset in DDR, which a6 holds at first
FAULTS = [
    ("load from nowhere", load("a6", UNASSIGNED) + "l32i a5, a6, 0", 15, UNASSIGNED),
    ("store to nowhere", load("a6", UNASSIGNED) + "s32i a5, a6, 0", 15, UNASSIGNED),
    ("unaligned load", "addi a6, a6, 2\n l32i a5, a6, 0", 9, 2),
    ("unaligned store", "addi a6, a6, 1\n s16i a5, a6, 0", 9, 1),
    ("illegal instruction", "ill", 0, None),
    ("multiply high, not decoded here", "muluh a5, a5, a5", 0, None),
    ("floating point, not decoded here", "add.s f0, f0, f0", 0, None),
    ("division by zero", "movi a6, 0\n quou a5, a5, a6", 6, None),
]


@pytest.mark.parametrize(("snippet", "cause", "address"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_faults_reach_the_kernel_vector(core, snippet, cause, address):
    outcome = core.run(load("a6", core.hifi4.ddr) + snippet)
    assert (outcome.vector, outcome.cause) == ("kernel", cause)
    assert address is None or outcome.address in (address, core.hifi4.ddr + address)


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
    # wdtlb a7, a6: attribute 15 for the region of a6, where nothing is that the code itself needs
    snippet = load("a6", 0x60000000) + "movi a7, 15\n .byte 0x70, 0xe6, 0x50\n dsync\n l32i a5, a6, 0"
    outcome = core.run(snippet)
    assert (outcome.vector, outcome.cause, outcome.address) == ("kernel", 28, 0x60000000)


def test_there_are_32_address_registers(core):
    assert core.run("movi a5, 77\n rotw 7\n rotw 1").a5 == 77


def test_the_vectors_are_where_the_core_has_them_at_reset(core):
    assert core.run("rsr.vecbase a5").a5 == core.hifi4.vecbase


@pytest.mark.parametrize("hifi4", [c for c in CORES if c.configid], ids=lambda hifi4: hifi4.board, indirect=True)
def test_the_configuration_is_the_cores_own(core):
    assert (core.run("rsr.configid0 a5").a5, core.run("rsr.configid1 a5").a5) == core.hifi4.configid


WAIT = "wsr.intenable a6\n rsync\n 1: waiti 0\n j 1b"


def test_software_interrupts(core):
    for number, vector in core.hifi4.software:
        outcome = core.run(load("a6", 1 << number) + "wsr.intset a6\n" + WAIT)
        assert outcome.vector == vector
        assert vector != "kernel" or outcome.cause == 4
        assert outcome.interrupts & 1 << number


@pytest.mark.parametrize(("number", "bit", "vector"), [(0, 2, "level2"), (1, 3, "level3")])
def test_timers(core, number, bit, vector):
    snippet = f"rsr.ccount a6\n addmi a6, a6, 32512\n wsr.ccompare{number} a6\n movi a6, {1 << bit}\n{WAIT}"
    outcome = core.run(snippet)
    assert outcome.vector == vector
    assert outcome.interrupts & 1 << bit


def test_a_reset_clears_pending_interrupts(core):
    core.run(load("a6", 1 << core.hifi4.software[0][0]) + "wsr.intset a6\n rsync")
    outcome = core.run("rsr.intenable a5")
    assert (outcome.interrupts, outcome.a5) == (0, 0)


def test_the_mailbox_interrupts_by_its_own_number_and_level(core):
    mu, bit = core.hifi4.mu, 1 << core.hifi4.mu_interrupt
    core.link.send_word(0x1234)
    outcome = core.run(store(mu.receive_enable, 1 << mu.rie[0]) + load("a6", bit) + WAIT)
    assert outcome.vector == core.hifi4.mu_vector
    assert outcome.interrupts & bit
    assert core.run(fetch(mu.receive)).a5 == 0x1234


def test_the_mailbox_outlives_a_reset_of_the_core(core):
    mu = core.hifi4.mu
    core.run(store(mu.receive_enable, 1 << mu.rie[1]))
    assert core.run(fetch(mu.receive_enable)).a5 & 1 << mu.rie[1]


def test_a_request_stays_pending_until_linux_clears_it(core):
    mu = core.hifi4.mu
    core.run(store(mu.request, 1 << mu.gir[2]))
    assert core.link.request_pending(2)
    assert core.run(fetch(mu.request)).a5 & 1 << mu.gir[2]
    core.link.accept(1 << 2)
    assert not core.run(fetch(mu.request)).a5 & 1 << mu.gir[2]


def test_the_serial_port(hifi4):
    ours, theirs = socket.socketpair()
    with probe.Core(hifi4, uart=theirs) as core, ours:
        writes = [*hifi4.uart.setup, (hifi4.uart.data, ord("o")), (hifi4.uart.data, ord("k"))]
        core.run("".join(store(address, value) for address, value in writes))
        ours.settimeout(PATIENCE_SECONDS)
        assert ours.recv(1) + ours.recv(1) == b"ok"


def test_instruction_counting_is_repeatable(hifi4):
    loop = "rsr.ccount a7\n movi a6, 1000\n 1: addi a6, a6, -1\n bnez a6, 1b\n rsr.ccount a5\n sub a5, a5, a7"

    def ticks():
        with probe.Core(hifi4, icount="shift=4") as core:
            return core.run(loop).a5

    # One instruction is 16 ns, some ticks and a part of one: the start may fall anywhere in a tick.
    first, second = ticks(), ticks()
    assert abs(first - second) <= 1
    assert first > 2000 * 7


def test_the_dsp_ends_with_its_linux(hifi4):
    with probe.Core(hifi4) as core:
        core.link.close()
        assert core.emulator.wait(PATIENCE_SECONDS) == 0
