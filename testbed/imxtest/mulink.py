# SPDX-License-Identifier: MIT OR Apache-2.0
"""Processor A's side of the MU, with the emulator of processor B at the other end.

Shared memory and protocol are those of testbed/qemu/overlay/include/hw/misc/imx_mu.h: the state is
in memory, so that it is never older than what the rings say; messages tell of its changes.
"""

import collections
import enum
import select
import struct
import time

from .console import PATIENCE_SECONDS

CHANNELS = 4
MESSAGE = struct.Struct("<3I")


class Op(enum.IntEnum):
    """Operations on the link."""

    WORD = 1  # index: channel, value: the word written to TRn
    READ = 2  # index: channel whose RRn was read
    REQUEST = 3  # value: mask of general-purpose interrupt requests
    ACCEPT = 4  # value: mask of requests that were cleared
    FLAGS = 5  # value: the three flags
    CORE = 6  # value: bit 0 core held in reset, bit 1 core stalled; the peer answers when it is so
    RESET = 7  # both sides return to their reset state


CORE_IN_RESET = 1
CORE_STALLED = 2

# struct ImxMuSide: fields by their first word
SIDE_WORDS = 32
WORD, SENT, TAKEN, RAISED, ACCEPTED, FLAGS = 0, 4, 8, 12, 16, 20


class LinkTimeout(Exception):
    """What was awaited did not come in time."""


class LinkClosed(Exception):
    """The other processor's emulator has gone."""


class _Side:
    """One side's words in the shared memory: `side[SENT + 2]`."""

    def __init__(self, words, number):
        self._words, self._first = words, number * SIDE_WORDS

    def __getitem__(self, index):
        return self._words[self._first + index]

    def __setitem__(self, index, value):
        self._words[self._first + index] = value & 0xFFFFFFFF


