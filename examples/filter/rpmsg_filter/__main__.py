# SPDX-License-Identifier: MIT OR Apache-2.0
"""Filters a WAV file on the core beside Linux, which runs rpmsg-filter.elf.

    python3 -m rpmsg_filter in.wav out.wav --low-pass 1000 --svg spectrum.svg
"""

import argparse
import contextlib
import sys
from pathlib import Path

from . import design, device, plot, spectrum, wav, wire
from .client import Filter


def arguments(words):
    parser = argparse.ArgumentParser(
        prog="rpmsg_filter", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("input", type=Path, help="a WAV file: PCM of 16, 24 or 32 bits")
    parser.add_argument("output", type=Path, help="the file to write")
    parser.add_argument("--low-pass", type=float, action="append", default=[], metavar="HZ")
    parser.add_argument("--high-pass", type=float, action="append", default=[], metavar="HZ")
    parser.add_argument("--notch", type=float, action="append", default=[], metavar="HZ")
    parser.add_argument("--order", type=int, default=4, help="of --low-pass and --high-pass: 2, 4 .. 16 (%(default)s)")
    parser.add_argument("--format", choices=wire.FORMATS, default="q31", help="what the core computes in (%(default)s)")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the levels before and after")
    parser.add_argument("--control", default="/dev/rpmsg_ctrl0", help="%(default)s")
    options = parser.parse_args(words)
    if not options.low_pass + options.high_pass + options.notch:
        parser.error("nothing to do: give --low-pass, --high-pass or --notch")
    return options


def sections(options, rate):
    """The filter that was asked for."""
    parts = [design.high_pass(hz, rate, options.order) for hz in options.high_pass]
    parts += [design.low_pass(hz, rate, options.order) for hz in options.low_pass]
    parts += [design.notch(hz, rate) for hz in options.notch]
    return [section for part in parts for section in part]


def run(options, connect, out=print):
    """Does what the options ask; `connect()` gives a context manager of a transport for each channel."""
    sound = wav.read(options.input)
    if not sound.channels[0]:
        raise wav.WavError(f"{options.input}: no sample in it")
    form, filters = wire.FORMATS[options.format], []
    wanted = sections(options, sound.rate)
    filtered = []
    with contextlib.ExitStack() as stack:
        for samples in sound.channels:
            filters.append(Filter(stack.enter_context(connect()), form, wanted))
            filtered.append(filters[-1].run(samples))
    wav.write(options.output, wav.Sound(sound.rate, sound.width, filtered))

    for number, (before, after) in enumerate(zip(sound.channels, filtered)):
        before, after = spectrum.bands(before, sound.rate), spectrum.bands(after, sound.rate)
        out(f"channel {number}, dB below a sine of full scale:")
        out(plot.text(before, after))
        if options.svg and number == 0:
            options.svg.write_text(plot.svg(before, after))
    cycles, samples = sum(each.cycles for each in filters), sum(each.samples for each in filters)
    out(
        f"{samples} samples, {len(wanted)} sections in {options.format}: {cycles} cycles by {filters[0].counter}, "
        f"{cycles / samples:.0f} for a sample"
    )


def main(words=None):
    options = arguments(words)
    try:
        address = device.find_address()
        run(options, lambda: device.Endpoint(address, options.control))
    except (device.DeviceError, wire.Refused, wav.WavError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
