# SPDX-License-Identifier: MIT OR Apache-2.0
"""Feature shell: a session at ttyRPMSG0 as a terminal has it, and what a terminal would not send."""

import random
import re

import pytest
from imxtest.fakelinux import play_sample
from shell_session import PROMPT, SAMPLE, SHELL, TTY, Terminal, transcript

DEMO = "rpmsg-demo+shell"
LINE_LEN = 80
MESSAGE_LEN = 496
UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
CLEAR_LINE = "\r\x1b[2K"

COMMANDS = ["help", "version", "uptime", "stats", "link", "log", "mem", "regs", "echo", "crash", "reboot-wait", "clear"]


@pytest.fixture(name="linux")
def linux_fixture(start):
    linux = start(DEMO)
    bus = linux.probe()
    bus.wait_for(lambda: len(bus.announcements) == 3, "three announcements")
    return linux


@pytest.fixture(name="terminal")
def terminal_fixture(linux):
    terminal = Terminal(linux.bus)
    terminal.type("\n")
    # The first prompt waited for somebody to read it.
    terminal.read_exactly(f"{PROMPT}\r\n{PROMPT}")
    return terminal


def test_channels_are_in_the_order_of_the_reference_sample(linux):
    said = [(said.name, said.address) for said in linux.bus.announcements]
    assert said == [("rpmsg-tty", SHELL), ("rpmsg-client-sample", SAMPLE), ("rpmsg-tty", TTY)]


def test_the_demos_services_are_as_without_the_shell(linux):
    assert play_sample(linux.bus, 100) == SAMPLE
    assert linux.bus.endpoint().exchange(TTY, b"Hello") == b"TTY 0x0402: Hello"


@pytest.mark.parametrize("board", ["imx8mp-evk-dsp"], indirect=True)
def test_the_transcript_of_the_documentation(linux, terminal):
    play_sample(linux.bus, 100)
    linux.bus.endpoint().exchange(TTY, b"Hello")
    for command, lines in transcript():
        answer = terminal.run(command).splitlines()
        assert len(answer) == len(lines), (command, answer)
        for line, pattern in zip(answer, lines):
            assert re.fullmatch(pattern, line), (command, line, pattern)


def test_help_tells_of_every_command_and_each_answers(terminal):
    said = terminal.run("help").splitlines()
    assert [line.split()[0] for line in said[:-1]] == COMMANDS
    for command in ("version", "uptime", "stats", "link", "log", "mem", "regs", "echo", "clear"):
        answer = terminal.run(command)
        assert answer and "error" not in answer


def test_version_names_the_board(terminal, board):
    assert re.fullmatch(rf"imx-rpmsg \d+\.\d+\.\d+ on {board}\n", terminal.run("version"))


def test_stats_count_by_endpoint_and_by_reason(linux, terminal):
    play_sample(linux.bus, 7)
    client = linux.bus.endpoint()
    client.exchange(TTY, b"x" * MESSAGE_LEN)
    client.receive()
    client.send(0x7777, b"anyone?")
    linux.bus.send(client.address, TTY, b"short", length=1000)
    said = terminal.run("stats")
    assert re.search(rf"rpmsg-client-sample +{SAMPLE:#x} +7 +7\n", said), said
    # A full message and the prefix are two.
    assert re.search(rf"rpmsg-tty +{TTY:#x} +1 +2\n", said), said
    assert re.search(r" 1 for nobody, the last for 0x7777\n", said), said
    assert re.search(r" 1 payload longer than its buffer\n", said), said
    assert re.search(r" 0 avail index jumped\n", said), said
    received = int(re.search(rf"shell +{SHELL:#x} +(\d+)", said)[1])
    again = int(re.search(rf"shell +{SHELL:#x} +(\d+)", terminal.run("stats"))[1])
    assert again == received + 1