class MuLink:
    """Side A. Like Linux's driver it reads each word at once and accepts request 0 at once.

    `read_at_once = False` leaves words in RRn, so that the peer's TEn stays clear, until
    `read_word`; `accept_mask` says which requests are accepted at once, as its driver has it.
    """

    def __init__(self, memory, sock, patience=PATIENCE_SECONDS):
        self.patience = patience  # seconds of each wait, from its own beginning
        self.read_at_once = True
        self.accept_mask = 0b0001
        self.words = [collections.deque() for _ in range(CHANNELS)]
        self.requests = [0] * CHANNELS
        self.core = self._core_now = CORE_STALLED
        self.history = collections.deque(maxlen=64)
        self._mine, self._peer = _Side(memory.mu_words, 0), _Side(memory.mu_words, 1)
        self._sock = sock
        self._start = time.monotonic()
        self._input = bytearray()

    def close(self):
        self._sock.close()

    # The registers, as processor A sees them

    def tx_empty(self, channel=0):
        return self._mine[SENT + channel] == self._peer[TAKEN + channel]

    def rx_full(self, channel=0):
        return self._peer[SENT + channel] != self._mine[TAKEN + channel]

    def request_pending(self, number=0):
        """GIPn: the peer has raised the request and it was not accepted."""
        return self._peer[RAISED + number] != self._mine[ACCEPTED + number]

    @property
    def peer_flags(self):
        return self._peer[FLAGS]

    # What processor A does

    def send_word(self, word, channel=0):
        """Writes TRn once the peer has read the word before."""
        self.wait_read(channel)
        self.overwrite_word(word, channel)

    def overwrite_word(self, word, channel=0):
        """Writes TRn in any case, as no driver should."""
        self._mine[WORD + channel] = word
        self._mine[SENT + channel] += 1
        self._send(Op.WORD, channel, word)

    def wait_read(self, channel=0):
        """Waits until the peer has read the last word."""
        self.wait_for(lambda: self.tx_empty(channel), f"the firmware to read RR{channel}")

    def read_word(self, channel=0):
        """Takes the oldest word of a channel, waiting for one."""
        self.wait_for(lambda: self.words[channel], f"a word in RR{channel}")
        word = self.words[channel].popleft()
        self._take(channel)
        return word

    def _take(self, channel):
        if self.rx_full(channel):
            self._mine[TAKEN + channel] = self._peer[SENT + channel]
            self._send(Op.READ, channel, 0)

    def request(self, mask):
        """Raises general-purpose requests (GIRn)."""
        for n in range(CHANNELS):
            if mask >> n & 1:
                self._mine[RAISED + n] += 1
        self._send(Op.REQUEST, 0, mask)

    def accept(self, mask):
        """Clears requests of the peer (GIPn)."""
        for n in range(CHANNELS):
            if mask >> n & 1:
                self._mine[ACCEPTED + n] = self._peer[RAISED + n]
        self._send(Op.ACCEPT, 0, mask)

    def set_flags(self, flags):
        self._mine[FLAGS] = flags
        self._send(Op.FLAGS, 0, flags)

    def set_core(self, *, reset=False, stalled=False):
        """Drives the core's reset and run-stall lines; returns when the core has obeyed."""
        core = (CORE_IN_RESET if reset else 0) | (CORE_STALLED if stalled else 0)
        if core != self.core:
            self.core = core
            self._send(Op.CORE, 0, core)
            # A core that is still running would write to memory that is loaded anew.
            self.wait_for(lambda: self._core_now == core, "the emulator to drive the core's lines")

    def reset(self):
        """CR.MUR: both sides of the MU as after power-on."""
        for n in range(CHANNELS):
            self._mine[SENT + n] = self._peer[TAKEN + n]
            self._mine[TAKEN + n] = self._peer[SENT + n]
            self._mine[RAISED + n] = self._peer[ACCEPTED + n]
            self._mine[ACCEPTED + n] = self._peer[RAISED + n]
            self.words[n].clear()
        self._mine[FLAGS] = 0
        self._send(Op.RESET, 0, 0)

    # Waiting

    def wait_for(self, condition, what, handle=None):
        """Processes messages until `condition()` holds; `handle()` runs at first and after each."""
        if handle is not None:
            handle()
        self.take_arrived(handle)
        end = time.monotonic() + self.patience
        while not (result := condition()):
            if not self._wait_readable(end - time.monotonic()):
                raise LinkTimeout(f"waited {self.patience:g} s in vain for {what}")
            self.take_arrived(handle)
        return result

    def wait_arrival(self, timeout):
        """Waits at most `timeout` seconds for any message; says whether there was one."""
        if not self._wait_readable(timeout):
            return False
        self.take_arrived()
        return True

    def take_arrived(self, handle=None):
        """Processes what has arrived, without waiting. `handle` may wait for more itself."""
        while True:
            while len(self._input) >= MESSAGE.size:
                message = MESSAGE.unpack_from(self._input)
                del self._input[: MESSAGE.size]
                self._process(*message)
                if handle is not None:
                    handle()
            if not self._wait_readable(0):
                return
            data = self._sock.recv(4096)
            if not data:
                raise LinkClosed("the core's emulator has closed the link")
            self._input += data

    def _wait_readable(self, timeout):
        return bool(select.select([self._sock], [], [], max(0, timeout))[0])

    def _process(self, op, index, value):
        self._note("<-", op, index, value)
        if op == Op.WORD:
            self.words[index].append(value)
            if self.read_at_once:
                self._take(index)
        elif op == Op.REQUEST:
            for n in range(CHANNELS):
                self.requests[n] += value >> n & 1
            if now := value & self.accept_mask:
                self.accept(now)
        elif op == Op.CORE:
            self._core_now = value

    def _send(self, op, index, value):
        self._note("->", op, index, value)
        try:
            self._sock.sendall(MESSAGE.pack(op, index, value & 0xFFFFFFFF))
        except BrokenPipeError as error:
            raise LinkClosed("the core's emulator has closed the link") from error

    def _note(self, direction, op, index, value):
        self.history.append((time.monotonic() - self._start, direction, op, index, value))

    def traffic(self):
        """The last messages of both directions as text; `->` is towards the core."""
        return "".join(
            f"{at:10.6f} {direction} {Op(op).name:7} {index} {value:#x}\n"
            for at, direction, op, index, value in self.history
        )
