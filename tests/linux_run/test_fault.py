# SPDX-License-Identifier: MIT OR Apache-2.0
"""What Linux sees of a firmware that faults, and that it can be started again."""

import hashlib

import re

import pytest
from imxtest.boards import BOARDS
from imxtest.linux import FIRMWARE, Testbed

# How the firmware of a core reports an instruction that does not exist: the fault, and where the code is.
REPORTS = {
    "imx8mp-evk-dsp": r"\*\*\* illegal instruction \(EXCCAUSE 0\) at PC 0x9240",
    "imx8mp-evk-m7": r"\*\*\* undefined instruction \(CFSR 0x[0-9a-f]+ HFSR 0x[0-9a-f]+\)\nPC 0x0000",
}

CHANNEL = r"creating channel imx-rpmsg-selftest addr 0x400"


def ask(board, command, expected, milliseconds=60000):
    """Sends a command to the self-test; returns as many bytes of its answer as were expected."""
    return board.run(f"rpmsg-tool endpoint 0x400 {command.hex()} {expected} {milliseconds}")


@pytest.fixture(scope="module", params=REPORTS)
def board(request, firmware):
    with Testbed("6.12", firmware(request.param, "rpmsg-selftest"), request.param) as board:
        yield board


def test_linux_loads_the_very_file_that_is_for_the_board(board):
    digest = hashlib.sha256(board.firmware.read_bytes()).hexdigest()
    assert board.check(f"sha256sum /lib/firmware/{FIRMWARE}").split()[0] == digest


def test_a_fault_shows_in_trace0_and_in_failing_kicks(board):
    board.start_firmware()
    board.wait_console(CHANNEL)
    assert bytes.fromhex(ask(board, b"sleep", 7).out) == b"sleep 1"
    # The command is sent and not answered; the next kick finds nobody who takes it.
    mark = board.console.mark()
    ask(board, b"illegal", 0)
    ask(board, b"sleep", 0)
    board.wait_console(rf"{BOARDS[board.board].driver}_kick: failed \(1, err:-62\)", mark)
    trace = board.trace0()
    assert re.search(REPORTS[board.board], trace), trace
    assert "stopped; see docs/debugging.md" in trace


def test_it_can_be_stopped_and_started_again(board):
    mark = board.console.mark()
    board.stop_firmware()
    board.wait_console(board.lines.stopped, mark)
    mark = board.console.mark()
    board.start_firmware()
    board.wait_console(CHANNEL, mark)
    assert bytes.fromhex(ask(board, b"sleep", 7).out) == b"sleep 1"
    assert "***" not in board.trace0()
