# SPDX-License-Identifier: MIT OR Apache-2.0
"""How loud a sound is in each band: a third of an octave around frequencies that are powers of 10^(1/10)."""

import cmath
import math

# Samples of a transform, and how many transforms a long sound is looked at by; parts overlap by half at most.
LENGTH = 4096
PARTS = 64

# Silence, in dB below full scale, is drawn as this.
FLOOR = -120.0


def bands(samples, rate):
    """[(middle in Hz, level in dB, 0 being a sine of full scale)] from 25 Hz to half of the sampling rate."""
    power = _power(samples)
    bin_hz, result = rate / LENGTH, []
    for step in range(14, 44):
        middle = 10 ** (step / 10)
        low, high = middle / 10**0.05, middle * 10**0.05
        if high > rate / 2:
            break
        first, end = math.ceil(low / bin_hz), math.ceil(high / bin_hz)
        if first < end:
            result.append((middle, decibels(sum(power[first:end]))))
    return result


def decibels(power):
    return max(FLOOR, 10 * math.log10(power)) if power > 0 else FLOOR


def _power(samples):
    """Mean power by bin, in units of that of a sine of full scale."""
    samples = list(samples) + [0.0] * (LENGTH - len(samples))
    window = [0.5 - 0.5 * math.cos(2 * math.pi * i / LENGTH) for i in range(LENGTH)]
    # A transform holds half of a sine's power in its positive half; the window takes 1 - 3/8.
    scale = 4 / (LENGTH * sum(w * w for w in window))
    total = [0.0] * (LENGTH // 2)
    starts = range(0, len(samples) - LENGTH + 1, max(LENGTH // 2, (len(samples) - LENGTH) // PARTS))
    for start in starts:
        part = fft([sample * w for sample, w in zip(samples[start : start + LENGTH], window)])
        for i in range(LENGTH // 2):
            total[i] += abs(part[i]) ** 2
    return [value * scale / len(starts) for value in total]


def fft(values):
    """The discrete Fourier transform of a power of two of values."""
    if len(values) == 1:
        return [complex(values[0])]
    even, odd = fft(values[::2]), fft(values[1::2])
    turned = [cmath.exp(-2j * math.pi * i / len(values)) * value for i, value in enumerate(odd)]
    return [a + b for a, b in zip(even, turned)] + [a - b for a, b in zip(even, turned)]
