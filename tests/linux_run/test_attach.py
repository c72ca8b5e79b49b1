# SPDX-License-Identifier: MIT OR Apache-2.0
"""The demo firmware on a core that U-Boot has started: Linux finds it running and attaches to it.

The tests share a boot and build on one another.
"""

import re

import pytest
from demo_session import (
    BUSY,
    check_nothing_was_lost,
    check_tty,
    check_warnings,
    load_sample,
    pattern,
    start,
    stop,
    unload_sample,
    wait_up,
)
from imxtest.linux import BOARDS, STARTED, Testbed

RUNS = [(board, series) for board in STARTED for series in BOARDS[board]]


@pytest.fixture(scope="module", params=RUNS, ids=lambda run: f"{run[0]}-linux-{run[1]}")
def board(request, firmware):
    """A board on which Linux has booted beside the running firmware."""
    name, series = request.param
    with Testbed(series, firmware(name), name, started=True) as booted:
        booted.sample_rounds = 0
        yield booted


def test_linux_attaches_while_it_boots(board):
    wait_up(board, board.lines.attached)
    assert board.state() == "attached"
    board.check("test -c /dev/ttyRPMSG0")
    assert "powering up" not in board.console_log


def test_the_firmware_has_written_its_resource_table_itself(board):
    assert "Linux left no resource table" in board.trace0()


def test_sample_client_gets_its_100_messages(board):
    load_sample(board)
    unload_sample(board)


@pytest.mark.parametrize("count", [5, 496, 2000])
def test_tty_echo_is_exact(board, count):
    check_tty(board, pattern(count))


def test_nothing_was_warned_of_since_the_drivers_were_loaded(board):
    log = [m for m in board.dmesg() if m.level <= 4 and re.search("rproc|remoteproc|rpmsg|virtio", m.text)]
    allowed = re.compile("|".join((*BUSY, "loading out-of-tree module taints kernel")))
    assert [m.text for m in log if not allowed.search(m.text)] == []


def test_linux_stops_it_and_starts_it_from_its_own_file(board):
    for _ in range(2):
        stop(board)
        start(board)
        assert "Linux left no resource table" not in board.trace0()
        load_sample(board)
        check_tty(board, pattern(496))
        unload_sample(board)


def test_nothing_was_lost(board):
    check_nothing_was_lost(board)


def test_linux_warned_of_nothing_else(board):
    check_warnings(board)
