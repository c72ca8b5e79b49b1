# SPDX-License-Identifier: MIT OR Apache-2.0
"""The filters do what their names say, by their transfer function."""

import cmath
import math

import pytest
from rpmsg_filter import design

RATE = 48000


def gain(sections, hz):
    """In dB, at z on the unit circle."""
    z = cmath.exp(2j * math.pi * hz / RATE)
    product = 1
    for b0, b1, b2, a1, a2 in sections:
        product *= (b0 + b1 / z + b2 / z**2) / (1 + a1 / z + a2 / z**2)
    return 20 * math.log10(max(abs(product), 1e-9))


@pytest.mark.parametrize("order", [2, 4, 8, 16])
@pytest.mark.parametrize("hz", [100, 1000, 10000])
def test_butterworth_filters_halve_the_power_at_their_edge(order, hz):
    for make, stop, far in ((design.low_pass, hz * 2, 1), (design.high_pass, hz / 2, RATE / 2 - 1)):
        sections = make(hz, RATE, order)
        assert len(sections) == order // 2
        assert gain(sections, hz) == pytest.approx(-3.01, abs=0.01)
        assert gain(sections, far) == pytest.approx(0, abs=0.01)
        assert gain(sections, stop) < -5.9 * order


def test_a_notch_takes_out_its_frequency_alone():
    sections = design.notch(1000, RATE)
    assert gain(sections, 1000) < -100
    assert gain(sections, 100) == pytest.approx(0, abs=0.05)
    assert gain(sections, 10000) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("hz", [0, -1, 24000, 30000])
def test_frequencies_that_the_rate_does_not_have_are_refused(hz):
    for make in (design.low_pass, design.high_pass, design.notch):
        with pytest.raises(ValueError, match="not between 0 and half of 48000 Hz"):
            make(hz, RATE)


@pytest.mark.parametrize("order", [0, 3, 18])
def test_orders_that_make_no_whole_sections_are_refused(order):
    with pytest.raises(ValueError, match=f"order {order}"):
        design.low_pass(1000, RATE, order)