def test_link_knows_the_rings(terminal):
    said = terminal.run("link")
    assert said.startswith("up, attachments so far: 1\nvring0 256 at 0x")
    assert "told by the Table" in said


def test_the_stack_is_never_deeper_than_it_is_long_and_the_mark_only_rises(terminal):
    marks = []
    for _ in range(3):
        size, used = re.search(r"stack +(\d+) bytes at \S+, of which (\d+) at most", terminal.run("mem")).groups()
        assert 200 < int(used) < int(size)
        marks.append(int(used))
        terminal.run("stats")
    assert marks == sorted(marks)


def test_registers_are_the_cores(terminal, board):
    said = terminal.run("regs")
    pointer = int(re.search(r"SP +([0-9a-f]{8})", said)[1], 16)
    bottom, size = (int(x, 0) for x in re.search(r"stack +(\d+) bytes at (\S+),", terminal.run("mem")).groups()[::-1])
    assert bottom < pointer < bottom + size
    assert re.search(r"mailbox at 0x30[0-9a-f]{6}: \d+ words received", said)


def test_levels_of_the_log_by_module(linux, terminal):
    client, module = linux.bus.endpoint(), "imx_rpmsg::services::incoming"

    def hello(number):
        assert client.exchange(TTY, b"Hello %d" % number).endswith(b" %d" % number)

    hello(1)
    linux.wait_trace("[Linux TTY] incoming msg: Hello 1\n")
    assert terminal.run(f"log {module} warn") == ""
    hello(2)
    client.send(0x7777, b"anyone?")  # not silenced
    assert terminal.run(f"log {module} info") == ""
    hello(3)
    linux.wait_trace("[Linux TTY] incoming msg: Hello 3\n")
    assert "Hello 2" not in linux.trace() and "no endpoint 0x7777" in linux.trace()
    assert "echo\n" not in linux.trace()
    terminal.run("log imx_rpmsg::services::shell debug")
    terminal.run("echo")
    assert "] echo\n" in linux.trace()
    levels = {line.split()[0]: line.split()[1] for line in terminal.run("log").splitlines()[:-1]}
    assert levels == {"all": "INFO", module: "INFO", "imx_rpmsg::services::shell": "DEBUG"}


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("nonsense", "no command 'nonsense'"),
        ("log all loud", "no level 'loud'"),
        ("log all", "usage: log [MODULE LEVEL]"),
        ("log " + "x" * 41 + " off", "no room"),
        ("crash softly", "no crash 'softly'"),
        ("version please", "usage: version"),
        ("echo -n x", "an option"),
    ],
)
def test_mistakes_are_told_and_harm_nothing(terminal, command, words):
    assert terminal.run(command).startswith(f"error: {words}")
    assert terminal.run("echo fine") == "fine\n"


def test_each_key_is_answered_at_once(terminal):
    for key in "echo":
        terminal.type(key)
        terminal.read_exactly(key)
    terminal.type(" a  \"b c\"\n")
    assert terminal.until(PROMPT) == f' a  "b c"\r\na b c\r\n{PROMPT}'


def test_the_line_can_be_edited(terminal):
    terminal.type("ehcoX")
    terminal.type("\x7f" + LEFT * 2 + "\x08" + RIGHT + "h" + "\x05" + " there")
    terminal.type("\x01" + RIGHT * 4 + " hi" + "\n")
    assert terminal.until(PROMPT).endswith(f"\r\nhi there\r\n{PROMPT}")


@pytest.mark.parametrize("key", ["\x03", "\x15"])
def test_a_line_can_be_given_up(terminal, key):
    terminal.type("crash panic" + LEFT * 3 + key + "echo alive\n")
    assert terminal.until(PROMPT).endswith(f"\r\nalive\r\n{PROMPT}")


def test_lines_come_back_from_history(terminal):
    for word in ("one", "two", "three"):
        assert terminal.run(f"echo {word}") == f"{word}\n"
    terminal.type(UP * 3 + DOWN)
    terminal.until("echo two")
    terminal.type(" again\n")
    assert terminal.until(PROMPT) == f" again\r\ntwo again\r\n{PROMPT}"


