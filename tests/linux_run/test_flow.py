# SPDX-License-Identifier: MIT OR Apache-2.0
"""Rings that are full under a real Linux: its transmit buffers all in the core's hands, its receive buffers all used up.

The firmware keeps messages when told to (src/bin/rpmsg-selftest/flow.rs). One emulator at a time stands still where the
other one's view is to be looked at. The tests of one board share a boot.
"""

import re
import time

import pytest
from demo_session import ALLOWED_WARNINGS
from imxtest.boards import BOARDS
from imxtest.linux import Testbed

COMMANDS, FLOW = 0x400, 0x401  # of rpmsg-selftest
BUFFERS = 256  # of Linux, for each direction
WRITERS = 5
LOG = "/tmp/traffic"


@pytest.fixture(scope="module", params=["imx8mp-evk-dsp", "imx8mp-evk-m7"])
def board(request, firmware, guest_tools):
    elf = firmware(request.param, "rpmsg-selftest")
    with Testbed("6.12", elf, request.param, extra_files=guest_tools) as booted:
        booted.start_firmware()
        booted.wait_console(r"creating channel imx-rpmsg-selftest addr 0x400")
        yield booted


def ask(board, command, answer):
    rc, out = board.run(f"rpmsg-tool endpoint {COMMANDS} {command.hex()} {len(answer)} 60000")
    assert (rc, bytes.fromhex(out)) == (0, answer)


class StandingStill:
    """One of the two emulators executes nothing meanwhile; what it is sent waits in its registers."""

    def __init__(self, board, which):
        self._monitor = board._emulators[which].monitor

    def begin(self):
        self._monitor.command("stop")

    def end(self):
        self._monitor.command("cont")

    def __enter__(self):
        self.begin()

    def __exit__(self, *_):
        self.end()


class Traffic:
    """rpmsg-traffic in the background of the guest, which waits for lines and says some."""

    def __init__(self, board, arguments):
        self.board = board
        board.check(f"rm -f {LOG}* && mkfifo {LOG}.in")
        board.check(f"(rpmsg-traffic {arguments} <>{LOG}.in >{LOG} 2>&1; echo \"end $?\" >>{LOG}) >/dev/null 2>&1 &")

    def go_on(self):
        self.board.check(f"echo >{LOG}.in")

    def wait(self, line):
        """Waits until it has said so; it must not have ended before that with anything else."""
        self.board.check(f"until grep -qE '^(end|{line})' {LOG}; do :; done")
        said = self.board.check(f"cat {LOG}")
        assert re.search(f"^{line}", said, re.MULTILINE), said
        return said


def check_log(board):
    """A core that stands still takes no word, and Linux says so; it has nothing else to say."""
    driver = BOARDS[board.board].driver
    allowed = re.compile("|".join((*ALLOWED_WARNINGS, rf"{driver}_kick: failed \(\d, err:-62\)")))
    warnings = [m.text for m in board.dmesg()[board.boot_messages :] if m.level <= 4]
    assert [text for text in warnings if not allowed.search(text)] == []
    trace = board.trace0()
    assert "mistake" not in trace and "***" not in trace and "ERROR" not in trace


@pytest.mark.parametrize(("command", "answers"), [(b"hold", BUFFERS), (b"swallow", 0)])
def test_linux_writes_until_its_ring_is_full_and_goes_on_when_it_is_not(board, command, answers):
    """Writers that do not wait are refused (-EAGAIN) at the first message too many; those that wait sleep, and are woken.

    Of a ring that is swallowed Linux hears of nothing but its buffers: only the kick that it asked for wakes the writers.
    """
    for _ in range(2):
        ask(board, command, b"%s %d" % (command, BUFFERS))
        traffic = Traffic(board, f"fill {FLOW} {BUFFERS} {WRITERS} {answers}")
        traffic.wait("one left")
        with StandingStill(board, "core"):
            traffic.go_on()
            traffic.wait("asleep")
        traffic.wait(f"{BUFFERS} messages, {WRITERS} writers")
        assert "tx buffer" not in traffic.wait("end 0")
    check_log(board)


# One buffer has the answer to the command.
@pytest.mark.parametrize("count", [BUFFERS, 2000])
def test_a_linux_that_reads_nothing_gets_all_later(board, count):
    """The firmware fills Linux's receive buffers, and sends the rest when Linux has given some back."""
    waits = f"the flood waits behind {BUFFERS - 1} messages"
    told = board.trace0().count(waits)
    linux = StandingStill(board, "Linux")
    with StandingStill(board, "core"):
        traffic = Traffic(board, f"flooded {COMMANDS} {count}")
        traffic.wait("asked")
        linux.begin()
    wait_trace(board, waits, told + 1)
    linux.end()
    traffic.wait(f"{count} messages")
    traffic.wait("end 0")
    check_log(board)


def wait_trace(board, text, times):
    """The firmware sends nothing while it waits, so its memory is looked at."""
    deadline = time.monotonic() + 120
    while board._trace_in_memory().count(text) < times:
        assert time.monotonic() < deadline, f"the firmware has not said {text!r}"
