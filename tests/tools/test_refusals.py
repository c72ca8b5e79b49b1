# SPDX-License-Identifier: MIT OR Apache-2.0
"""scripts/lib/refusals.sh: each of Linux's lines that it knows is one that a kernel of the testbed has."""

import re

from imxtest import live
from imxtest.linux import KERNELS, kernel_folder

# What a format of the kernel's may print in a place of each kind
NUMBERS = ("-2", "-22", "-62", "-110")
PLACE = re.compile(r"%[-#0-9.*+ ]*(?:hh|h|ll|l|z)?([a-zA-Z])")


def alternatives(pattern):
    """The expressions that the pattern is made of."""
    if group := re.search(r"\(([^()]*\|[^()]*)\)", pattern):
        before, behind = pattern[: group.start()], pattern[group.end() :]
        return [one for choice in group[1].split("|") for one in alternatives(before + choice + behind)]
    return pattern.split("|")


def printed(series):
    """Whatever the kernel and its modules may print, with one thing or another in the places of their formats."""
    folder = kernel_folder(series)
    texts = {text for file in (folder / "Image", *(folder / "modules").glob("*.ko"))
             for text in re.findall(rb"[ -~]{8,}", file.read_bytes())}  # fmt: skip
    text = b"\n".join(texts).decode("ascii")
    for number in NUMBERS:
        yield PLACE.sub(lambda place: {"s": "kick", "d": number}.get(place[1], "0"), text)


def test_every_line_is_one_that_linux_prints():
    wanted = {one for pattern, _, _ in [*live.refusals(), ("kick: failed .*err:-62", "", "")] for one in alternatives(pattern)}
    for series in KERNELS:
        for text in printed(series):
            wanted -= {one for one in wanted if re.search(one, text)}
    assert not wanted, "no kernel prints them"
