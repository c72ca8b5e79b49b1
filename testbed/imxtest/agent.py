# SPDX-License-Identifier: MIT OR Apache-2.0
"""The host's side of testbed/linux/guest/agent.c: shell commands run inside the emulated Linux."""

import threading
from typing import NamedTuple

from .console import DeadlinePassed


class Result(NamedTuple):
    """What a command gave: exit status and output, both streams together."""

    rc: int
    out: str


class Agent:
    """Commands over the agent's control line, one at a time; any thread may ask for one."""

    def __init__(self, line):
        self._line = line
        self._at = 0
        self._busy = threading.Lock()
        self._stuck = None  # a command that has not ended in time: its answer could be taken for another's

    def wait_ready(self):
        """Waits until the guest has booted and its agent answers."""
        while self._next_line() != "READY":
            pass

    def run(self, command, each=None):
        """Runs one line of shell and waits for its end; `each` is called with each part of its output as it comes."""
        rc, out = self.run_for_bytes(command, each)
        return Result(rc, out.decode(errors="replace"))

    def run_for_bytes(self, command, each=None):
        """As `run`, with the output as it came; returns (rc, output)."""
        if "\n" in command:
            raise ValueError("the agent takes one line at a time")
        with self._busy:
            if self._stuck:
                raise DeadlinePassed(f"in the guest, {command!r} was not run: {self._stuck!r} has not ended yet")
            out = bytearray()
            try:
                return self._run(command, each, out)
            except DeadlinePassed as late:
                self._stuck = command
                raise DeadlinePassed(
                    f"in the guest, {command!r} has not ended; it printed {out.decode(errors='replace')!r} ({late})"
                ) from late

    def _run(self, command, each, out):
        self._line.write(command.encode() + b"\n")
        while True:
            word, value = self._next_line().split()
            if word == "RC":
                return int(value), bytes(out)
            if word != "OUT":
                raise ValueError(f"unexpected answer of the agent: {word} {value}")
            part = self._line.read(self._at, int(value))
            self._at += int(value)
            out += part
            if each:
                each(part)

    def _next_line(self):
        line = self._line.read_line(self._at)
        self._at += len(line)
        return line.decode().strip()
