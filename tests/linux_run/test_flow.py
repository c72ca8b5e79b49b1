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
from imxtest.console import PATIENCE_SECONDS
from imxtest.linux import Testbed
from imxtest.socs import SOCS

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


@pytest.fixture(name="machines")
def machines_fixture(board):
    """Both emulators; they run again at the end, whatever came of the test."""
    machines = {name: Machine(emulator) for name, emulator in board._emulators.items()}
    yield machines
    for machine in machines.values():
        machine.go_on()


class Machine:
    """An emulator that can be made to execute nothing; what it is sent waits in its registers."""

    def __init__(self, emulator):
        self.monitor = emulator.monitor

    def stand_still(self):
        self.monitor.command("stop")

    def go_on(self):
        self.monitor.command("cont")


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
    allowed = re.compile("|".join(ALLOWED_WARNINGS))
    warnings = [m.text for m in board.dmesg()[board.boot_messages :] if m.level <= 4]
    assert [text for text in warnings if not allowed.search(text)] == []
    trace = board.trace0()
    assert "mistake" not in trace and "***" not in trace and "ERROR" not in trace


@pytest.mark.parametrize(("command", "answers"), [(b"hold", BUFFERS), (b"swallow", 0)])
def test_linux_writes_until_its_ring_is_full_and_goes_on_when_it_is_not(board, machines, command, answers):
    """Writers that do not wait are refused (-EAGAIN) at the first message too many; those that wait sleep, and are woken.

    Of a ring that is swallowed Linux hears nothing but that its buffers are back, and that because it asked.
    """
    core, linux = machines["core"], machines["Linux"]
    for _ in range(2):
        ask(board, command, b"%s %d" % (command, BUFFERS))
        traffic = Traffic(board, f"fill {FLOW} {BUFFERS} {WRITERS} {answers}")
        traffic.wait("one left")
        core.stand_still()
        traffic.go_on()
        traffic.wait("asleep")
        linux.stand_still()
        core.go_on()
        # Writers that nobody wakes find their buffers after 15 s: the kick itself is to be seen.
        wait_for(lambda: kick_waits(board, core), "a kick for Linux in the mailbox")
        linux.go_on()
        traffic.wait(f"{BUFFERS} messages, {WRITERS} writers")
        traffic.wait("end 0")
    check_log(board)


def kick_waits(board, core):
    """Whether the core's last word lies in its mailbox: the channel is not empty (TEn in the status register)."""
    said = core.monitor.human(f"xp /1wx {SOCS[board.board].mu_base + 0x20:#x}")
    return not int(said.split(":")[1], 16) & 1 << 23 - BOARDS[board.board].channel


# One buffer has the answer to the command.
@pytest.mark.parametrize("count", [BUFFERS, 2000])
def test_a_linux_that_reads_nothing_gets_all_later(board, machines, count):
    """The firmware fills Linux's receive buffers, and sends the rest when Linux has given some back."""
    waits = f"the flood waits behind {BUFFERS - 1} messages"
    told = board.trace0().count(waits)
    core, linux = machines["core"], machines["Linux"]
    core.stand_still()
    traffic = Traffic(board, f"flooded {COMMANDS} {count}")
    traffic.wait("asked")
    linux.stand_still()
    core.go_on()
    wait_for(lambda: board.trace_in_memory().count(waits) > told, waits)
    linux.go_on()
    traffic.wait(f"{count} messages")
    traffic.wait("end 0")
    check_log(board)


def wait_for(condition, what):
    """Nothing tells of what a core does while Linux stands still: it is looked at until it is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE_SECONDS} s in vain for {what}"