def test_names_are_completed(terminal):
    terminal.type("ver\t")
    terminal.read_exactly("version ")
    terminal.type("\n")
    assert "imx-rpmsg" in terminal.until(PROMPT)
    # Two begin so, and there is nothing to add; then one does.
    terminal.type("l\to\t")
    terminal.read_exactly("log ")
    terminal.type("all tr\t\n")
    assert terminal.until(PROMPT) == f"all trace \r\n{PROMPT}"


def test_a_line_longer_than_the_buffer_is_not_run(terminal):
    terminal.type("echo " + "x" * LINE_LEN)
    terminal.read_exactly("echo " + "x" * (LINE_LEN - 5) + "\x07" * 5)
    terminal.type("\n")
    assert "nothing was done" in terminal.until(PROMPT)
    # Who sees that keys have no effect any more and takes some back knows what the line is.
    terminal.type("echo " + "x" * LINE_LEN + "\x7f" * LINE_LEN + "version\n")
    assert "imx-rpmsg" in terminal.until(PROMPT)


def test_answers_longer_than_a_message_go_out_in_several(terminal):
    terminal.messages.clear()
    said = terminal.run("help")
    assert len(said) > MESSAGE_LEN
    assert len(terminal.messages) > 1
    assert all(0 < len(message) <= MESSAGE_LEN for message in terminal.messages)


def test_a_message_full_of_commands_is_answered_in_full(terminal):
    count = MESSAGE_LEN // len("help\n")
    terminal.type("help\n" * count)
    text = ""
    while text.count(PROMPT) < count:
        text += terminal.until(PROMPT)
    assert text.count("takes the channels back") == count
    assert "bytes lost]" not in text


def test_binary_rubbish_is_survived(linux, terminal):
    random_bytes = random.Random(20240601)
    for _ in range(200):
        data = bytes(random_bytes.choice(b"\x00\x03\x08\t\n\r\x1b[A;~\"\\ \x7f\x80\xc0\xed\xa0\xf7\xffhelpstats") for _ in range(300))
        terminal.type(data)
    terminal.type("\x1b[m\x15\necho through\n")
    terminal.until(f"\r\nthrough\r\n{PROMPT}")
    assert "***" not in linux.trace()


def hold_buffers(bus):
    """Linux keeps what it receives; returns how to lend all of it again."""
    lend, held = bus.rx.lend, []
    bus.rx.lend = lambda *arguments: held.append(arguments)

    def release(count=None):
        some, held[:] = held[:count], held[count:] if count else []
        for arguments in some:
            lend(*arguments)
        bus.memory.barrier()
        bus.kick(0)

    return release


def use_up(linux, terminal, left):
    """Takes all receive buffers but a few."""
    bus = linux.bus
    release = hold_buffers(bus)
    client = bus.endpoint()
    for _ in range(bus.rx.num - left):
        assert client.exchange(SAMPLE, b"x") == b"x"
    return release


def test_what_waits_for_buffers_comes_when_linux_lends_some(linux, terminal):
    # Two: as many as the loop wants before it takes a message.
    release = use_up(linux, terminal, 2)
    terminal.type("help\nstats\nlink\n")
    first = terminal.client.receive().payload + terminal.client.receive().payload
    assert len(first) > MESSAGE_LEN
    # The loop goes on: it takes words, and serves who asks as soon as there are buffers.
    for _ in range(10):
        linux.bus.kick(0)
    release()
    text = first.decode()
    while text.count(PROMPT) < 3:
        text += terminal.until(PROMPT)
    assert "^U or ^C" in text and "for nobody" in text and "attachments so far: 1" in text
    assert "bytes lost]" not in text


