# SPDX-License-Identifier: MIT OR Apache-2.0
"""Instructions on the emulated HiFi4, from the trace of rpmsg-bench; and what a demo firmware uses of its
stack."""

from fractions import Fraction

from imxtest.fakelinux import FakeLinux, play_sample, play_tty

import source

# Each instruction takes 1024 ns of the emulated clock: CCOUNT's ticks are then a whole number of
# instructions, whatever the part of a tick that a measurement starts in.
ICOUNT = "shift=10"

# boards/imx8mp-evk-dsp.toml: dram0, where the stack grows down from the end
STACK, STACK_LEN = 0x3B6E8000, 0x8000
PAINT = b"\xa5"


def _lines(trace):
    """The trace without time stamps, by words."""
    return [line.partition("] ")[2].split() for line in trace.splitlines()]


def instructions(firmware):
    """Instructions per message of each case, beyond those of empty calls; kicks per burst; a link's size."""
    with FakeLinux(firmware, icount=ICOUNT) as linux:
        linux.boot()
        lines = _lines(linux.trace())
    single = {line[0]: line[1:] for line in lines if line and line[0] != "case"}
    turns, ticks = map(int, single["calibration"])
    tick = Fraction(turns, ticks)
    overhead = round(int(single["overhead"][0]) * tick)
    counts, kicks = {}, {}
    for name, *numbers in (line[1:] for line in lines if line and line[0] == "case"):
        messages, calls, ticks, kicked = map(int, numbers)
        counts[name] = (round(ticks * tick) - overhead * calls) / messages
        kicks[name] = kicked / calls
    return counts, kicks, int(single["link"][0])


def breakdown(firmware, debug, plugin, tools, root, out, *, skip, calls):
    """Instructions by function of ours in `calls` calls of measured_copy, behind `skip` others."""
    known = source.symbols(tools["nm"], debug)
    at = {symbol.name: symbol.address for symbol in known}
    arguments = f"on={at['measured_copy']:#x},off={at['measured_end']:#x},skip={skip},calls={calls},out={out}"
    with FakeLinux(firmware, icount=ICOUNT, plugins=[f"{plugin},{arguments}"]) as linux:
        linux.boot()
    return source.by_function(tools["symbolizer"], debug, source.counts(out), root, known)


def stack(firmware):
    """Bytes of the stack that a session of the demo touches: sample, tty, mistakes of Linux, unbind and bind."""
    with FakeLinux(firmware) as linux:
        linux.rproc.load()
        linux.memory.write(STACK, PAINT * STACK_LEN)
        linux.rproc.start()
        for _ in range(2):
            bus = linux.probe()
            peer = play_sample(bus, 100)
            play_tty(bus)
            client = bus.endpoint()
            client.send(0x7777, b"for nobody")
            client.send(peer, b"short", length=400)
            bus.tx.publish(0xFFFF)
            client.exchange(peer, b"after")
            client.exchange(peer, bytes(496))
            linux.remove()
        linux.probe()
        play_sample(linux.bus, 1)
        linux.stop()
        content = linux.memory.read(STACK, STACK_LEN)
    return STACK_LEN - (len(content) - len(content.lstrip(PAINT)))
