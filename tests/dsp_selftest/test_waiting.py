# SPDX-License-Identifier: MIT OR Apache-2.0
"""rpmsg-wait and rpmsg-embassy: the calls that wait, on the true interrupts. Every wait is for an event."""

import time

import pytest
from imxtest.fakelinux import SAMPLE, TTY, play_sample, play_tty
from imxtest.rpmsg_bus import MTU

WAIT, EMBASSY = "rpmsg-wait", "rpmsg-embassy+embassy"


def await_trace(linux, text, times=1):
    """A core that says something to itself sends nothing to wait for, so its memory is looked at."""
    while linux.trace().count(text) < times:
        linux.dsp.check()
        assert time.monotonic() < linux.link.deadline, f"no {text!r}"
        linux.link.wait_arrival(0.02)


def test_the_deadline_program_echoes(start):
    linux = start(WAIT)
    bus = linux.probe()
    peer, client = bus.wait_channel(TTY), bus.endpoint()
    for length in (0, 1, 495, MTU):
        payload = (bytes(range(256)) * 2)[:length]
        assert client.exchange(peer, payload) == payload
    assert "Up {" in linux.trace()


def test_the_deadline_ends_a_wait_and_the_next_is_served(start):
    linux = start(WAIT)
    await_trace(linux, "nothing for 1 s")
    bus = linux.probe()
    peer, client = bus.wait_channel(TTY), bus.endpoint()
    assert client.exchange(peer, b"after") == b"after"
    said = linux.trace().count("nothing for 1 s")
    await_trace(linux, "nothing for 1 s", said + 1)
    assert client.exchange(peer, b"again") == b"again"


def test_two_tasks_of_embassy_answer(start):
    linux = start(EMBASSY)
    bus = linux.probe()
    assert play_sample(bus, 100) == 0x400
    assert play_tty(bus) == "TTY 0x0401: Hello"


def test_messages_to_both_tasks_are_answered_in_order(start):
    bus = start(EMBASSY).probe()
    sample, tty = bus.wait_channel(SAMPLE), bus.wait_channel(TTY)
    to_sample, to_tty = bus.endpoint(), bus.endpoint()
    texts = [b"message %d" % i for i in range(300)]
    for text in texts:
        to_sample.send(sample, text)
        to_tty.send(tty, text)
    assert [to_sample.receive().payload for _ in texts] == texts
    assert [to_tty.receive().payload for _ in texts] == [b"TTY 0x0401: " + text for text in texts]


@pytest.mark.parametrize("program", [WAIT, EMBASSY])
def test_the_driver_may_be_unbound_and_bound_again(start, program):
    linux = start(program)
    for _ in range(3):
        bus = linux.probe()
        assert bus.endpoint().exchange(bus.wait_channel(TTY), b"Hello").endswith(b"Hello")
        linux.remove()


@pytest.mark.parametrize("program", [WAIT, EMBASSY])
def test_suspend_is_acknowledged_and_the_next_kick_served(start, program):
    linux = start(program)
    bus = linux.probe()
    peer, client = bus.wait_channel(TTY), bus.endpoint()
    for _ in range(3):
        linux.rproc.suspend()
        assert client.exchange(peer, b"awake").endswith(b"awake")
