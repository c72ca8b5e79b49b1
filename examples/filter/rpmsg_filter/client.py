# SPDX-License-Identifier: MIT OR Apache-2.0
"""A filter on the core, over anything that can send and receive messages."""

import collections

from . import wire

# Messages that may be on their way at a time; Linux has 256 buffers each way, for all its endpoints.
WINDOW = 8


class Filter:
    """Sets the coefficients, then filters block by block.

    `transport` has `send(message)` and `receive()`, which waits for the next answer. One transport is one
    endpoint, and so one filter.
    """

    def __init__(self, transport, form, sections):
        self._transport, self._form = transport, form
        self.cycles, self.samples, self.counter = 0, 0, ""
        transport.send(wire.coefficients(form, sections))
        wire.answer(form, wire.COEFFICIENTS, len(sections), transport.receive())

    def run(self, samples):
        """The samples, filtered."""
        out, waiting, sequence = [], collections.deque(), 0
        for at in range(0, len(samples), self._form.block):
            part = samples[at : at + self._form.block]
            self._transport.send(wire.block(self._form, part, sequence))
            waiting.append((sequence, len(part)))
            sequence += 1
            if len(waiting) == WINDOW:
                out += self._next(*waiting.popleft())
        while waiting:
            out += self._next(*waiting.popleft())
        return out

    def _next(self, sequence, count):
        answer = wire.answer(self._form, wire.BLOCK, count, self._transport.receive())
        if answer.sequence != sequence:
            raise wire.Refused(f"block {answer.sequence} came back in place of block {sequence}")
        self.cycles += answer.cycles
        self.samples += count
        self.counter = answer.counter
        return answer.samples
