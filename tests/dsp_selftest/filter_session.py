# SPDX-License-Identifier: MIT OR Apache-2.0
"""A WAV file of two tones, of which one is filtered out, and what has to come of it."""

import array
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples/filter"))

from rpmsg_filter import __main__ as program  # noqa: E402  (the path above must come first)
from rpmsg_filter import spectrum, wav, wire  # noqa: E402

RATE = 16000
# Hz; the second has to vanish.
KEPT, GONE = 500, 6000
FILTER = "--low-pass 2000 --order 8"

# The greatest difference to the reference, in parts of full scale, docs/filter.md: some last bits of Q15; Q31 and f32 end
# as the file's 16 bits.
ACCURACY = {"q15": 6 / (1 << 15), "q31": 0.51 / (1 << 15), "f32": 0.51 / (1 << 15)}


def tones(count):
    """The samples of a channel, as the file's 16 bits have them."""
    turn = 2 * math.pi / RATE
    return [round(9000 * math.sin(turn * KEPT * i) + 9000 * math.sin(turn * GONE * i)) / 32768 for i in range(count)]


def rounded(value, form):
    """A coefficient as the core gets it."""
    if form == "f32":
        return array.array("f", [value])[0]
    return round(value * wire.FORMATS[form].coefficient_scale) / wire.FORMATS[form].coefficient_scale


def reference(sections, samples):
    """The filter in double precision, in transposed direct form II."""
    for b0, b1, b2, a1, a2 in sections:
        s1 = s2 = 0.0
        out = []
        for x in samples:
            y = b0 * x + s1
            s1, s2 = b1 * x - a1 * y + s2, b2 * x - a2 * y
            out.append(y)
        samples = out
    return samples


def level(samples, hz):
    return min(spectrum.bands(samples, RATE), key=lambda band: abs(math.log(band[0] / hz)))[1]


def write_sound(path, channels):
    wav.write(path, wav.Sound(RATE, 2, channels))


def check_sound(path, form, channels):
    """What the program made of the channels."""
    options = program.arguments(["in", "out", *FILTER.split()])
    sections = [[rounded(value, form) for value in section] for section in program.sections(options, RATE)]
    sound = wav.read(path)
    assert (sound.rate, sound.width, len(sound.channels)) == (RATE, 2, len(channels))
    for sent, got in zip(channels, sound.channels):
        assert len(got) == len(sent)
        errors = [abs(right - is_) for right, is_ in zip(reference(sections, sent), got)]
        assert max(errors) <= ACCURACY[form], f"{max(errors) * 32768} last bits"
        assert abs(level(got, KEPT) - level(sent, KEPT)) < 0.1
        assert level(sent, GONE) > -12 > -75 > level(got, GONE)


def check(tmp_path, form, connect, channels, counter):
    """Runs the program on a file of the channels, with that transport."""
    source, target, drawing = tmp_path / "in.wav", tmp_path / "out.wav", tmp_path / "spectrum.svg"
    write_sound(source, channels)
    options = program.arguments([str(source), str(target), *FILTER.split(), "--format", form, "--svg", str(drawing)])
    said = []
    program.run(options, connect, out=said.append)
    check_sound(target, form, channels)
    assert drawing.read_text().startswith("<svg")
    assert f"cycles by {counter}" in said[-1]
