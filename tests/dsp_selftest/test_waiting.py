# SPDX-License-Identifier: MIT OR Apache-2.0
"""rpmsg-wait, rpmsg-embassy, rpmsg-halves: what waits, on the true interrupts. Every wait is for an event."""

import pytest
from imxtest.fakelinux import SAMPLE, TTY, play_sample, play_tty
from imxtest.rpmsg_bus import MTU

WAIT, EMBASSY, HALVES = "rpmsg-wait", "rpmsg-embassy+embassy", "rpmsg-halves"


def test_the_deadline_program_echoes(start):
    linux = start(WAIT)
    bus = linux.probe()
    peer, client = bus.wait_channel(TTY), bus.endpoint()
    for length in (0, 1, 495, MTU):
        payload = (bytes(range(256)) * 2)[:length]
        assert client.exchange(peer, payload) == payload
    assert "link up (" in linux.trace()


def test_the_deadline_ends_a_wait_and_the_next_is_served(start):
    linux = start(WAIT)
    linux.wait_trace("a second, and nobody listens")
    bus = linux.probe()
    peer, client = bus.wait_channel(TTY), bus.endpoint()
    assert client.exchange(peer, b"after") == b"after"
    said = linux.trace().count("a second, and nobody listens")
    linux.wait_trace("a second, and nobody listens", said + 1)
    assert client.exchange(peer, b"again") == b"again"


def test_a_period_is_not_late_by_the_work_in_it(start):
    """The times that are waited for, whenever the core came to it, are whole seconds apart."""
    bus = start(WAIT).probe()
    clock, tty, client, talker = bus.wait_channel("rpmsg-clock"), bus.wait_channel(TTY), bus.endpoint(), bus.endpoint()
    client.send(clock, b"to me")
    times = []
    for _ in range(3):
        times.append(int.from_bytes(client.receive().payload, "little"))
        assert talker.exchange(tty, b"work") == b"work"
    assert all(later > before and (later - before) % 1_000_000 == 0 for before, later in zip(times, times[1:]))


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


def echo_in_bursts(bus, payloads, burst, kicks):
    """Sends all of a burst before it looks at an answer; `kicks` is which of its messages are told of."""
    peer, client = bus.wait_channel(TTY), bus.endpoint()
    for first in range(0, len(payloads), burst):
        part = payloads[first : first + burst]
        for i, payload in enumerate(part):
            client.send(peer, payload, kick=kicks(i) or i == len(part) - 1)
        assert [client.receive().payload for _ in part] == part


def payloads_of_all_sizes(count):
    return [bytes((31 * i + j) % 256 for j in range(i * 37 % (MTU + 1))) for i in range(count)]


@pytest.mark.parametrize("burst", [1, 7, 100])
def test_what_the_interrupt_handler_receives_the_main_loop_answers_in_order(start, burst):
    bus = start(HALVES).probe()
    echo_in_bursts(bus, payloads_of_all_sizes(300), burst, kicks=lambda _: True)


def test_a_kick_for_more_than_the_two_halves_can_queue_is_served_in_full(start):
    """The handler leaves messages in the ring, and no kick comes for them: not even for the buffers of the answers."""
    bus = start(HALVES).probe()
    bus.wait_channel(TTY)
    kick = bus.kick
    bus.kick = lambda vqid: kick(vqid) if vqid == 1 else None
    echo_in_bursts(bus, payloads_of_all_sizes(300), 100, kicks=lambda _: False)


def test_both_halves_follow_a_reset_of_the_driver(start):
    linux = start(HALVES)
    for _ in range(3):
        echo_in_bursts(linux.probe(), payloads_of_all_sizes(300), 50, kicks=lambda i: i % 3 == 0)
        linux.remove()
    assert linux.trace().count("link up (") == 3


@pytest.mark.parametrize("program", [WAIT, EMBASSY, HALVES])
def test_the_driver_may_be_unbound_and_bound_again(start, program):
    linux = start(program)
    for _ in range(3):
        bus = linux.probe()
        assert bus.endpoint().exchange(bus.wait_channel(TTY), b"Hello").endswith(b"Hello")
        linux.remove()


@pytest.mark.parametrize("board", ["imx8mp-evk-dsp"], indirect=True)
@pytest.mark.parametrize("program", [WAIT, EMBASSY, HALVES])
def test_suspend_is_acknowledged_and_the_next_kick_served(start, program):
    linux = start(program)
    bus = linux.probe()
    peer, client = bus.wait_channel(TTY), bus.endpoint()
    for _ in range(3):
        linux.rproc.suspend()
        assert client.exchange(peer, b"awake").endswith(b"awake")


@pytest.mark.parametrize("board", ["imx8mp-evk-dsp"], indirect=True)
@pytest.mark.parametrize("program", [WAIT, EMBASSY, HALVES])
def test_what_linux_sent_before_a_resume_is_answered(start, program):
    """No kick is heard: the resume's is lost at start-up, and there is no other."""
    linux = start(program)
    bus = linux.probe()
    peer, client = bus.wait_channel(TTY), bus.endpoint()
    for _ in range(3):
        assert client.exchange(peer, b"before").endswith(b"before")
        linux.rproc.suspend()
        client.send(peer, b"asleep?", kick=False)
        linux.resume(early_kick=True)
        assert client.receive().payload.endswith(b"asleep?")
