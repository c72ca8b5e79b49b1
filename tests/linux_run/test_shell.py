# SPDX-License-Identifier: MIT OR Apache-2.0
"""Feature shell under an unmodified Linux: a session at ttyRPMSG0, someone at a terminal of Linux's with a terminal
program on it, and the demo's services beside it.

The tests of one board share a boot and build on one another.
"""

import random
import re

import pytest
from imxtest.boards import BOARDS
from imxtest.console import Console
from imxtest.linux import Testbed

PROMPT = "core> "
SHELL, SAMPLE, TTY = 0x400, 0x401, 0x402
SAMPLE_MESSAGES = 100
LINE_LEN = 80
# Fewer keys than Linux has buffers to send, 256.
PASTED_AT_ONCE = 200
UP, RIGHT, LEFT = "\x1b[A", "\x1b[C", "\x1b[D"
BELL = "\x07"

# How a board's core reports an instruction that does not exist.
ILLEGAL = {
    "imx8mp-evk-dsp": r"\*\*\* illegal instruction \(EXCCAUSE 0\) at PC 0x924",
    "imx8mp-evk-m7": r"\*\*\* undefined instruction \(CFSR 0x10000 HFSR 0x40000000\)\nPC 0x0000",
}


@pytest.fixture(scope="module", params=ILLEGAL)
def board(request, firmware):
    with Testbed("6.12", firmware(request.param, "rpmsg-demo+shell"), request.param) as board:
        yield board


def creating(name, address):
    return rf"virtio_rpmsg_bus virtio\d+: creating channel {name} addr {address:#x}"


def start(board):
    mark = board.console.mark()
    board.start_firmware()
    for name, address in (("rpmsg-tty", SHELL), ("rpmsg-client-sample", SAMPLE), ("rpmsg-tty", TTY)):
        board.wait_console(creating(name, address), mark)
    board.check("until [ -c /dev/ttyRPMSG0 ] && [ -c /dev/ttyRPMSG1 ]; do :; done")


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
    version = rf"version\r\nimx-rpmsg \d+\.\d+\.\d+ on {running.board}\r\n{PROMPT}"
    answer = exchange(running, "/dev/ttyRPMSG0", "version\n", f"version\r\nimx-rpmsg 0.1.0 on {running.board}\r\n{PROMPT}")
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
    running.run(f"rpmsg-tool tty /dev/ttyRPMSG0 {b'reboot-wait'.hex()}0a 0 60000")
    for name, address in (("rpmsg-tty", SHELL), ("rpmsg-client-sample", SAMPLE), ("rpmsg-tty", TTY)):
        running.wait_console(rf"destroying channel {name} addr {address:#x}", mark)
    assert "quiet until Linux stops this core" in running.trace0()
    running.stop_firmware()
    assert running.state() == "offline"


@pytest.fixture(name="line", scope="module")
def line_fixture(board):
    """The other end of the guest's first serial line, where a person's terminal is."""
    line = Console("person's terminal", board.spare_line)
    yield line
    line.close()


@pytest.fixture(name="person")
def person_fixture(running, line):
    running.check("stty -F /dev/ttymxc0 sane")
    running.check("(microcom -X /dev/ttyRPMSG0 </dev/ttymxc0 >/dev/ttymxc0 2>/tmp/microcom &)")
    # It throws away what was typed before it takes each key as it comes.
    running.check("until stty -F /dev/ttymxc0 -a | grep -q -e -icanon; do :; done")
    person = Person(line)
    person.type("\x03")
    assert person.run("echo here") == "here\n"
    yield person
    running.check("killall microcom; while pidof microcom; do :; done")


class Person:
    """Types at a terminal in raw mode, where busybox's microcom passes each key on, and sees what comes back."""

    def __init__(self, line):
        self._line = line
        self._seen = line.mark()

    def type(self, keys):
        self._line.write(keys if isinstance(keys, bytes) else keys.encode())

    def paste(self, text):
        """Types many keys, each of which is answered by one character, no faster than the answers come; returns those.

        microcom writes each key alone, so each has a message; one for which Linux has no buffer free is lost.
        """
        seen = b""
        for at in range(0, len(text), PASTED_AT_ONCE):
            part = text[at : at + PASTED_AT_ONCE].encode()
            self.type(part)
            seen += self._line.read(self._seen, len(part))
            self._seen += len(part)
        return seen.decode()

    def until(self, pattern):
        """Waits until what is seen ends so; returns all that was not returned before."""
        text = self._line.wait(rf"(?s)\A.*{pattern}\Z", self._seen)[0]
        self._seen = self._line.mark()
        return text

    def run(self, command):
        """Runs a command; returns its answer."""
        self.type(command + "\r")
        seen = self.until(rf"{re.escape(command)}\n(.*\n)?{PROMPT}")
        return seen.rpartition(command + "\n")[2].removesuffix(PROMPT)


