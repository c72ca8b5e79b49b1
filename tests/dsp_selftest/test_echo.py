# SPDX-License-Identifier: MIT OR Apache-2.0
"""rpmsg-echo, the program of the README."""


def test_what_is_written_comes_back(start):
    bus = start("rpmsg-echo").probe()
    peer = bus.wait_channel("rpmsg-tty")
    client = bus.endpoint()
    for length in (0, 1, 495, 496):
        payload = bytes(range(256)) * 2
        assert client.exchange(peer, payload[:length]) == payload[:length]
