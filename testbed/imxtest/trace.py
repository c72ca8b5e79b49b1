# SPDX-License-Identifier: MIT OR Apache-2.0
"""The text of a trace buffer, whose newest text overwrites the oldest (src/console/trace.rs)."""

SEAM = "\n~~~~ older lines follow ~~~~\n"
# Bytes of what was shown that are looked for again: time stamps make them unlike anything else.
TAIL = 200


def in_order(text):
    """The text from the oldest that is left to the newest, without the seam between them."""
    newest, seam, oldest = text.partition(SEAM)
    if seam:
        return oldest + newest
    # At the buffer's end there may be room for a part of the seam alone, and nothing older follows.
    cut = next((n for n in range(len(SEAM) - 1, 1, -1) if text.endswith(SEAM[:n])), 0)
    return text[: len(text) - cut]


class News:
    """The new whole lines of a log that grows at its end and loses its oldest lines."""

    def __init__(self):
        self._tail = ""

    def of(self, text):
        """Those of the log, which is in order, since the last call; all, when nothing of then is left."""
        at = text.rfind(self._tail) if self._tail else -1
        new = text[at + len(self._tail) :] if at >= 0 else text
        new = new[: new.rfind("\n") + 1]
        self._tail = (self._tail + new if at >= 0 else new)[-TAIL:]
        return new
