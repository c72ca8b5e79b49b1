# SPDX-License-Identifier: MIT OR Apache-2.0
"""Register windows, interrupts, arithmetic and fault reports, by rpmsg-selftest on the true vectors."""

import re

import pytest

CHANNEL = "imx-rpmsg-selftest"
MASK = 0xFFFFFFFF


@pytest.fixture
def board():
    return "imx8mp-evk-dsp"


@pytest.fixture
def selftest(start):
    linux = start("rpmsg-selftest")
    bus = linux.probe()
    peer = bus.wait_channel(CHANNEL)
    client = bus.endpoint()

    class Selftest:
        def run(self, command):
            return client.exchange(peer, command.encode()).decode()

        def fault(self, command):
            """Sends a command that stops the firmware; returns its report."""
            client.send(peer, command.encode())
            linux.wait_trace("stopped; see docs/debugging.md")
            return linux.trace()

    tool = Selftest()
    tool.linux, tool.bus = linux, bus
    return tool


def descend(depth, *terms):
    """What the firmware's recursions compute."""
    below = descend(depth - 1, *terms) if depth else 0
    return (below * 31 + sum(term(depth) for term in terms)) & MASK


def total(depths, *terms):
    return sum(descend(depth, *terms) for depth in depths) & MASK


DESCEND = (lambda d: d, lambda d: 3 * d, lambda d: d ^ 0x55)
RELOAD = (lambda d: d, lambda d: d ^ 0x55)


def test_windows_spill_and_fill(selftest):
    assert selftest.run("windows") == f"windows {total(range(1, 60), *DESCEND)}"


def test_interrupts_at_any_depth_change_nothing(selftest):
    wakes = sum(2 * (depth + 1) for depth in range(1, 60))
    for _ in range(20):
        assert selftest.run("interrupts") == f"interrupts {total(range(1, 60), *DESCEND)} wakes {wakes}"


def test_the_alloca_exception_loads_the_callers_window(selftest):
    wakes = sum(depth + 1 for depth in range(1, 20))
    assert selftest.run("alloca") == f"alloca {total(range(1, 20), *RELOAD)} wakes {wakes}"


def test_64_bit_arithmetic(selftest):
    a, b = 0x0123456789ABCDEF, 1000003
    assert selftest.run("arithmetic") == f"arithmetic {a // b} {a % b} {-a * b & (1 << 64) - 1:x}"


@pytest.mark.parametrize(
    "command, first_line",
    [
        ("illegal", r"\*\*\* illegal instruction \(EXCCAUSE 0\) at PC 0x9240[0-9a-f]{4}, address 0x[0-9a-f]{8}"),
        ("store", r"\*\*\* \S.* \(EXCCAUSE \d+\) at PC 0x9240[0-9a-f]{4}, address 0x00000010"),
        ("unaligned", r"\*\*\* unaligned load or store \(EXCCAUSE 9\) at PC 0x9240[0-9a-f]{4}, address 0x92400001"),
        ("panic", r"\*\*\* panicked at src/bin/rpmsg-selftest.rs:\d+:\d+:\nasked to"),
        ("overflow", r"\*\*\* double exception \(stack overflow\?\) \(EXCCAUSE \d+\) at PC 0x9240[0-9a-f]{4}, address 0x3b6e7[0-9a-f]{3}"),
    ],
)
def test_a_fault_is_reported_and_then_no_word_is_taken(selftest, command, first_line):
    report = selftest.fault(command)
    assert re.search(first_line, report), report
    if command != "panic":
        registers = re.findall(r"^a(\d+) +((?:[0-9a-f]{8} ?){4})$", report, re.MULTILINE)
        assert [number for number, _ in registers] == ["0", "4", "8", "12"]
    if command == "illegal":
        assert "a8  00001234" in report
    # No interrupt of the MU is enabled any more, so Linux's next word stays in RR0.
    control = selftest.linux.core.monitor.human("xp /1wx 0x30e70024")
    assert re.search(r": 0x00000000\b", control), control


def test_a_firmware_that_stopped_can_be_started_again(selftest):
    selftest.fault("illegal")
    linux = selftest.linux
    linux.stop()
    linux.boot()
    bus = linux.probe()
    assert bus.endpoint().exchange(bus.wait_channel(CHANNEL), b"windows").startswith(b"windows ")
