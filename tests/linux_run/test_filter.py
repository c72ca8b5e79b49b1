# SPDX-License-Identifier: MIT OR Apache-2.0
"""rpmsg-filter under a real Linux. The guest has no Python: the program runs here, and rpmsg-tool in the guest is its
endpoint, which gets the same address for each message."""

import collections
import contextlib
import sys
from pathlib import Path

import pytest
from imxtest.linux import Testbed

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "dsp_selftest"))

import filter_session  # noqa: E402  (the path above must come first)

COUNTERS = {"imx8mp-evk-dsp": "CCOUNT", "imx8mp-evk-m7": "SysTick"}
HEADER, BLOCK = 16, 2


class Transport:
    """Messages through the guest, each sent when its answer is asked for."""

    def __init__(self, board, address):
        self._board, self._address = board, address
        self._messages = collections.deque()

    def send(self, message):
        self._messages.append(message)

    def receive(self):
        message = self._messages.popleft()
        expected = len(message) if message[0] == BLOCK else HEADER
        return bytes.fromhex(self._board.check(f"rpmsg-tool endpoint {self._address:#x} {message.hex()} {expected} 60000"))


@pytest.fixture(scope="module", params=COUNTERS)
def board(request, firmware):
    with Testbed("6.12", firmware(request.param, "rpmsg-filter"), request.param) as board:
        yield board


def test_one_of_two_tones_vanishes_from_a_wav_file(board, tmp_path):
    board.start_firmware()
    board.wait_console(r"creating channel imx-rpmsg-filter addr 0x400")
    connect = lambda: contextlib.nullcontext(Transport(board, 0x400))  # noqa: E731
    filter_session.check(tmp_path, "q15", connect, [filter_session.tones(6000)], COUNTERS[board.board])


def test_the_channel_is_where_the_program_looks_for_it(board):
    """`device.find_address` without Python."""
    assert board.check("cat /sys/bus/rpmsg/devices/*.imx-rpmsg-filter.*/dst").strip() == "0x400"
    board.check("test -c /dev/rpmsg_ctrl0")
