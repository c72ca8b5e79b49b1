# SPDX-License-Identifier: MIT OR Apache-2.0
"""The demo firmware under an unmodified Linux: its own drivers, its own sample client.

The tests of one kernel share a boot and build on one another; `running` lets a single one be
selected all the same.
"""

import re

import pytest
from imxtest import lines

# The messages that rpmsg_client_sample sends, and expects back, each time it gets its channel.
SAMPLE_MESSAGES = 100

# What rpmsg-demo puts before the payload of a reply on its tty service, and the largest payload of
# an RPMsg message: what does not fit behind the prefix follows in a second message without one.
PREFIX = b"TTY 0x0401: "
MTU = 496

# An address that no service of the firmware has.
NOBODY = 0x7777

# Warnings that Linux prints with any firmware.
ALLOWED_WARNINGS = (
    # Kernels up to 6.12 do not know NXP's entry of the resource table, and skip it.
    r"remoteproc remoteproc0: unsupported vendor resource 128",
    # A machine so busy that the emulated one stood still for a while.
    r"hrtimer: interrupt took \d+ ns",
)


def start(board):
    """Starts the firmware and waits for its services; returns what the console showed."""
    mark = board.console.mark()
    board.start_firmware()
    for pattern in (*lines.STARTED, *lines.ANNOUNCED):
        board.wait_console(pattern, mark)
    return board.console.text(mark)


def load_sample(board):
    """Loads Linux's sample client, which exchanges its messages, and checks every one of them."""
    mark = board.console.mark()
    board.check("modprobe rpmsg_client_sample")
    check_sample(board, mark)


def check_sample(board, mark):
    """Waits for the sample client's last message and checks that none was lost or came twice."""
    board.wait_console(lines.GOODBYE, mark)
    text = board.console.text(mark)
    assert lines.missing((lines.NEW_CHANNEL, r"incoming msg 1 ", lines.GOODBYE), text) is None
    assert lines.incoming(text) == [(n, "0x400") for n in range(1, SAMPLE_MESSAGES + 1)]
    board.sample_rounds += 1


def unload_sample(board):
    mark = board.console.mark()
    board.check("rmmod rpmsg_client_sample")
    board.wait_console(lines.REMOVED, mark)


def tty_replies(payload):
    """The bytes that come back when these are written to the tty."""
    messages = (payload[at : at + MTU] for at in range(0, len(payload), MTU))
    return b"".join(PREFIX + message for message in messages)


def tty_exchange(board, payload):
    """Writes the bytes to the tty; returns as many bytes as the reply should have."""
    expected = len(tty_replies(payload))
    rc, out = board.run(f"rpmsg-tool tty /dev/ttyRPMSG0 {payload.hex()} {expected} 60000")
    assert rc == 0, f"not all of the reply came: {out}"
    return bytes.fromhex(out)


def pattern(count):
    """Bytes that differ from their neighbours at every distance that matters here."""
    return bytes((at * 7 + at // 251) & 0xFF for at in range(count))


@pytest.fixture(name="running")
def running_fixture(board):
    """A board on which the firmware runs and the sample client is not loaded."""
    if board.state() != "running":
        start(board)
    if board.run("test -d /sys/module/rpmsg_client_sample").rc == 0:
        unload_sample(board)
    return board


def test_linux_starts_it_and_finds_both_services(board):
    assert board.state() == "offline"
    text = start(board)
    assert lines.missing(lines.STARTED, text) is None
    assert lines.missing(lines.ANNOUNCED, text) is None
    assert board.state() == "running"
    board.check("test -c /dev/ttyRPMSG0")


def test_sample_client_gets_its_100_messages(running):
    load_sample(running)


def test_tty_answers_hello_with_its_address(running):
    assert tty_exchange(running, b"Hello") == b"TTY 0x0401: Hello"


@pytest.mark.parametrize("count", [1, 495, 496, 2000])
def test_tty_echo_is_exact(running, count):
    payload = pattern(count)
    assert tty_exchange(running, payload) == tty_replies(payload)


@pytest.mark.parametrize("attempt", [1, 2, 3])
def test_sample_client_can_be_loaded_again(running, attempt):
    load_sample(running)
    unload_sample(running)


def test_message_to_nobody_is_reported_and_harms_nothing(running):
    before = running.trace0().count("no endpoint 0x")
    running.check(f"rpmsg-tool endpoint {NOBODY:#x} {b'anyone?'.hex()} 0 60000")
    # Messages come in order: the first answer says that the firmware has seen the one to nobody, the
    # second that it is through with all it does after answering, which is when it may report.
    for _ in range(2):
        assert tty_exchange(running, b"Hello") == b"TTY 0x0401: Hello"
    trace = running.trace0()
    assert trace.count("no endpoint 0x") == before + 1
    assert f"no endpoint {NOBODY:#x}" in trace
    load_sample(running)


def test_firmware_log_tells_the_story(running):
    trace = running.trace0()
    assert "rpmsg-client-sample" in trace
    assert "rpmsg-tty" in trace


def test_everything_works_again_after_stop_and_start(running):
    board = running
    load_sample(board)
    mark = board.console.mark()
    board.stop_firmware()
    board.wait_console(lines.STOPPED, mark)
    assert board.state() == "offline"
    assert board.run("ls /sys/bus/rpmsg/devices").out.strip() == ""

    # The sample client is still loaded: it takes its channel as soon as there is one.
    mark = board.console.mark()
    text = start(board)
    assert lines.missing(lines.STARTED, text) is None
    check_sample(board, mark)
    payload = pattern(2000)
    assert tty_exchange(board, payload) == tty_replies(payload)
    unload_sample(board)
    load_sample(board)


def test_nothing_was_lost(board):
    log = "\n".join(message.text for message in board.dmesg())
    assert len(lines.incoming(log)) == SAMPLE_MESSAGES * board.sample_rounds
    assert len(re.findall(lines.GOODBYE, log)) == board.sample_rounds


def test_linux_warned_of_nothing_else(board):
    warnings = [m.text for m in board.dmesg()[board.boot_messages :] if m.level <= 4]
    allowed = re.compile("|".join(ALLOWED_WARNINGS))
    assert [text for text in warnings if not allowed.search(text)] == []
