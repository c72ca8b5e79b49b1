# SPDX-License-Identifier: MIT OR Apache-2.0
"""A session at an emulated board, for a person to read: what is typed, and what both sides say."""

import re
import sys
import threading
import time

from . import lines
from .console import DeadlinePassed
from .linux import CONSOLE, REMOTEPROC

PROMPT = "~ # "

# What `ask` writes to the console, to know that everything printed before has come.
END_OF_COMMAND = re.compile(r"^\(end of command [0-9]+\)\n", re.MULTILINE)

# How long a firmware of which nothing is known may take for its first channel.
FIRST_CHANNEL_SECONDS = 20

# The last channel has come when, so often since it came, both machines slept when they were looked at. What never
# sleeps is waited for so long.
QUIET_LOOKS = 6
LOOK_SECONDS = 0.05
RESTLESS_SECONDS = 5


class Failed(Exception):
    """Something that the session should show did not come."""


class Refused(Failed):
    """Linux or the firmware has said that it gives up."""


class Session:
    """Types commands at a prompt of the board and shows what they and the kernel print."""

    def __init__(self, board):
        self.board = board
        self._shown = board.console.mark()
        self._commands = 0
        # Another thread shows what comes while a command runs.
        self._output = threading.Lock()
        self._line_begins = True

    @property
    def shown(self):
        """The place in the console's log up to which it has been shown."""
        return self._shown

    def say(self, text):
        """Shows whole lines, on lines of their own."""
        with self._output:
            self._say(text)

    def show(self):
        """Shows what the kernel has printed since; returns it."""
        with self._output:
            text, self._shown = self.board.console.whole_lines(self._shown)
            text = END_OF_COMMAND.sub("", text)
            self._say(text)
        return text

    def skip(self):
        """Takes what the kernel has printed so far as shown."""
        self._shown = self.board.console.mark()

    def _say(self, text):
        if not self._line_begins:
            print()
        self._line_begins = True
        print(text, end="", flush=True)

    def _say_bytes(self, part):
        with self._output:
            sys.stdout.buffer.write(part)
            sys.stdout.buffer.flush()
            self._line_begins = part.endswith(b"\n")

    def type(self, command, *kernel, within=None):
        """Runs a command; waits for the kernel's lines, each group in its order, for at most so many seconds.

        Returns the command's output and the kernel's lines.
        """
        mark = self._shown
        rc, out = self._run(command)
        try:
            if rc == 0:
                for pattern in (line for group in kernel for line in group):
                    self.board.console.wait(f"{pattern}.*\n", mark, within)
        except DeadlinePassed as late:
            raise Failed(f"after '{command}' the kernel did not print: {pattern}") from late
        finally:
            self.show()
        text, _ = self.board.console.whole_lines(mark)
        if rc != 0:
            raise Failed(f"'{command}' gave exit status {rc}")
        for group in kernel:
            if (pattern := lines.missing(group, text)) is not None:
                raise Failed(f"after '{command}' the kernel did not print, in its place: {pattern}")
        return out, text

    def ask(self, command):
        """Runs a command of which nothing is known, for as long as it takes; shows what it prints as it comes, and then
        all that the kernel printed until it ended."""
        self.say(f"{PROMPT}{command}\n")
        self.board.linger()
        mark = self._shown
        rc, _ = self.board.run(command, self._say_bytes)
        self._commands += 1
        end = f"(end of command {self._commands})"
        self.board.check(f"echo '{end}' >{CONSOLE}")
        self.board.console.wait(re.escape(end) + "\n", mark)
        self.show()
        if rc != 0:
            raise Failed(f"'{command}' gave exit status {rc}")

    def channels(self):
        """Waits for the last of the firmware's channels, there being one; returns the names of all."""
        quiet, names, since = 0, [], time.monotonic()
        while quiet < QUIET_LOOKS and time.monotonic() - since < RESTLESS_SECONDS:
            time.sleep(LOOK_SECONDS)
            quiet += self.board.asleep()
            if (seen := lines.channels(self.board.console_log)) != names:
                quiet, names, since = 0, seen, time.monotonic()
        self.show()
        return names

    def _run(self, command):
        self.say(f"{PROMPT}{command}\n")
        rc, out = self.board.run(command)
        if out:
            self.say(out.rstrip("\n") + "\n")
        return rc, out


def start(session, name, announced=()):
    """Linux loads and starts the firmware, which announces these channels, or else any; returns what the kernel said."""
    session.type(f"echo -n {name} > {REMOTEPROC}/firmware")
    mark = session.shown
    try:
        text = session.type(f"echo start > {REMOTEPROC}/state", session.board.lines.started, announced)[1]
    except Refused:
        raise
    except Failed as problem:
        raise Failed(f"{problem}: docs/debugging.md says what the kernel's lines mean") from problem
    if not announced:
        try:
            session.board.console.wait(f"{lines.ANY_CHANNEL}.*\n", mark, FIRST_CHANNEL_SECONDS)
        except DeadlinePassed as late:
            raise Failed(f"the firmware runs, but no channel came within {FIRST_CHANNEL_SECONDS} s: "
                         "docs/debugging.md says what to look at") from late
        text += session.show()
    return text


def attach(session, announced=(lines.ANY_CHANNEL,)):
    """Linux has found the core running, and attached to it while it booted."""
    session.type("dmesg | grep -E 'remoteproc|virtio'")
    for group in (session.board.lines.attached, announced):
        if (pattern := lines.missing(group, session.board.console_log)) is not None:
            raise Failed(f"while it booted the kernel did not print, in its place: {pattern}")
    state, _ = session.type(f"cat {REMOTEPROC}/state")
    if state != "attached\n":
        raise Failed(f"the core is {state!r} instead of attached")
