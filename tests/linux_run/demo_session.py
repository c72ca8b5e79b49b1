# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a user does on a board that runs the demo firmware, checked while it is done."""

import re

from imxtest import lines

# The messages that rpmsg_client_sample sends, and expects back, each time it gets its channel.
SAMPLE_MESSAGES = 100

# What rpmsg-demo puts before the payload of a reply on its tty service, and the largest payload of
# an RPMsg message: what does not fit behind the prefix follows in a second message without one.
PREFIX = b"TTY 0x0401: "
MTU = 496

# Of a machine so busy that the emulated one stood still for a while, or its core: the word was taken later.
BUSY = (r"hrtimer: interrupt took \d+ ns", r"imx_(dsp_)?rproc_kick: failed \(\d, err:-62\)")

# Warnings that Linux prints with any firmware. Mainline's kernels up to 6.12 do not know NXP's entry of the resource
# table, and skip it.
ALLOWED_WARNINGS = (r"remoteproc remoteproc0: unsupported vendor resource 128", *BUSY)


def start(board):
    """Starts the firmware, waits for its services and checks what the console shows of it."""
    mark = board.console.mark()
    board.start_firmware()
    wait_up(board, board.lines.started, mark)
    assert board.state() == "running"


def wait_up(board, how, mark=0):
    """Waits for the lines of a start or an attachment, and for both services, each in their order."""
    for pattern in (*how, *lines.ANNOUNCED):
        board.wait_console(pattern, mark)
    text = board.console.text(mark)
    assert lines.missing(how, text) is None
    assert lines.missing(lines.ANNOUNCED, text) is None


def stop(board):
    """Stops the firmware and checks that its services go with it."""
    mark = board.console.mark()
    board.stop_firmware()
    board.wait_console(board.lines.stopped, mark)
    assert board.state() == "offline"
    assert board.run("ls /sys/bus/rpmsg/devices").out.strip() == ""


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


def check_tty(board, payload):
    """Writes the bytes to the tty and checks that they come back behind the prefix."""
    assert tty_exchange(board, payload) == tty_replies(payload)


def pattern(count):
    """Bytes that differ from their neighbours at every distance that matters here."""
    return bytes((at * 7 + at // 251) & 0xFF for at in range(count))


def check_nothing_was_lost(board):
    """No message of the sample client is missing or too many in all that Linux has said."""
    log = "\n".join(message.text for message in board.dmesg())
    assert len(lines.incoming(log)) == SAMPLE_MESSAGES * board.sample_rounds
    assert len(re.findall(lines.GOODBYE, log)) == board.sample_rounds


def check_warnings(board):
    """Since it booted Linux has warned of nothing but what it warns of with any firmware."""
    warnings = [m.text for m in board.dmesg()[board.boot_messages :] if m.level <= 4]
    allowed = re.compile("|".join(ALLOWED_WARNINGS))
    assert [text for text in warnings if not allowed.search(text)] == []
