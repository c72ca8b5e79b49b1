# SPDX-License-Identifier: MIT OR Apache-2.0
"""Levels by band before and after, as text and as a drawing."""

import math

from .spectrum import FLOOR

# Columns of the longest bar.
WIDTH = 24


def text(before, after):
    """A line for each band: level before and after in dB, and a bar for each."""
    lines = [f"{'Hz':>7} {'before':>7} {'after':>7}"]
    for (hz, old), (_, new) in zip(before, after):
        bars = "".join(f"  {'#' * _length(level):<{WIDTH}}" for level in (old, new))
        lines.append(f"{hz:7.0f} {old:7.1f} {new:7.1f}{bars}".rstrip())
    return "\n".join(lines)


def _length(level):
    return max(0, min(WIDTH, round((level - FLOOR) / -FLOOR * WIDTH)))


# The drawing's frame, and what it shows.
LEFT, TOP, RIGHT, BOTTOM = 60, 20, 780, 340
LINES = (("before", "#999999"), ("after", "#c0392b"))


def svg(before, after):
    """The same as an SVG file: frequency on a logarithmic scale."""
    first, last = math.log10(before[0][0]), math.log10(before[-1][0])

    def x(hz):
        return LEFT + (math.log10(hz) - first) / ((last - first) or 1) * (RIGHT - LEFT)

    def y(level):
        return TOP + max(0.0, min(1.0, level / FLOOR)) * (BOTTOM - TOP)

    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 380" font-family="sans-serif" font-size="12">',
        '<rect width="800" height="380" fill="white"/>',
    ]
    for level in range(0, int(FLOOR) - 1, -20):
        parts.append(f'<path d="M{LEFT} {y(level):.1f}H{RIGHT}" stroke="#dddddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y(level) + 4:.1f}" text-anchor="end">{level} dB</text>')
    for hz in (50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000):
        if before[0][0] <= hz <= before[-1][0]:
            parts.append(f'<path d="M{x(hz):.1f} {TOP}V{BOTTOM}" stroke="#dddddd"/>')
            parts.append(f'<text x="{x(hz):.1f}" y="{BOTTOM + 16}" text-anchor="middle">{hz} Hz</text>')
    for (name, colour), bands, at in zip(LINES, (before, after), (LEFT + 10, LEFT + 80)):
        points = " ".join(f"{x(hz):.1f},{y(level):.1f}" for hz, level in bands)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{at}" y="{BOTTOM + 34}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])