def test_what_fits_no_queue_is_counted_and_said(linux, terminal):
    release = use_up(linux, terminal, 2)
    terminal.type("help\n" * 20)
    first = terminal.client.receive().payload + terminal.client.receive().payload
    assert len(first) > MESSAGE_LEN
    release()
    terminal.type("\n")
    text = first.decode()
    while not re.search(r"\r\n\[\d+ bytes lost\]\r\n(.*\r\n)*core> $", text):
        text += terminal.client.receive().payload.decode()
    lost = sum(map(int, re.findall(r"\[(\d+) bytes lost\]", text)))
    assert f"shell bytes lost     {lost}\n" in terminal.run("stats")


def test_another_peer_starts_anew(linux, terminal):
    terminal.type("crash pan")
    terminal.until("crash pan")
    other = Terminal(linux.bus)
    other.type("ic\n")
    assert "no command 'ic'" in other.until(PROMPT)
    assert "imx-rpmsg" in terminal.run("version")


def test_the_driver_may_be_unbound_and_bound_again(linux, terminal):
    terminal.type("crash pan")
    terminal.until("crash pan")
    linux.remove()
    bus = linux.probe()
    bus.wait_for(lambda: len(bus.announcements) == 3, "three announcements")
    again = Terminal(bus)
    assert "attachments so far: 2" in again.run("link")


REPORTS = {
    "hang": r"\*\*\* hang \(no wait for 2000 ms\)",
    "panic": r"\*\*\* panicked at src/firmware/monitor/mod.rs:\d+:\d+:\nasked to",
    "illegal": r"\*\*\* (?:illegal|undefined) instruction \(",
}


def crash(linux, terminal, how):
    """Crashes the firmware; it takes no kick for the buffers of its last words."""
    kick = linux.bus.kick
    linux.bus.kick = lambda vqid: kick(vqid) if vqid == 1 else None
    terminal.type(f"crash {how}\n")
    assert "good-bye\r\n" in terminal.until(PROMPT)


@pytest.mark.parametrize("how", REPORTS)
def test_a_crash_is_reported(linux, terminal, how):
    crash(linux, terminal, how)
    linux.wait_trace("stopped; see docs/debugging.md")
    assert re.search(REPORTS[how], linux.trace()), linux.trace()


def test_one_without_interrupts_says_nothing_and_can_be_started_again(linux, terminal):
    crash(linux, terminal, "deaf")
    linux.wait_trace("Deaf on purpose")
    assert "***" not in linux.trace()
    linux.stop()
    linux.boot()
    bus = linux.probe()
    bus.wait_for(lambda: len(bus.announcements) == 3, "three announcements")
    assert "attachments so far: 1" in Terminal(bus).run("link")


def test_reboot_wait_takes_the_channels_back_and_waits_for_the_stop(linux, terminal):
    bus = linux.bus
    terminal.type("reboot-wait\nversion\n")
    assert "stop the core from Linux" in terminal.until("Linux\r\n" + PROMPT)
    bus.wait_for(lambda: sum(said.destroyed for said in bus.announcements) == 3, "three channels to go")
    linux.wait_trace("quiet until Linux stops this core")
    before = linux.memory.read(bus.rproc.board.buffers.linux, 512 * bus.rx.num)
    # It still takes words, so no kick fails, and touches nothing.
    terminal.type("version\n")
    terminal.type("version\n")
    bus.serve()
    assert linux.memory.read(bus.rproc.board.buffers.linux, 512 * bus.rx.num) == before
    linux.stop()
    linux.boot()
    bus = linux.probe()
    bus.wait_for(lambda: len(bus.announcements) == 3, "three announcements")
    assert "imx-rpmsg" in Terminal(bus).run("version")


@pytest.mark.parametrize("board", ["imx8mp-evk-dsp"], indirect=True)
def test_suspend_is_acknowledged_and_the_next_key_served(linux, terminal):
    for _ in range(2):
        linux.rproc.suspend()
        assert "imx-rpmsg" in terminal.run("version")
