# SPDX-License-Identifier: MIT OR Apache-2.0
"""WAV files, levels by band, and their plots."""

import math
import wave
import xml.etree.ElementTree

import pytest
from rpmsg_filter import plot, spectrum, wav

RATE = 16000


def tone(hz, level, count=8192):
    return [level * math.sin(2 * math.pi * hz * i / RATE) for i in range(count)]


@pytest.mark.parametrize("width", [2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_wav_file_comes_back_as_it_was(tmp_path, width, channels):
    path, again = tmp_path / "in.wav", tmp_path / "out.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(RATE)
        file.writeframes(bytes(range(256)) * width * channels)
    sound = wav.read(path)
    assert len(sound.channels) == channels
    wav.write(again, sound)
    assert again.read_bytes() == path.read_bytes()


def test_samples_that_do_not_fit_are_limited(tmp_path):
    wav.write(tmp_path / "loud.wav", wav.Sound(RATE, 2, [[2.0, -2.0, 1.0, 0.5]]))
    assert wav.read(tmp_path / "loud.wav").channels == [[32767 / 32768, -1, 32767 / 32768, 0.5]]


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no sound at all, in twelve bytes or more"])
def test_what_is_no_wav_file_is_refused_by_name(tmp_path, content):
    (tmp_path / "bad.wav").write_bytes(content)
    with pytest.raises(wav.WavError, match="bad.wav"):
        wav.read(tmp_path / "bad.wav")


def test_a_transform_is_the_sum_that_defines_it():
    values = [(7 * i * i + 3) % 11 - 5 for i in range(32)]
    for k, got in enumerate(spectrum.fft(values)):
        right = sum(v * complex(math.cos(2 * math.pi * k * i / 32), -math.sin(2 * math.pi * k * i / 32)) for i, v in enumerate(values))
        assert abs(got - right) < 1e-9


def loudest(bands):
    return max(bands, key=lambda band: band[1])


@pytest.mark.parametrize("count", [4096, 8192, 500_000])
@pytest.mark.parametrize(("hz", "level", "expected"), [(500, 1.0, 0.0), (500, 0.1, -20.0), (5000, 0.5, -6.02)])
def test_a_tone_has_its_level_in_its_band(hz, level, expected, count):
    middle, got = loudest(spectrum.bands(tone(hz, level, count), RATE))
    assert got == pytest.approx(expected, abs=0.1)
    assert middle / 10**0.05 <= hz < middle * 10**0.05


def test_silence_is_the_floor():
    assert {level for _, level in spectrum.bands([0.0] * 100, RATE)} == {spectrum.FLOOR}


def test_the_plots_have_a_point_for_each_band():
    before, after = spectrum.bands(tone(500, 1.0), RATE), spectrum.bands(tone(500, 0.01), RATE)
    lines = plot.text(before, after).splitlines()
    assert len(lines) == len(before) + 1
    rows = {fields[0]: fields[1:3] for fields in map(str.split, lines)}
    assert [float(level) for level in rows["501"]] == pytest.approx([0, -40], abs=0.1)
    drawing = xml.etree.ElementTree.fromstring(plot.svg(before, after))
    curves = drawing.findall("{http://www.w3.org/2000/svg}polyline")
    assert [len(curve.get("points").split()) for curve in curves] == [len(before), len(after)]
