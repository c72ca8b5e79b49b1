# SPDX-License-Identifier: MIT OR Apache-2.0
"""rpmsg-filter and the program of examples/filter, which here reaches the core through the fake Linux."""

import contextlib
import struct

import filter_session
import pytest
from rpmsg_filter import wire
from rpmsg_filter.client import Filter

COUNTERS = {"imx8mp-evk-dsp": "CCOUNT", "imx8mp-evk-m7": "SysTick"}

HEADER = struct.Struct("<BBHIBBHI")


class Transport:
    """An endpoint of the fake Linux as the program wants it."""

    def __init__(self, bus):
        self._endpoint, self._peer = bus.endpoint(), bus.wait_channel(wire.CHANNEL)

    def send(self, message):
        self._endpoint.send(self._peer, message)

    def receive(self):
        return self._endpoint.receive().payload

    def ask(self, message):
        self.send(message)
        return self.receive()


@pytest.fixture
def bus(start):
    return start("rpmsg-filter").probe()


@pytest.mark.parametrize("form", wire.FORMATS)
def test_one_of_two_tones_vanishes_from_a_wav_file(bus, board, tmp_path, form):
    connect = lambda: contextlib.nullcontext(Transport(bus))  # noqa: E731
    filter_session.check(tmp_path, form, connect, [filter_session.tones(8000)], COUNTERS[board])


def test_the_channels_of_stereo_have_a_filter_each(bus, board, tmp_path):
    left = filter_session.tones(4200)
    right = [-sample for sample in filter_session.tones(4200)]
    connect = lambda: contextlib.nullcontext(Transport(bus))  # noqa: E731
    filter_session.check(tmp_path, "q31", connect, [left, right], COUNTERS[board])


def request(kind, form, count, body=b"", *, sequence=7, reserved=(0, 0, 0, 0)):
    return HEADER.pack(kind, form, count, sequence, *reserved) + body


Q15_WIRE = struct.pack("<5h", 1 << 14, 0, 0, 0, 0)
F32_WIRE = struct.pack("<5f", 1, 0, 0, 0, 0)

# A message and the status that docs/filter.md gives it; the sender's filter is f32.
REFUSED = [
    (b"", 1),
    (b"\x02\x03\x01", 1),
    (request(2, 3, 1, b"\0" * 3), 1),
    (request(2, 3, 2, b"\0" * 4), 1),
    (request(2, 3, 65535, b"\0" * 480), 1),
    (request(2, 3, 1, b"\0" * 4, reserved=(0, 0, 0, 1)), 1),
    (request(0, 3, 1, b"\0" * 4), 2),
    (request(0x82, 3, 1, b"\0" * 4), 2),
    (request(2, 0, 1, b"\0" * 4), 3),
    (request(2, 1, 1, b"\0" * 2), 3),
    (request(1, 3, 0), 4),
    (request(1, 1, 9, Q15_WIRE * 9), 4),
    (request(2, 3, 0), 4),
    (request(1, 3, 1, struct.pack("<5f", float("nan"), 0, 0, 0, 0)), 5),
    (request(1, 3, 1, struct.pack("<5f", 1, 0, 0, -2, 1)), 5),
    (request(1, 1, 1, struct.pack("<5h", 1 << 14, 0, 0, -32768, 1 << 14)), 5),
    (request(2, 3, 1, struct.pack("<f", float("inf"))), 7),
]


def test_malformed_messages_get_their_status_and_the_filter_stays(bus):
    transport = Transport(bus)
    samples = request(2, 3, 3, struct.pack("<3f", 0.5, -0.25, 1.0))
    assert Transport(bus).ask(samples)[8] == 6
    assert transport.ask(request(1, 3, 1, F32_WIRE)) == HEADER.pack(0x81, 3, 1, 7, 0, 0, 0, 0)
    for message, status in REFUSED:
        said = HEADER.unpack_from(message) if len(message) >= HEADER.size else (0, 0, 0, 0)
        assert transport.ask(message) == HEADER.pack(said[0] | 0x80, said[1], 0, said[3], status, 0, 0, 0), message
    assert transport.ask(samples)[16:] == samples[16:]
    huge = request(1, 3, 1, struct.pack("<5f", 3e38, 0, 0, 0, 0))
    assert transport.ask(huge)[8] == 0
    assert transport.ask(request(2, 3, 1, struct.pack("<f", 1e30)))[8] == 8


@pytest.mark.parametrize("form", wire.FORMATS)
def test_cycles_are_those_of_the_work(start, form):
    """With an emulator that counts instructions, 8 ns for each, in place of the host's time."""
    transport = Transport(start("rpmsg-filter", icount="shift=3").probe())
    taken = []
    for sections in (1, 2, 8):
        core = Filter(transport, wire.FORMATS[form], [[0.5, 0.25, 0.25, -0.5, 0.25]] * sections)
        core.run([0.5, -0.3] * 240)
        taken.append(core.cycles / core.samples)
    one = taken[1] - taken[0]
    assert one > 0
    assert taken[2] - taken[0] == pytest.approx(7 * one, rel=0.1)


def test_a_fifth_sender_takes_the_place_of_the_one_silent_for_longest(bus):
    senders = [Transport(bus) for _ in range(5)]
    for sender in senders:
        assert sender.ask(request(1, 1, 1, Q15_WIRE))[8] == 0
    block = request(2, 1, 1, b"\0\0")
    assert [sender.ask(block)[8] for sender in senders] == [6, 0, 0, 0, 0]


def test_the_next_driver_finds_no_filter(start):
    linux = start("rpmsg-filter")
    for _ in range(2):
        transport = Transport(linux.probe())
        assert transport.ask(request(2, 1, 1, b"\0\0"))[8] == 6
        assert transport.ask(request(1, 1, 1, Q15_WIRE))[8] == 0
        assert transport.ask(request(2, 1, 1, b"\1\0"))[16:] == b"\1\0"
        linux.remove()
