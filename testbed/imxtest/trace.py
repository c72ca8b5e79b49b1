# SPDX-License-Identifier: MIT OR Apache-2.0
"""The text of a trace buffer, whose newest text overwrites the oldest (src/console/trace.rs)."""

SEAM = "\n~~~~ older lines follow ~~~~\n"


def in_order(text):
    """The text from the oldest that is left to the newest, without the seam between them."""
    newest, seam, oldest = text.partition(SEAM)
    if seam:
        return oldest + newest
    # At the buffer's end there is room for a part of it, and nothing older behind.
    cut = next((n for n in range(len(SEAM) - 1, 1, -1) if text.endswith(SEAM[:n])), 0)
    return text[: len(text) - cut]
