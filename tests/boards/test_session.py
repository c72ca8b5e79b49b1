# SPDX-License-Identifier: MIT OR Apache-2.0
"""The demo firmware of every board: loading, ready, rings, restart. Every wait is for an event."""

import struct

import pytest
from imxtest import built, fakelinux
from imxtest.boards import DSP_DRIVER
from imxtest.fakelinux import SAMPLE, TTY, play_sample, play_tty
from imxtest.remoteproc import VRINGS
from imxtest.rpmsg_bus import MTU


def is_dsp(board):
    return board.driver == DSP_DRIVER


def linux_starts(board):
    return board.linux_starts


def test_the_sample_session(linux, board):
    assert play_sample(linux.bus, 100) == 0x400
    assert play_tty(linux.bus) == "TTY 0x0401: Hello"
    assert not linux.bus.unclaimed
    assert [(a.name, a.address) for a in linux.bus.announcements] == [(SAMPLE, 0x400), (TTY, 0x401)]
    assert f"on {board.name}\n" in linux.trace()


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


def test_a_kernel_that_wants_to_hear_of_its_sent_buffers(power_on):
    linux = power_on(quiet_tx=False)
    linux.boot()
    play_sample(linux.probe(), 100)


def test_a_kick_left_unread_does_not_block_the_firmware(linux, board):
    """Linux is slow to read a word: the firmware goes on, and Linux finds all that it did afterwards."""
    peer, client = linux.bus.wait_channel(SAMPLE), linux.bus.endpoint()
    linux.link.read_at_once = False
    for i in range(20):
        client.send(peer, bytes([i]))
        linux.link.wait_read(board.channel)
    linux.link.read_word(board.channel)
    linux.link.read_at_once = True
    linux.bus.drain()
    assert [client.receive().payload for _ in range(20)] == [bytes([i]) for i in range(20)]


def test_the_command_line_plays_the_session(board, capsys):
    file = built.path(board.name)
    assert fakelinux.main([str(file), "--board", board.name, "--messages", "3"]) == 0
    shown = capsys.readouterr().out
    assert "ready doorbell\nrpmsg-client-sample 0x400: 3 messages answered\nTTY 0x0401: Hello\n" in shown
    assert f"on {board.name}\n" in shown


def test_the_command_line_refuses_what_linux_would_not_load(board, firmware, tmp_path, capsys):
    broken = bytearray(firmware)
    (phoff,) = struct.unpack_from("<I", firmware, 28)
    struct.pack_into("<I", broken, phoff + 12, 0xF0000000)  # p_paddr
    (tmp_path / "broken.elf").write_bytes(broken)
    assert fakelinux.main([str(tmp_path / "broken.elf"), "--board", board.name]) == 2
    assert "error: bad phdr da 0xf0000000" in capsys.readouterr().err


def test_no_ring_is_touched_before_driver_ok(power_on, board):
    linux = power_on()
    linux.boot()
    rings = [board.region(name) for name in VRINGS]
    for ring in rings:
        assert len(set(linux.memory.read(ring.linux, ring.size))) == 1, "written before there was a ring"
    looked = []

    def look(bus):
        """The rings are told of and filled, and kicks come that are not Linux's; only DRIVER_OK is missing."""
        before = [linux.memory.read(ring.linux, ring.size) for ring in rings]
        for _ in range(100):
            bus.kick(0)
        linux.link.wait_read(board.channel)
        looked.append([linux.memory.read(ring.linux, ring.size) for ring in rings] == before)

    play_sample(linux.probe(before_driver_ok=look), 10)
    assert looked == [True]


def test_the_driver_may_be_unbound_and_bound_again(linux):
    for _ in range(3):
        play_sample(linux.bus, 10)
        linux.remove()
        linux.probe()
    play_sample(linux.bus, 10)


def test_a_mailbox_that_forgot_what_the_firmware_wrote_before_the_first_kick(power_on):
    """Its clock may come late on a core that U-Boot has started: what was written before is lost."""
    linux = power_on()
    linux.boot()
    linux.link.reset()
    play_sample(linux.probe(), 10)


@pytest.mark.boards(keep=linux_starts)
def test_stop_and_start_again(power_on):
    linux = power_on()
    for _ in range(3):
        linux.boot()
        play_sample(linux.probe(), 20)
        play_tty(linux.bus)
        linux.stop()


@pytest.mark.boards(keep=lambda board: linux_starts(board) and not is_dsp(board))
def test_a_doorbell_that_nobody_accepts_does_not_stop_the_next_start(power_on):
    linux = power_on()
    for _ in range(3):
        linux.boot(wait_ready=False)
        play_sample(linux.probe(), 20)
        linux.stop()
    assert linux.link.request_pending(linux.rproc.ready_request)


@pytest.mark.boards(keep=lambda board: not is_dsp(board))
def test_kicks_before_there_is_a_driver_touch_no_ring(power_on, board):
    """imx_rproc always knows the table: a table as linked means that there are no rings yet, whatever comes."""
    linux = power_on()
    linux.boot()
    rings = [board.region(name) for name in VRINGS]
    before = [linux.memory.read(ring.linux, ring.size) for ring in rings]
    for _ in range(100):
        linux.rproc.kick(0)
    linux.link.wait_read(board.channel)
    assert [linux.memory.read(ring.linux, ring.size) for ring in rings] == before
    play_sample(linux.probe(), 10)
    assert linux.trace().count("link up") == linux.trace().count("link up (Table)") == 1


@pytest.mark.boards(keep=is_dsp)
def test_a_kernel_that_never_updates_the_table(power_on):
    linux = power_on(driver={"updates_table": False})
    linux.boot()
    play_sample(linux.probe(), 100)
    assert play_tty(linux.bus) == "TTY 0x0401: Hello"


@pytest.mark.boards(keep=is_dsp)
def test_suspend_is_acknowledged_and_the_next_kick_served(linux):
    for _ in range(3):
        play_sample(linux.bus, 1)
        linux.rproc.suspend()
    play_tty(linux.bus)
