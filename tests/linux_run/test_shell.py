# SPDX-License-Identifier: MIT OR Apache-2.0
"""Feature shell under an unmodified Linux: a session at ttyRPMSG0, and the demo's services beside it.

The tests share a boot and build on one another.
"""

import re

import pytest
from imxtest.linux import Testbed

PROMPT = "core> "
SHELL, SAMPLE, TTY = 0x400, 0x401, 0x402
SAMPLE_MESSAGES = 100


@pytest.fixture(scope="module")
def board(firmware):
    with Testbed("6.12", firmware("imx8mp-evk-dsp", "rpmsg-demo+shell")) as board:
        yield board


def creating(name, address):
    return rf"virtio_rpmsg_bus virtio\d+: creating channel {name} addr {address:#x}"


def start(board):
    mark = board.console.mark()
    board.start_firmware()
    for name, address in (("rpmsg-tty", SHELL), ("rpmsg-client-sample", SAMPLE), ("rpmsg-tty", TTY)):
        board.wait_console(creating(name, address), mark)
    board.check("test -c /dev/ttyRPMSG0 && test -c /dev/ttyRPMSG1")


def exchange(board, device, keys, expected):
    """Writes keys to a tty and reads as many bytes as are expected."""
    rc, out = board.run(f"rpmsg-tool tty {device} {keys.encode().hex()} {len(expected)} 60000")
    assert rc == 0, f"not all of the answer came: {out}"
    return bytes.fromhex(out).decode()


def talk(board, keys, expected):
    assert exchange(board, "/dev/ttyRPMSG0", keys, expected) == expected


@pytest.fixture(name="running")
def running_fixture(board):
    if board.state() != "running":
        start(board)
        # What has waited for somebody to read it, and an empty line.
        talk(board, "\n", f"{PROMPT}\r\n{PROMPT}")
    return board


def test_the_shell_has_the_first_tty_and_answers(running):
    version = rf"version\r\nimx-rpmsg \d+\.\d+\.\d+ on imx8mp-evk-dsp\r\n{PROMPT}"
    answer = exchange(running, "/dev/ttyRPMSG0", "version\n", f"version\r\nimx-rpmsg 0.1.0 on imx8mp-evk-dsp\r\n{PROMPT}")
    assert re.fullmatch(version, answer), answer


def test_a_line_is_edited_completed_and_had_back(running):
    talk(running, "ec\thel\x7flo\n", f"echo hel\x1b[D\x1b[Plo\r\nhelo\r\n{PROMPT}")
    talk(running, "\x1b[A", f"\r\x1b[2K{PROMPT}echo helo")
    talk(running, "\n", f"\r\nhelo\r\n{PROMPT}")


def test_the_demos_tty_is_the_second(running):
    assert exchange(running, "/dev/ttyRPMSG1", "Hello", "TTY 0x0402: Hello") == "TTY 0x0402: Hello"


def test_the_sample_client_gets_its_messages_from_the_second_address(running):
    mark = running.console.mark()
    running.check("modprobe rpmsg_client_sample")
    running.wait_console(r"rpmsg_client_sample \S+: goodbye!", mark)
    got = re.findall(r"incoming msg (\d+) \(src: (0x[0-9a-f]+)\)", running.console.text(mark))
    assert got == [(str(n), f"{SAMPLE:#x}") for n in range(1, SAMPLE_MESSAGES + 1)]
    running.check("rmmod rpmsg_client_sample")


def test_a_long_answer_arrives_whole(running):
    rc, out = running.run(
        "exec 3<>/dev/ttyRPMSG0; printf 'stats\\necho done\\n' >&3; "
        "while IFS= read -r line <&3; do printf '%s\\n' \"$line\"; case $line in done*) break;; esac; done"
    )
    assert rc == 0
    assert re.search(rf"rpmsg-client-sample +{SAMPLE:#x} +{SAMPLE_MESSAGES} +{SAMPLE_MESSAGES}\r?\n", out), out
    assert "malformed announcement" in out
    # The next prompt is left to read.
    running.run("rpmsg-tool tty /dev/ttyRPMSG0 '' 6 1")


def test_reboot_wait_takes_the_channels_back_until_the_stop(running):
    mark = running.console.mark()
    running.run(f"rpmsg-tool tty /dev/ttyRPMSG0 {b'reboot-wait'.hex()}0a 1 60000")
    for name, address in (("rpmsg-tty", SHELL), ("rpmsg-client-sample", SAMPLE), ("rpmsg-tty", TTY)):
        running.wait_console(rf"destroying channel {name} addr {address:#x}", mark)
    assert "quiet until Linux stops this core" in running.trace0()
    running.stop_firmware()
    assert running.state() == "offline"


def test_a_panic_is_reported_in_trace0_and_shows_in_failing_kicks(running):
    mark = running.console.mark()
    running.run(f"rpmsg-tool tty /dev/ttyRPMSG0 {b'crash panic'.hex()}0a 1 60000")
    running.run("rpmsg-tool tty /dev/ttyRPMSG0 0a 0 60000")
    running.wait_console(r"imx_dsp_rproc_kick: failed \(\d, err:-62\)", mark)
    trace = running.trace0()
    assert "Panic on purpose" in trace
    assert re.search(r"\*\*\* panicked at src/firmware/monitor/mod.rs:\d+:\d+:\nasked to", trace), trace
    running.stop_firmware()
    start(running)
    assert "***" not in running.trace0()
