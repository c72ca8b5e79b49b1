# SPDX-License-Identifier: MIT OR Apache-2.0
"""Linux suspends and resumes beside the demo firmware, and beside the first program of a reader: by its own test mode, and
so for real as far as drivers go.

/sys/power/pm_test = devices: the kernel freezes processes, suspends every device, resumes them and thaws. With it
imx_dsp_rproc asks the firmware for silence, switches the core off, and on resume loads the segments again and starts
them, on rings that go on. imx_rproc has no such functions: its core runs through.
"""

import re

import pytest
from demo_session import ALLOWED_WARNINGS, check_tty, load_sample, pattern, start, unload_sample
from imxtest.boards import BOARDS, DSP_DRIVER
from imxtest.linux import BOARDS as KERNELS
from imxtest.linux import Testbed

RUNS = [(board, series) for board, kernels in KERNELS.items() for series in kernels]
SUSPENDS = 3

# The firmware does not know after a resume whether Linux has its channels still, and announces them anew.
ANNOUNCED_AGAIN = (r"channel \S+:ffffffff:4\d\d already exist", r"rpmsg_create_channel failed")


@pytest.fixture(scope="module", params=RUNS, ids=lambda run: f"{run[0]}-linux-{run[1]}")
def board(request, firmware, guest_tools):
    """A board whose Linux suspends no further than its devices, and at once."""
    name, series = request.param
    with Testbed(series, firmware(name), name, extra_files=guest_tools) as booted:
        booted.sample_rounds = 0
        suspends_at_once(booted)
        start(booted)
        yield booted


def is_reloaded(board):
    """Whether a resume starts the core anew."""
    return BOARDS[board.board].driver == DSP_DRIVER


def suspends_at_once(board):
    board.check("echo devices > /sys/power/pm_test; echo 0 > /sys/module/suspend/parameters/pm_test_delay")


def suspend(board, tty=0x401, traffic=False):
    """One suspend and resume; checks that the firmware has started anew where it should, on the rings of before.

    With traffic the firmware's log holds no more than the last messages.
    """
    mark = board.console.mark()
    board.check("echo freeze > /sys/power/state")
    board.wait_console(r"PM: suspend exit", mark)
    assert board.state() == "running"
    if is_reloaded(board):
        # The last of the channels: the log of the start is complete then.
        board.wait_console(rf"channel rpmsg-tty:ffffffff:{tty:x} already exist", mark)
        if not traffic:
            assert board.trace0().count("waiting for Linux") == 1
            history = re.search(r"link up \(Note\): .* (\d+) used before", board.trace0())
            assert history and int(history[1]) > 0


def test_service_goes_on_after_resume(board):
    for _ in range(SUSPENDS):
        load_sample(board)
        suspend(board)
        unload_sample(board)
        load_sample(board)
        check_tty(board, pattern(2000))
        unload_sample(board)


def test_messages_on_their_way_when_it_suspends_arrive_after(board):
    board.check("(rpmsg-traffic echo 0x400 4000000000 64 >/tmp/traffic 2>&1 &)")
    try:
        for _ in range(SUSPENDS):
            suspend(board, traffic=True)
            assert board.check("cat /tmp/traffic") == "", "it ended before its time"
    finally:
        board.check("killall -TERM rpmsg-traffic; until [ -s /tmp/traffic ]; do :; done")
    assert re.match(r"[1-9]\d* messages, ", board.check("cat /tmp/traffic"))


def test_a_tty_that_was_open_is_the_same_after(board):
    session = (
        "exec 3<>/dev/ttyRPMSG0; touch /tmp/open; until [ -e /tmp/go ]; do :; done; "
        "echo Hello >&3; head -n 1 <&3 >/tmp/said; mv /tmp/said /tmp/answer"
    )
    board.check(f"({session}) >/dev/null 2>&1 & until [ -e /tmp/open ]; do :; done")
    suspend(board)
    board.check("touch /tmp/go; until [ -e /tmp/answer ]; do :; done")
    assert board.check("cat /tmp/answer") == "TTY 0x0401: Hello\n"


def test_linux_warned_of_nothing_else(board):
    # "Freezing user space processes ... done." is two messages to 6.1, the second without a level.
    allowed = re.compile("|".join((*ALLOWED_WARNINGS, *ANNOUNCED_AGAIN, r"\] done\.$")))
    warnings = [m.text for m in board.dmesg()[board.boot_messages :] if m.level <= 4]
    assert [text for text in warnings if not allowed.search(text)] == []


def test_the_program_of_the_readme_lets_linux_suspend(firmware, guest_tools):
    board, payload = "imx8mp-evk-dsp", pattern(600)
    with Testbed("6.12", firmware(board, "rpmsg-echo"), board, extra_files=guest_tools) as booted:
        suspends_at_once(booted)
        mark = booted.console.mark()
        booted.start_firmware()
        booted.wait_console(r"creating channel rpmsg-tty addr 0x400", mark)
        for _ in range(SUSPENDS):
            rc, out = booted.run(f"rpmsg-tool tty /dev/ttyRPMSG0 {payload.hex()} {len(payload)} 60000")
            assert (rc, out.strip()) == (0, payload.hex())
            suspend(booted, tty=0x400)
