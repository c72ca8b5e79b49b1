# SPDX-License-Identifier: MIT OR Apache-2.0
"""The guest's console on the user's terminal: a shell in the guest, until Ctrl-] or the shell's end."""

import contextlib
import os
import select
import shlex
import signal
import sys
import termios
import threading
import tty

from .console import Gone
from .linux import CONSOLE

ESCAPE = b"\x1d"  # Ctrl-]
# For an input that ends. Ctrl-D would be lost where no shell reads the line yet.
EXIT = b"exit\n"


def sit(board, since):
    """Shows the console from the mark `since` on, runs a shell there, and passes on what is typed.

    Returns at Ctrl-], when the shell or the machine ends. An input that ends types `exit`.
    """
    board.linger()
    over, tell = os.pipe()
    threads = [threading.Thread(target=_tell_at_end, args=(tell, work, *args), daemon=True)
               for work, args in ((_show, (board.console, since)), (_shell, (board,)))]
    with _raw(sys.stdin), _at_termination():
        for thread in threads:
            thread.start()
        _type(board.console, over)


def _tell_at_end(tell, work, *args):
    try:
        work(*args)
    finally:
        os.write(tell, b".")


def _show(console, at):
    """Copies the console's log to standard output, until the machine ends."""
    sys.stdout.flush()
    while data := console.more(at):
        at += len(data)
        while data:
            data = data[os.write(sys.stdout.fileno(), data) :]


def _shell(board):
    """Runs a shell on the guest's console; returns when it ends."""
    size = os.get_terminal_size(sys.stdin.fileno()) if sys.stdin.isatty() else None
    of_terminal = f"rows {size.lines} cols {size.columns}" if size and size.lines and size.columns else ""
    kind = shlex.quote(os.environ.get("TERM", "dumb"))
    # The console becomes the controlling terminal of the new session that setsid makes; it would not wait for that
    # session's end if it were a group's first process itself, hence the second command.
    shell = f"cd /; stty sane {of_terminal}; HOME=/ TERM={kind} PS1='~ # ' exec sh"
    with contextlib.suppress(Gone):
        board.run(f"setsid -c sh -c {shlex.quote(shell)} <{CONSOLE} >{CONSOLE} 2>&1; :")


def _type(console, over):
    """Copies standard input to the console; returns when `over` can be read, and at Ctrl-]."""
    watched = [sys.stdin.fileno(), over]
    while over not in (ready := select.select(watched, [], [])[0]):
        if not ready:
            continue
        data = os.read(sys.stdin.fileno(), 1024)
        before, escape, _ = data.partition(ESCAPE)
        try:
            console.write(before if data else EXIT)
        except Gone:
            return
        if escape:
            return
        if not data:
            watched = [over]


@contextlib.contextmanager
def _raw(stream):
    """The user's terminal passes on each key as it is, and gets back what it was."""
    if not stream.isatty():
        yield
        return
    before = termios.tcgetattr(stream)
    tty.setraw(stream)
    try:
        yield
    finally:
        termios.tcsetattr(stream, termios.TCSADRAIN, before)
        print("\r")


@contextlib.contextmanager
def _at_termination():
    """A signal that ends the program gives the terminal back too."""

    def end(number, _frame):
        sys.exit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
