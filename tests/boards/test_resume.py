# SPDX-License-Identifier: MIT OR Apache-2.0
"""A DSP that is loaded anew: on resume from suspend its rings go on, after every other start they are new."""

import pytest
from imxtest.boards import DSP_DRIVER
from imxtest.fakelinux import SAMPLE, play_sample, play_tty
from imxtest.remoteproc import VRINGS
from test_rings import pools


def is_dsp(board):
    return board.driver == DSP_DRIVER


def is_nameless_dsp(board):
    return is_dsp(board) and board.nameless_in_mainline


def asked(linux):
    linux.rproc.suspend()


def not_asked(linux):
    """Linux 7.x with NXP's vendor entry in the table: the core is cut off."""


def check_service(linux):
    play_sample(linux.bus, 100)
    assert play_tty(linux.bus) == "TTY 0x0401: Hello"


@pytest.mark.boards(keep=is_dsp)
@pytest.mark.parametrize("suspend", [asked, not_asked])
@pytest.mark.parametrize("early_kick", [False, True], ids=["", "kick-lost"])
def test_the_rings_go_on_after_a_resume(linux, suspend, early_kick):
    check_service(linux)
    for _ in range(3):
        suspend(linux)
        linux.resume(early_kick=early_kick)
        # Without a message from Linux: the firmware's own come through.
        linux.bus.wait_announcements_again()
        check_service(linux)
        assert "link up (Note)" in linux.trace()
        assert "Linux's mistake" not in linux.trace()


@pytest.mark.boards(keep=is_dsp)
def test_what_linux_sent_before_the_firmware_was_back_is_answered(linux):
    peer, client = linux.bus.wait_channel(SAMPLE), linux.bus.endpoint()
    linux.rproc.suspend()
    client.send(peer, b"asleep?", kick=False)
    linux.resume(early_kick=True)
    assert client.receive().payload == b"asleep?"


@pytest.mark.boards(keep=is_dsp)
def test_a_kernel_that_never_updates_the_table_resumes(power_on):
    linux = power_on(driver={"updates_table": False})
    linux.boot()
    linux.probe()
    check_service(linux)
    linux.rproc.suspend()
    linux.resume(early_kick=True)
    linux.bus.wait_announcements_again()
    check_service(linux)


@pytest.mark.boards(keep=is_nameless_dsp)
@pytest.mark.parametrize("suspend", [asked, not_asked])
def test_rings_that_linux_allocated_go_on_where_they_are(power_on, board, suspend):
    """The table that is loaded anew does not say where, and the board file has other addresses."""
    (pool,) = pools(board)
    linux = power_on(board.unnamed(), driver={"rings_at": pool["linux"]})
    linux.boot()
    linux.probe()
    check_service(linux)
    for _ in range(2):
        suspend(linux)
        linux.resume()
        check_service(linux)
        assert f"link up (Note): vring0 256 at {pool['linux']:#x}" in linux.trace()
    assert not any(linux.memory.read(board.region(VRINGS[0]).linux, 0x8000))


@pytest.mark.boards(keep=is_dsp)
@pytest.mark.parametrize(("updates_table", "origin"), [(True, "Table"), (False, "Board")])
def test_a_start_after_a_stop_is_no_resume(power_on, updates_table, origin):
    """Linux takes its driver back and stops the core before the firmware has looked: it clears the memory at a start."""
    linux = power_on(driver={"updates_table": updates_table})
    for _ in range(3):
        linux.boot()
        play_sample(linux.probe(), 10)
        assert linux.trace().count("link up") == linux.trace().count(f"link up ({origin})") == 1
        linux.stop()


@pytest.mark.boards(keep=is_dsp)
def test_a_driver_that_was_taken_back_is_none_after_a_resume(linux):
    play_sample(linux.bus, 10)
    linux.remove()
    linux.wait_trace("link down: DriverGone")
    linux.rproc.suspend()
    linux.rproc.resume(early_kick=True)
    linux.wait_trace("waiting for Linux")
    play_sample(linux.probe(), 10)
    assert "link up (Note)" not in linux.trace()
