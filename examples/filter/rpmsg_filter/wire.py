# SPDX-License-Identifier: MIT OR Apache-2.0
"""The messages of the filter service, as docs/filter.md has them."""

import array
import struct
import sys
from typing import NamedTuple

CHANNEL = "imx-rpmsg-filter"

LONGEST = 496
HEADER = struct.Struct("<BBHIBBHI")
COEFFICIENTS, BLOCK, ANSWER = 1, 2, 0x80

STATUS = {
    1: "length: not as long as its count says",
    2: "kind: no such message",
    3: "format: unknown, or not that of the coefficients",
    4: "count: no section, too many, or no sample",
    5: "coefficient: no number, or the section is not stable",
    6: "no filter: never set, or others have taken its place",
    7: "sample: no number",
    8: "overflow: too large for f32",
}
COUNTERS = {1: "CCOUNT", 2: "SysTick"}


class Refused(Exception):
    """The core said no, or what it said is no answer."""


class Format(NamedTuple):
    """A number format: its code, array type, and the factors that make integers of fractions."""

    code: int
    typecode: str
    sample_scale: float
    coefficient_scale: float

    @property
    def size(self):
        return array.array(self.typecode).itemsize

    @property
    def block(self):
        """Samples that a message has room for."""
        return (LONGEST - HEADER.size) // self.size

    def pack(self, values, scale):
        """Rounds, and limits what does not fit."""
        if self.typecode != "f":
            most = (1 << 8 * self.size - 1) - 1
            values = (max(-most - 1, min(most, round(value * scale))) for value in values)
        return _little(array.array(self.typecode, values)).tobytes()

    def unpack(self, data, scale):
        numbers = array.array(self.typecode)
        numbers.frombytes(data)
        return [number / scale for number in _little(numbers)]


def _little(numbers):
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


FORMATS = {
    "q15": Format(1, "h", 1 << 15, 1 << 14),
    "q31": Format(2, "i", 1 << 31, 1 << 30),
    "f32": Format(3, "f", 1.0, 1.0),
}


class Answer(NamedTuple):
    """A block that came back; `counter` is the name of what counted the cycles."""

    sequence: int
    samples: list
    cycles: int
    counter: str


def coefficients(form, sections, sequence=0):
    """Sets the filter: five numbers for each section."""
    body = form.pack((value for section in sections for value in section), form.coefficient_scale)
    return HEADER.pack(COEFFICIENTS, form.code, len(sections), sequence, 0, 0, 0, 0) + body


def block(form, samples, sequence=0):
    """Samples to be filtered, as fractions of full scale."""
    return HEADER.pack(BLOCK, form.code, len(samples), sequence, 0, 0, 0, 0) + form.pack(samples, form.sample_scale)


def answer(form, kind, count, message):
    """What came back for a message of that kind and count."""
    if len(message) < HEADER.size:
        raise Refused(f"an answer of {len(message)} bytes")
    said, code, number, sequence, status, counter, _, cycles = HEADER.unpack_from(message)
    if status:
        raise Refused(STATUS.get(status, f"status {status}"))
    samples = message[HEADER.size :]
    expected = count * form.size if kind == BLOCK else 0
    if (said, code, number, len(samples)) != (kind | ANSWER, form.code, count, expected):
        raise Refused(f"an answer to something else: {message[: HEADER.size].hex()}")
    return Answer(sequence, form.unpack(samples, form.sample_scale), cycles, COUNTERS.get(counter, "nothing"))