def test_a_line_is_typed_completed_edited_and_had_back_at_a_terminal(person, running):
    assert re.fullmatch(rf"imx-rpmsg \S+ on {running.board}\n", person.run("version"))
    person.type("vers\t")
    person.until("version ")
    person.type("\r")
    assert running.board in person.until(PROMPT)
    person.type("lo\ta\tinfo\r")
    assert person.until(PROMPT) == f"log all info\n{PROMPT}"
    person.type("ehcoX\x7f" + LEFT * 2 + "\x08" + RIGHT + "h\x05 there\x01" + RIGHT * 4 + " hi\r")
    assert person.until(PROMPT).endswith(f"\nhi there\n{PROMPT}")
    person.type(UP * 3)
    person.until("version ")
    person.type("\x15echo alive\r")
    assert person.until(PROMPT).endswith(f"\nalive\n{PROMPT}")


def test_a_line_is_given_up_by_control_c(person):
    person.type("crash p\t" + LEFT * 3 + "\x03")
    assert person.run("echo alive") == "alive\n"


def test_a_paste_without_an_end_of_line_is_not_run(person):
    seen = person.paste("crash panic " + "x" * 1988)
    assert seen == "crash panic " + "x" * (LINE_LEN - 12) + BELL * (2000 - LINE_LEN)
    person.type("\r")
    assert person.until(PROMPT) == f"\nerror: a line has 80 characters at most; nothing was done\n{PROMPT}"
    assert person.run("echo alive") == "alive\n"


def test_binary_rubbish_harms_nothing(person, running):
    rubbish = random.Random(7)
    for _ in range(10):
        person.type(bytes(rubbish.randrange(256) for _ in range(PASTED_AT_ONCE)))
        # Out of a sequence that has begun, away with the line.
        person.type("m\x15\x15\recho through\r")
        person.until(rf"\nthrough\n{PROMPT}")
    assert "***" not in running.trace0()


def test_what_linux_got_wrong_is_in_the_statistics(person, running):
    def dropped(what):
        return int(re.search(rf"^ *(\d+) {what}", person.run("stats"), re.MULTILINE)[1])

    nobody, malformed = dropped("for nobody"), dropped("malformed announcement")
    for address in (0x7777, 53):
        running.check(f"rpmsg-tool endpoint {address} {b'anyone?'.hex()} 0 60000")
    assert dropped("for nobody, the last for 0x7777") == nobody + 1
    assert dropped("malformed announcement") == malformed + 1
    assert dropped("buffer lent twice") == 0


def test_a_module_is_silenced_and_heard_again(person, running):
    def hello(number):
        expected = f"TTY 0x0402: Hello {number}"
        assert exchange(running, "/dev/ttyRPMSG1", f"Hello {number}", expected) == expected

    hello(1)
    running.wait_trace0("[Linux TTY] incoming msg: Hello 1")
    assert person.run("log imx_rpmsg::services::incoming warn") == ""
    hello(2)
    assert person.run("log imx_rpmsg::services::incoming info") == ""
    hello(3)
    running.wait_trace0("[Linux TTY] incoming msg: Hello 3")
    assert "Hello 2" not in running.trace0()
    person.run("log imx_rpmsg::services::shell debug")
    person.run("uptime")
    assert "] uptime\n" in running.trace0()
    levels = [line.split() for line in person.run("log").splitlines()]
    assert ["imx_rpmsg::services::incoming", "INFO"] in levels and ["imx_rpmsg::services::shell", "DEBUG"] in levels


def test_memory_is_told(person):
    said = person.run("mem")
    size, used = map(int, re.search(r"stack +(\d+) bytes at \S+, of which (\d+) at most", said).groups())
    assert 200 < used < size
    assert re.search(r"^text +\d+ bytes at 0x", said)


# The last tests, each of which ends the firmware.
CRASHES = {
    "panic": lambda board: r"\*\*\* panicked at src/firmware/monitor/mod.rs:\d+:\d+:\nasked to",
    "illegal": lambda board: ILLEGAL[board.board],
    "hang": lambda board: r"\*\*\* hang \(no wait for 2000 ms\)",
    "deaf": lambda board: None,
}


@pytest.mark.parametrize("how", CRASHES)
def test_a_crash_shows_in_trace0_and_in_failing_kicks_and_is_over_after_stop_and_start(running, how):
    try:
        mark = running.console.mark()
        running.run(f"rpmsg-tool tty /dev/ttyRPMSG0 {b'crash '.hex()}{how.encode().hex()}0a 1 60000")
        report = CRASHES[how](running)
        if report:
            # Until then one that hangs takes kicks.
            running.wait_trace0("stopped; see docs/debugging.md")
        running.run("rpmsg-tool tty /dev/ttyRPMSG0 0a 0 60000")
        running.wait_console(rf"{BOARDS[running.board].driver}_kick: failed \(\d, err:-62\)", mark)
        trace = running.trace0()
        assert f"{how.title()} on purpose" in trace
        if report:
            assert re.search(report, trace) and "stopped; see docs/debugging.md" in trace, trace
        else:
            assert "***" not in trace
        assert running.state() == "running"
    finally:
        # The next one begins with a firmware that runs, whatever became of this.
        running.stop_firmware()
        stopped = running.state()
        start(running)
    assert stopped == "offline"
    assert "***" not in running.trace0()
    talk(running, "\n", f"{PROMPT}\r\n{PROMPT}")
