# SPDX-License-Identifier: MIT OR Apache-2.0
"""The firmware on the emulated HiFi4, Linux's part played by Python. Every wait is for an event."""

import pytest
from imxtest.fakelinux import SAMPLE, TTY, FakeLinux, play_sample, play_tty
from imxtest.rpmsg_bus import MTU


@pytest.fixture
def linux(firmware):
    """A Linux whose firmware has started and whose rpmsg bus has probed."""
    with FakeLinux(firmware) as linux:
        linux.boot()
        linux.probe()
        yield linux


def test_the_sample_session(linux):
    assert play_sample(linux.bus, 100) == 0x400
    assert play_tty(linux.bus) == "TTY 0x0401: Hello"
    assert not linux.bus.unclaimed
    assert [(a.name, a.address) for a in linux.bus.announcements] == [(SAMPLE, 0x400), (TTY, 0x401)]
    assert "imx8mp-evk-dsp" in linux.trace()


@pytest.mark.parametrize("size", [1, 4, 127, 128, 495, MTU])
def test_echo_is_exact(linux, size):
    payload = bytes(i * 7 & 0xFF for i in range(size))
    assert linux.bus.endpoint().exchange(linux.bus.wait_channel(SAMPLE), payload) == payload


def test_a_burst_larger_than_the_ring_is_answered_in_order(linux):
    peer, client = linux.bus.wait_channel(SAMPLE), linux.bus.endpoint()
    sent = [b"message %d" % i for i in range(600)]
    for payload in sent:
        client.send(peer, payload)
    assert [client.receive().payload for _ in sent] == sent


def test_two_clients_get_their_own_answers(linux):
    peer = linux.bus.wait_channel(SAMPLE)
    clients = [linux.bus.endpoint() for _ in range(3)]
    for i, client in enumerate(clients):
        client.send(peer, b"client %d" % i)
    assert [client.receive().payload for client in clients] == [b"client 0", b"client 1", b"client 2"]


def test_a_message_for_nobody_is_dropped_and_said(linux):
    peer, client = linux.bus.wait_channel(SAMPLE), linux.bus.endpoint()
    client.send(0x7777, b"anybody?")
    assert client.exchange(peer, b"after") == b"after"
    # The firmware reports between two turns: once it has answered again, it has said so.
    assert client.exchange(peer, b"again") == b"again"
    assert "no endpoint 0x7777" in linux.trace()


def test_stop_and_start_again(firmware):
    with FakeLinux(firmware) as linux:
        for _ in range(3):
            linux.boot()
            play_sample(linux.probe(), 20)
            play_tty(linux.bus)
            linux.stop()


def test_the_driver_may_be_unbound_and_bound_again(linux):
    for _ in range(3):
        play_sample(linux.bus, 10)
        linux.remove()
        linux.probe()
    play_sample(linux.bus, 10)


def test_a_kernel_that_never_updates_the_table(firmware):
    with FakeLinux(firmware, driver={"updates_table": False}) as linux:
        linux.boot()
        play_sample(linux.probe(), 100)
        assert play_tty(linux.bus) == "TTY 0x0401: Hello"


def test_a_kernel_that_wants_to_hear_of_its_sent_buffers(firmware):
    with FakeLinux(firmware, quiet_tx=False) as linux:
        linux.boot()
        play_sample(linux.probe(), 100)


def test_suspend_is_acknowledged(linux):
    play_sample(linux.bus, 1)
    linux.rproc.suspend()


def test_a_kick_left_unread_does_not_block_the_firmware(linux):
    """Linux is slow to read a word: the firmware goes on, and Linux finds all that it did afterwards."""
    peer, client = linux.bus.wait_channel(SAMPLE), linux.bus.endpoint()
    linux.link.read_at_once = False
    for i in range(20):
        client.send(peer, bytes([i]))
        linux.link.wait_read()
    linux.link.read_word()
    linux.link.read_at_once = True
    linux.bus.drain()
    assert [client.receive().payload for _ in range(20)] == [bytes([i]) for i in range(20)]


# What no driver would do. The firmware must neither crash nor write where it may not, and serve on.


def test_a_header_that_claims_more_than_the_buffer_holds(linux):
    peer, client = linux.bus.wait_channel(SAMPLE), linux.bus.endpoint()
    client.send(peer, b"short", length=400)
    assert client.exchange(peer, b"after") == b"after"


@pytest.mark.parametrize(
    "address", [0, 0x3B6F8000, 0x92400000, 0x943FFFF8, 0x30E70000, 0xFFFFFFF8, 0x1_94300000], ids=hex
)
def test_a_descriptor_that_leads_elsewhere(linux, address):
    peer, client = linux.bus.wait_channel(SAMPLE), linux.bus.endpoint()
    i, _ = linux.bus.take_tx_buffer()
    linux.bus.tx.lend(i, address, 512, 0)
    linux.bus.kick(1)
    assert client.exchange(peer, b"after") == b"after"
    assert not linux.bus.unclaimed


def test_an_available_entry_that_names_no_descriptor(linux):
    peer, client = linux.bus.wait_channel(SAMPLE), linux.bus.endpoint()
    linux.bus.tx.publish(0xFFFF)
    linux.bus.kick(1)
    assert client.exchange(peer, b"after") == b"after"


@pytest.mark.parametrize("word", [2, 0xFF12, 0xFFFF, 0x10001, 0xFFFFFFFF], ids=hex)
def test_a_word_for_a_queue_that_does_not_exist(linux, word):
    peer, client = linux.bus.wait_channel(SAMPLE), linux.bus.endpoint()
    for _ in range(100):
        linux.link.send_word(word)
    assert client.exchange(peer, b"after") == b"after"


def test_messages_without_any_kick(linux):
    """The firmware looks at its rings ten times a second."""
    peer, client = linux.bus.wait_channel(SAMPLE), linux.bus.endpoint()
    for i in range(3):
        client.send(peer, bytes([i]), kick=False)
        assert client.receive().payload == bytes([i])
