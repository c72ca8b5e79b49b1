# SPDX-License-Identifier: MIT OR Apache-2.0
"""The firmware is loaded anew over rings that go on, as imx_dsp_rproc does on resume.

The fake Linux raises ProtocolViolation at a buffer that comes back and is not lent, where Linux's ring would be broken.
"""

import re

import pytest
from shell_session import TTY, Terminal

pytestmark = pytest.mark.parametrize("board", ["imx8mp-evk-dsp"], indirect=True)

RING = 256


@pytest.fixture(name="linux")
def linux_fixture(start):
    linux = start("rpmsg-demo+shell")
    bus = linux.probe()
    bus.wait_for(lambda: len(bus.announcements) == 3, "three announcements")
    return linux


def resume(linux):
    """Power off and on, the segments, the kick: nothing of the rings is touched (imx_dsp_resume)."""
    link, bus = linux.link, linux.bus
    for reset in (False, True, False):
        link.set_core(reset=reset, stalled=True)
    linux.rproc.load_segments()
    # What Linux has already is announced anew.
    bus._known.clear()
    link.set_core(stalled=False)
    bus.kick(0)
    bus.wait_for(lambda: len(bus.announcements) == 6, "the announcements after the resume")
    assert "link up (Note)" in linux.trace()


def test_every_buffer_comes_back_and_none_twice(linux):
    """The shell drops two grants for each message, and takes as many as its answer needs."""
    bus = linux.bus
    terminal = Terminal(bus)
    for _ in range(RING + 44):
        terminal.run("version")
    linux.rproc.suspend()
    resume(linux)
    back = set()
    take = bus.rx.take_back

    def logged():
        entry = take()
        back.update(entry[:1] if entry else ())
        return entry

    bus.rx.take_back = logged
    said = terminal.run("help")
    # Two messages at least for each.
    for _ in range(RING):
        assert terminal.run("help") == said
    assert back == set(range(RING))
    assert re.search(r"\b0 buffer lent twice", terminal.run("stats"))


def test_what_was_held_is_received_again_and_what_was_answered_is_not(linux):
    """The firmware that is cut has two messages and has given back the second. (The demo does not do so: the fake Linux
    writes what it would have written.)"""
    bus, tx = linux.bus, linux.bus.tx
    client = bus.endpoint()
    assert client.exchange(TTY, b"before") == b"TTY 0x0402: before"
    linux.rproc.suspend()
    client.send(TTY, b"first", kick=False)
    client.send(TTY, b"second", kick=False)
    second = bus.memory.read16(tx.avail_ring_address(tx.avail_idx - 1))
    given = tx.used_idx
    bus.memory.write32(tx.used_ring_address(given), second)
    bus.memory.write32(tx.used_ring_address(given) + 4, 0)
    bus.memory.write16(tx.used_idx_address, given + 1)
    resume(linux)
    assert client.receive().payload == b"TTY 0x0402: first"
    assert client.exchange(TTY, b"third") == b"TTY 0x0402: third"
    while tx.take_back():
        pass
    assert not tx.lent
