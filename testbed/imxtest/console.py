# SPDX-License-Identifier: MIT OR Apache-2.0
"""A serial port of an emulated machine: a log that grows, in which one can wait for lines."""

import re
import socket
import threading
import time


# The longest that one wait may take, for a loaded machine: what comes at all comes long before.
PATIENCE_SECONDS = 300
# How many characters the error of a failed wait quotes of what had come.
TOLD = 2000


class Gone(Exception):
    """The other end went away, or the time passed, before what was awaited came. The message says what had come."""


class DeadlinePassed(Gone):
    """The machine runs, but what was awaited did not come in time."""


class Console:
    """Collects what arrives on a connected socket; any thread may wait for parts of it."""

    def __init__(self, name, sock, patience=PATIENCE_SECONDS):
        self.name = name
        self.patience = patience  # seconds of each wait, from its own beginning; None: for ever
        self._sock = sock
        self._data = bytearray()
        self._closed = False
        self._given_up = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._collect, name=f"{name} reader", daemon=True)
        self._thread.start()

    def _collect(self):
        while True:
            try:
                data = self._sock.recv(65536)
            except OSError:
                data = b""
            with self._changed:
                self._data += data
                self._closed = not data
                self._changed.notify_all()
            if not data:
                return

    def write(self, data):
        """Sends bytes to the machine."""
        try:
            self._sock.sendall(data)
        except OSError as error:
            raise Gone(f"{self.name}: {error}") from error

    def mark(self):
        """The place that the log has reached, for `wait` and `text`."""
        with self._changed:
            return len(self._data)

    def text(self, since=0):
        """The log as text, lines ending in newlines alone."""
        with self._changed:
            data = bytes(self._data[since:])
        return data.decode(errors="replace").replace("\r\n", "\n")

    def whole_lines(self, since):
        """The complete lines after `since` as text, and the mark behind them."""
        with self._changed:
            end = max(self._data.rfind(b"\n") + 1, since)
            data = bytes(self._data[since:end])
        return data.decode(errors="replace").replace("\r\n", "\n"), end

    def wait(self, pattern, since=0, within=None):
        """Waits until the regular expression matches the log after `since`; returns the match.

        It takes at most `within` seconds, if that is less than the console's own patience.
        """
        return self._wait(lambda: re.search(pattern, self.text(since), re.MULTILINE), repr(pattern), since, within)

    def more(self, since):
        """Waits for and returns what comes after `since`, as bytes; nothing once the machine has ended."""
        with self._changed:
            while len(self._data) <= since and not self._closed:
                self._changed.wait()
            return bytes(self._data[since:])

    def read(self, since, count):
        """Waits for and returns the `count` bytes after `since`."""

        def enough():
            return len(self._data) >= since + count and bytes(self._data[since : since + count])

        return self._wait(enough, f"{count} bytes", since) if count else b""

    def read_line(self, since):
        """Waits for and returns the line that begins at `since`, with its newline, as bytes."""

        def line():
            end = self._data.find(b"\n", since)
            return end >= 0 and bytes(self._data[since : end + 1])

        return self._wait(line, "a line", since)

    def _wait(self, found, what, since, within=None):
        begin = time.monotonic()
        with self._changed:
            while not (result := found()):
                limits = [seconds for seconds in (self.patience, within) if seconds is not None]
                left = begin + min(limits) - time.monotonic() if limits else None
                if self._given_up:
                    raise self._given_up
                if self._closed:
                    raise Gone(f"{self.name}: the machine ended while waiting for {what}; {self._told(since)}")
                if left is not None and left <= 0:
                    raise DeadlinePassed(f"{self.name}: no {what} within {min(limits):g} s; {self._told(since)}")
                self._changed.wait(left)
            return result

    def give_up(self, error):
        """Waits for what has not come raise this error from now on, at once; None: no longer."""
        with self._changed:
            self._given_up = error
            self._changed.notify_all()

    def _told(self, since):
        """What has come since then, for a person to read."""
        text = self.text(since)
        if not text:
            return "nothing came"
        shown = text if len(text) <= TOLD else f"...{text[-TOLD:]}"
        return f"{len(self._data) - since} bytes came: {shown!r}"

    def close(self):
        """Ends the collection; the log stays."""
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join()
        self._sock.close()
