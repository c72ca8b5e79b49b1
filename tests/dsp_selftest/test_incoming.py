# SPDX-License-Identifier: MIT OR Apache-2.0
"""The demo's log shows what came, and costs no message when there is too much of it."""

import re

import pytest
from imxtest.fakelinux import play_sample

SAMPLE, TTY = 0x400, 0x401
STAMP = r"\[ +\d+\.\d{6}\] "


@pytest.fixture
def linux(start):
    linux = start("rpmsg-demo")
    linux.probe().wait_for(lambda: len(linux.bus.announcements) == 2, "two announcements")
    return linux


def test_the_hundred_messages_of_the_sample_and_the_start_fit_the_trace_buffer(linux):
    play_sample(linux.bus, 100)
    assert linux.bus.endpoint().exchange(TTY, b"Hello\n") == b"TTY 0x0401: Hello\n"
    linux.wait_trace("[Linux TTY] incoming msg: Hello\n")
    trace = linux.trace()
    came = re.findall(rf"^{STAMP}\[Linux sample client\] incoming msg (\d+): hello world!$", trace, re.MULTILINE)
    assert came == [str(n) for n in range(1, 101)]
    assert "] waiting for Linux\n" in trace and "older lines" not in trace


def test_nothing_that_came_can_pass_for_a_line_of_the_firmwares(linux):
    payload = b"\n[    0.000001] error: no\x1b[2J\0\xc3\xa4" + bytes(range(256))
    assert linux.bus.endpoint().exchange(SAMPLE, payload) == payload
    linux.wait_trace(f"... ({len(payload)} bytes)\n")
    shown = re.search(r"incoming msg 1: (.*)\.\.\. \(\d+ bytes\)\n", linux.trace())[1]
    assert shown.startswith(r"\n[    0.000001] error: no\x1b[2J\x00\xc3\xa4\x00\x01")
    assert all(" " <= c <= "~" for c in shown)
    assert not re.search(r"^\[ +0\.000001\]", linux.trace(), re.MULTILINE)


def test_a_flood_costs_lines_and_no_message(linux):
    bus, client = linux.bus, linux.bus.endpoint()
    sent = [b"message %d" % i for i in range(200)]
    for payload in sent:
        client.send(SAMPLE, payload, kick=False)
    bus.kick(1)
    assert [client.receive().payload for _ in sent] == sent
    linux.wait_trace("more messages came in, too fast to be shown\n")
    assert client.exchange(SAMPLE, b"after it") == b"after it"
    linux.wait_trace(": after it\n")
    trace = linux.trace()
    shown = [int(n) for n in re.findall(r"incoming msg \d+: message (\d+)\n", trace)]
    left_out = sum(int(n) for n in re.findall(r"(\d+) more messages came in", trace))
    assert shown == sorted(shown) and len(shown) + left_out == len(sent) and left_out > len(shown)
