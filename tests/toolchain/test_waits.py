# SPDX-License-Identifier: MIT OR Apache-2.0
"""testbed/imxtest's waits: each has its own time, and one that fails says what it was for and what had come."""

import importlib.util
import socket
import sys
from types import SimpleNamespace

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "testbed"))

from imxtest import console as console_module  # noqa: E402  (the path above must come first)
from imxtest import mulink  # noqa: E402
from imxtest.agent import Agent  # noqa: E402
from imxtest.console import Console, DeadlinePassed, Gone  # noqa: E402
from imxtest.linux import Testbed  # noqa: E402

PATIENCE = 60


class Clock:
    """Stands still at what a test says; the first look at it may have a consequence."""

    def __init__(self):
        self.now = 0
        self.at_look = None

    def monotonic(self):
        act, self.at_look = self.at_look, None
        if act:
            act()
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    for module in (console_module, mulink):
        monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def machine():
    """The machine's end of a console's socket, and ours."""
    ours, theirs = socket.socketpair()
    with theirs:
        yield theirs, ours


def test_a_wait_late_in_a_session_has_as_long_as_the_first(clock, machine):
    theirs, ours = machine
    console = Console("Linux console", ours, PATIENCE)
    clock.now = 100 * PATIENCE
    clock.at_look = lambda: theirs.sendall(b"late\n")
    assert console.wait("late")
    console.close()


def test_a_console_that_says_something_else_is_quoted(machine):
    theirs, ours = machine
    console = Console("person's terminal", ours)
    theirs.sendall(b"seen before\ncore> hel")
    console.wait("core> hel")
    with pytest.raises(DeadlinePassed) as late:
        console.wait("hello", len("seen before\n"), within=0)
    assert str(late.value) == "person's terminal: no 'hello' within 0 s; 9 bytes came: 'core> hel'"
    with pytest.raises(DeadlinePassed, match="no 100 bytes within 0 s; 21 bytes came: 'seen before"):
        console.patience = 0
        console.read(0, 100)
    console.patience = PATIENCE
    theirs.close()
    with pytest.raises(Gone, match="the machine ended while waiting for 'hello'; 21 bytes came"):
        console.wait("hello")
    console.close()


def test_of_a_flood_the_end_is_quoted(machine):
    theirs, ours = machine
    console = Console("Linux console", ours)
    theirs.sendall(b"a" * 5000 + b"the end")
    console.wait("the end")
    with pytest.raises(DeadlinePassed) as late:
        console.wait("more", within=0)
    assert "5007 bytes came: '...aaa" in str(late.value) and "the end'" in str(late.value)
    assert len(str(late.value)) < 2200
    console.close()


def test_a_command_that_does_not_end_is_named_and_no_other_takes_its_answer(machine):
    theirs, ours = machine
    line = Console("control line", ours)
    agent = Agent(line)
    theirs.sendall(b"READY\nOUT 5\nhalf-")
    agent.wait_ready()
    line.read(0, len(b"READY\nOUT 5\nhalf-"))
    line.patience = 0
    with pytest.raises(DeadlinePassed, match="in the guest, 'until false; do :; done' has not ended; it printed 'half-'"):
        agent.run("until false; do :; done")
    line.patience = PATIENCE
    theirs.sendall(b"RC 0\n")
    with pytest.raises(DeadlinePassed, match="'ls' was not run: 'until false; do :; done' has not ended yet"):
        agent.run("ls")
    assert theirs.recv(1000) == b"until false; do :; done\n"
    line.close()


def test_a_wait_for_the_core_late_in_a_session_has_as_long_as_the_first(clock, machine):
    theirs, ours = machine
    link = mulink.MuLink(SimpleNamespace(mu_words=[0] * 2 * mulink.SIDE_WORDS), ours, PATIENCE)
    clock.now = 100 * PATIENCE
    looks = []

    def has_come():
        if not looks:
            theirs.sendall(mulink.MESSAGE.pack(mulink.Op.WORD, 0, 7))
        looks.append(None)
        return link.words[0]

    assert list(link.wait_for(has_come, "a word")) == [7]
    link.patience = 0
    with pytest.raises(mulink.LinkTimeout, match="waited 0 s in vain for the firmware to answer"):
        link.wait_for(lambda: False, "the firmware to answer")
    link.close()


def test_a_failed_test_shows_its_own_board_and_no_other():
    spec = importlib.util.spec_from_file_location("linux_run_conftest", ROOT / "tests/linux_run/conftest.py")
    linux_run = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(linux_run)
    own, others = Testbed("6.12", "a.elf", "imx8mp-evk-m7"), Testbed("6.12", "b.elf", "imx8ulp-evk-dsp")
    item = SimpleNamespace(funcargs={"board": own, "running": own, "firmware": "a.elf"}, config=SimpleNamespace(stash={"board": others}))
    assert linux_run.boards_of(item) == [own]
    assert linux_run.boards_of(SimpleNamespace()) == []
