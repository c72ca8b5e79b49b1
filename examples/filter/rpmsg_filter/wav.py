# SPDX-License-Identifier: MIT OR Apache-2.0
"""WAV files as fractions of full scale: PCM of 16, 24 or 32 bits."""

import wave


class WavError(Exception):
    """Not a file that can be filtered."""


class Sound:
    """`channels` is a list of samples for each channel; `width` the bytes of a sample in the file."""

    def __init__(self, rate, width, channels):
        self.rate, self.width, self.channels = rate, width, channels


def read(path):
    try:
        with wave.open(str(path), "rb") as file:
            rate, width, count = file.getframerate(), file.getsampwidth(), file.getnchannels()
            data = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise WavError(f"{path}: {error or 'it ends too early'}") from error
    if width not in (2, 3, 4):
        raise WavError(f"{path}: samples of {8 * width} bits; convert it to 16, 24 or 32")
    scale = 1 << 8 * width - 1
    numbers = [int.from_bytes(data[at : at + width], "little", signed=True) / scale for at in range(0, len(data), width)]
    return Sound(rate, width, [numbers[channel::count] for channel in range(count)])


def write(path, sound):
    scale = 1 << 8 * sound.width - 1
    data = bytearray()
    for frame in zip(*sound.channels):
        for value in frame:
            number = max(-scale, min(scale - 1, round(value * scale)))
            data += number.to_bytes(sound.width, "little", signed=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(sound.channels))
        file.setsampwidth(sound.width)
        file.setframerate(sound.rate)
        file.writeframes(bytes(data))
