# SPDX-License-Identifier: MIT OR Apache-2.0
"""Coefficients, after R. Bristow-Johnson's "Cookbook formulae for audio EQ biquad filter coefficients"."""

import math


def _parts(hz, rate, q):
    if not 0 < hz < rate / 2:
        raise ValueError(f"{hz:g} Hz is not between 0 and half of {rate} Hz")
    w = 2 * math.pi * hz / rate
    return math.cos(w), math.sin(w) / (2 * q)


def _section(cos, alpha, b0, b1, b2):
    a0 = 1 + alpha
    return [b0 / a0, b1 / a0, b2 / a0, -2 * cos / a0, (1 - alpha) / a0]


def _butterworth(order):
    """Q of each section of a filter of even order: its poles are spread evenly over a half circle."""
    if order % 2 or not 2 <= order <= 16:
        raise ValueError(f"order {order} is not one of 2, 4 .. 16")
    return [1 / (2 * math.cos(math.pi * (2 * i + 1) / (2 * order))) for i in range(order // 2)]


def low_pass(hz, rate, order=4):
    sections = []
    for q in _butterworth(order):
        cos, alpha = _parts(hz, rate, q)
        sections.append(_section(cos, alpha, (1 - cos) / 2, 1 - cos, (1 - cos) / 2))
    return sections


def high_pass(hz, rate, order=4):
    sections = []
    for q in _butterworth(order):
        cos, alpha = _parts(hz, rate, q)
        sections.append(_section(cos, alpha, (1 + cos) / 2, -1 - cos, (1 + cos) / 2))
    return sections


def notch(hz, rate, q=2.0):
    cos, alpha = _parts(hz, rate, q)
    return [_section(cos, alpha, 1, -2 * cos, 1)]
