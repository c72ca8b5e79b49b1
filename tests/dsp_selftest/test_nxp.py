# SPDX-License-Identifier: MIT OR Apache-2.0
"""Feature nxp-names: what the client drivers of NXP's Linux send, and what they want back (drivers/rpmsg of its kernel)."""

import struct

import pytest

DEMO = "rpmsg-demo+nxp-names"
PING_PONG, TTY = "rpmsg-openamp-demo-channel", "rpmsg-virtual-tty-channel-1"
GREETING = b"hello world!"
# imx_rpmsg_tty sends no more in a message.
RPMSG_MAX_SIZE = 256


@pytest.fixture
def linux(start):
    linux = start(DEMO)
    linux.probe().wait_for(lambda: len(linux.bus.announcements) == 4, "four announcements")
    return linux


def ping_pong(bus):
    """imx_rpmsg_pingpong from insmod to its good-bye; returns the numbers that it got."""
    peer, client, got = bus.channels[PING_PONG], bus.endpoint(), []
    client.send(peer, GREETING)
    client.send(peer, struct.pack("<I", 0))
    while True:
        got += struct.unpack("<I", client.receive().payload)
        if got[-1] > 100:
            return got
        client.send(peer, struct.pack("<I", got[-1] + 1))


def test_channels_are_those_of_the_demo_and_nxps(linux):
    said = [(said.name, said.address) for said in linux.bus.announcements]
    assert said == [("rpmsg-client-sample", 0x400), ("rpmsg-tty", 0x401), (TTY, 30), (PING_PONG, 0x402)]


def test_numbers_come_back_until_nxps_driver_says_good_bye(linux):
    for _ in range(2):
        assert ping_pong(linux.bus) == list(range(1, 102, 2))
    linux.wait_trace("[NXP's ping-pong] incoming msg: hello world!\n")
    linux.wait_trace("[NXP's ping-pong] incoming msg: d\\x00\\x00\\x00\n", 2)


@pytest.mark.parametrize("payload", [b"", b"\1\0\0", b"\1\0\0\0\0", struct.pack("<I", 101), b"\xff" * 4, b"x" * 496])
def test_what_is_no_number_to_answer_gets_no_answer(linux, payload):
    peer, client = linux.bus.channels[PING_PONG], linux.bus.endpoint()
    client.send(peer, payload)
    assert client.exchange(peer, struct.pack("<I", 100)) == struct.pack("<I", 101)
    assert not linux.bus.unclaimed and not client.messages


def test_the_tty_says_what_it_hears(linux):
    peer, client = linux.bus.channels[TTY], linux.bus.endpoint()
    for payload in (GREETING, b"Hello\n", bytes(range(RPMSG_MAX_SIZE))):
        assert client.exchange(peer, payload) == payload
    linux.wait_trace("[NXP's TTY] incoming msg: Hello\n")
