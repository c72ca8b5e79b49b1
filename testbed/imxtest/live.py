# SPDX-License-Identifier: MIT OR Apache-2.0
"""Both sides of a session while it runs: the firmware's lines as they come, and the end when either side gives up."""

import re
import subprocess
import threading
import time
from collections import Counter

from . import paths
from .boards import BOARDS
from .session import Refused
from .trace import News

LOOK_SECONDS = 0.05
# A refusal is followed by more lines (the rest of a report, what Linux makes of it). All are there when nothing has come
# for this long.
SETTLED_SECONDS = 0.5
MOST_SECONDS = 5

# Refused rings, faults, panics, hangs and exceptions, as a firmware made with this library logs them
FIRMWARE_GAVE_UP = re.compile(
    r"^(?:\[[ 0-9.]+\] )?(?:warning: |error: )?"
    r"(vring[0-9]+ refused: .*|Linux has its resource table elsewhere .*|\*\*\* .*)", re.MULTILINE)  # fmt: skip

# Linux itself
KERNEL_DIED = ("Kernel panic - |Internal error: |Unable to handle kernel ", "Linux itself has crashed",
               "the lines above are its report")  # fmt: skip
# What Linux says of a firmware that gets too little time: it can recover from that
NOT_THE_END = ("err:-62",)


def refusals():
    """The lines of Linux's that scripts/lib/refusals.sh knows, as (pattern, reason, remedy), causes first."""
    script = 'source "$0"; printf "%s\\0" "${REFUSALS[@]}"'
    command = ["bash", "-c", script, paths.ROOT / "scripts/lib/refusals.sh"]
    words = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split("\0")[:-1]
    known = zip(words[::3], words[1::3], words[2::3])
    return [KERNEL_DIED] + [
        entry for entry in known if not entry[0].startswith("refused:") and not any(end in entry[0] for end in NOT_THE_END)]


class Live:
    """Shows the firmware's log and serial port, and Linux's console, as they come. A context manager.

    When either side says that it gives up, every wait for a line of the board raises `Refused`, with the reason.
    """

    def __init__(self, board, session, symbols=None):
        self._board = board
        # The firmware's file with symbols, which names the calls of a report
        self._symbols = symbols
        self._session = session
        self._refusals = refusals()
        self._since = session.shown
        self._firmware = ""
        self._trace = News()
        self._uart = 0
        # Lines that were shown from the log or the serial port, and are still to come from the other.
        self._twice = {"firmware": Counter(), "uart": Counter()}
        self._busy = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="live", daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Shows what has come so far, and nothing after that."""
        if not self._over.is_set():
            self._over.set()
            self._thread.join()
            self.look()

    def look(self):
        """Shows what has come; returns whether there was anything."""
        with self._busy:
            text = self._trace.of(log_of(self._board))
            uart, self._uart = self._board.core_console.whole_lines(self._uart)
            self._firmware += text + uart
            self._tell("firmware", "uart", text)
            self._tell("uart", "firmware", uart)
            return bool(text or uart or self._session.show())

    def reason(self):
        """Why a side gave up, once all lines that belong to that have come; None when neither has."""
        if not self._given_up():
            return None
        end = time.monotonic() + MOST_SECONDS
        quiet = time.monotonic()
        while time.monotonic() < min(end, quiet + SETTLED_SECONDS):
            time.sleep(LOOK_SECONDS)
            if self.look():
                quiet = time.monotonic()
        return self._given_up()

    def _given_up(self):
        linux = self._board.console.text(self._since)
        for pattern, reason, remedy in self._refusals:
            if found := re.search(rf"^.*(?:{pattern}).*$", linux, re.MULTILINE):
                for name, value in (("BOARD", self._board.board), ("DRIVER", BOARDS[self._board.board].driver)):
                    reason, remedy = reason.replace(name, value), remedy.replace(name, value)
                return Refused(f"Linux said {found[0].strip()!r}: {reason}; {remedy}")
        for found in FIRMWARE_GAVE_UP.finditer(self._firmware):
            # Rings that Linux was still setting up are refused at first, and accepted later.
            if not (found[1].startswith("vring") and "link up (" in self._firmware[found.end() :]):
                calls = ""
                if found[1].startswith("***") and self._symbols and self._symbols.exists():
                    calls = f"; scripts/backtrace.py OUTPUT {self._symbols}, with all of this in a file OUTPUT, names the calls"
                return Refused(f"the firmware said {found[1]!r}: docs/debugging.md says what to look at{calls}")
        return None

    def _tell(self, name, other, text):
        for line in text.splitlines():
            if self._twice[other][line]:
                self._twice[other][line] -= 1
                continue
            self._twice[name][line] += 1
            self._session.say(f"{name}: {line}\n")

    def _watch(self):
        while not self._over.wait(LOOK_SECONDS):
            self.look()
            if reason := self.reason():
                self._board.give_up(reason)
                return


def log_of(board):
    """The firmware's log; empty when it has none, and of a file that is no firmware."""
    try:
        return board.trace_in_memory()
    except Exception:  # what the file is, Linux says
        return ""
