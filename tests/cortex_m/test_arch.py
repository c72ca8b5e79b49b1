# SPDX-License-Identifier: MIT OR Apache-2.0
"""Masking and sleeping on the core, by rpmsg-selftest-m7: what each step saw is "masked" or "open", and how many
interrupts were served by then; and what the clock says of a work."""

import pytest


@pytest.fixture(scope="module")
def seen(printed):
    # An instruction for each nanosecond: the timer cannot come before the core sleeps.
    lines = printed("rpmsg-selftest-m7", "-icount", "shift=0").splitlines()
    return dict(line.split(": ") for line in lines)


def test_a_masked_interrupt_waits_for_the_end_of_the_outermost_mask(seen):
    assert seen["start"] == "open 0"
    assert seen["masked twice"] == "masked 0"
    assert seen["masked once"] == "masked 0"
    assert seen["behind it"] == "open 1"


def test_who_is_awake_does_not_sleep(seen):
    assert seen["awake, asked"] == "masked 1"
    assert seen["awake, behind it"] == "open 1"


def test_an_interrupt_between_the_answer_and_the_sleep_ends_the_sleep(seen):
    assert seen["pending, asked"] == "masked 1"
    assert seen["pending, behind it"] == "open 2"


def test_a_masked_sleep_ends_with_the_interrupt_still_pending(seen):
    assert seen["masked sleep"] == "masked 2"
    assert seen["masked sleep, behind it"] == "open 3"


def test_sleep_lasts_until_an_interrupt(seen):
    assert seen["sleep, asked"] == "masked 3"
    assert seen["sleep, behind it"] == "open 4"


def test_the_clock_loses_nothing_when_an_alarm_is_served_late(seen):
    work = int(seen["work"])
    assert work > 3 * 1000, "the work ends before the alarm could come several times"
    assert int(seen["work, many alarms long"]) == pytest.approx(work, rel=0.05)
    assert int(seen["work, less than an alarm long"]) == pytest.approx(work, rel=0.05)
