# SPDX-License-Identifier: MIT OR Apache-2.0
"""A user at a terminal: runs a program on a pseudo-terminal, types, and waits for what is to be seen."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time

from imxtest.console import PATIENCE_SECONDS


class User:
    """A program on a terminal of 100 columns and 40 lines. A context manager."""

    def __init__(self, *command):
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self._theirs = theirs
        self.settings = termios.tcgetattr(theirs)
        self.seen = ""
        self._program = subprocess.Popen(
            ["setsid", "--ctty", "--wait", *command], stdin=theirs, stdout=theirs, stderr=theirs,
            env={**os.environ, "TERM": "xterm"})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._program.poll() is None:
            self.type("\x1d\x03")
            self._program.wait(60)
        os.close(self._ours)
        os.close(self._theirs)

    def type(self, keys):
        os.write(self._ours, keys.encode())

    def wait(self, text):
        """Waits for the text; returns all that was seen before it since the last wait."""
        end = time.monotonic() + PATIENCE_SECONDS
        while text not in self.seen:
            if not self._look():
                assert time.monotonic() < end, f"no {text!r} within {PATIENCE_SECONDS} s in {self.seen!r}"
                assert self._program.poll() is None, f"it ended without {text!r}: {self.seen!r}"
        before, _, self.seen = self.seen.partition(text)
        return before

    def type_until(self, keys, text):
        """Types the same each second until the text is seen: for a program that throws away what came too early."""
        end = time.monotonic() + PATIENCE_SECONDS
        while text not in self.seen:
            assert time.monotonic() < end, f"no {text!r} within {PATIENCE_SECONDS} s in {self.seen!r}"
            self.type(keys)
            again = time.monotonic() + 1
            while text not in self.seen and time.monotonic() < again:
                self._look()
        self.wait(text)

    def end(self):
        """Waits for the end of the program; returns its exit status and what was seen since the last wait."""
        status = self._program.wait(PATIENCE_SECONDS)
        while select.select([self._ours], [], [], 0)[0]:
            self.seen += os.read(self._ours, 65536).decode(errors="replace").replace("\r", "")
        return status, self.seen

    def _look(self):
        """Takes what is to be seen; whether anything came within a second."""
        came = select.select([self._ours], [], [], 1)[0]
        if came:
            self.seen += os.read(self._ours, 65536).decode(errors="replace").replace("\r", "")
        return bool(came)

    @property
    def settings_now(self):
        return termios.tcgetattr(self._theirs)
