# SPDX-License-Identifier: MIT OR Apache-2.0
"""Boots a firmware on the emulated HiFi4 with a fake Linux: no kernel, a second instead of many.

    /usr/bin/python3 -m imxtest.fakelinux FIRMWARE.elf [options]        (from testbed/)

Loads the ELF as imx_dsp_rproc does, waits for the ready doorbell, serves the rings as
virtio_rpmsg_bus does, and plays the sample: messages to rpmsg-client-sample, "Hello" to rpmsg-tty.
Prints the firmware's trace. Exit status 0: all as expected; 1: not; 2: the firmware cannot be loaded.
"""

import argparse
import contextlib
import signal
import socket
import sys
import time
from pathlib import Path

from . import qemu
from .elf import ElfError
from .mulink import LinkClosed, LinkTimeout, MuLink
from .remoteproc import BootError, Remoteproc
from .resource_table import TableError
from .rpmsg_bus import RpmsgBus
from .vring import ProtocolViolation

SAMPLE = "rpmsg-client-sample"
SAMPLE_TEXT = b"hello world!"
TTY = "rpmsg-tty"

# What can go wrong because of the firmware
FAILURES = (LinkTimeout, LinkClosed, ProtocolViolation, BootError, TableError, ElfError, qemu.EmulatorEnded)


class FakeLinux:
    """The emulated DSP and a Linux of Python beside it. A context manager.

        with FakeLinux(Path("rpmsg-demo.elf").read_bytes()) as linux:
            linux.boot()
            bus = linux.probe()
            sample = bus.wait_channel("rpmsg-client-sample")
            assert bus.endpoint().exchange(sample, b"hello") == b"hello"

    `memory`, `link`, `rproc` and `bus` are open for tests that misbehave. All waits share one
    deadline. Other arguments go to `qemu.start_dsp`.
    """

    def __init__(self, firmware, *, timeout=60, updates_table=True, quiet_tx=True, **dsp):
        self._stack = contextlib.ExitStack()
        self._quiet_tx = quiet_tx
        self.bus = None
        with contextlib.ExitStack() as undo:
            self.memory = undo.enter_context(qemu.SharedMemory())
            ours, theirs = socket.socketpair()
            self.link = undo.enter_context(contextlib.closing(MuLink(self.memory, ours, time.monotonic() + timeout)))
            self.rproc = Remoteproc(self.memory, self.link, firmware, updates_table=updates_table)
            self.dsp = undo.enter_context(qemu.start_dsp(self.memory, theirs, **dsp))
            self._stack = undo.pop_all()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None and issubclass(kind, Exception):
            print(self.report(), file=sys.stderr)
        self._stack.close()

    def boot(self, firmware=None, *, wait_ready=True):
        """echo start > state, up to the moment where the virtio device appears."""
        if firmware is not None:
            self.rproc = Remoteproc(self.memory, self.link, firmware, updates_table=self.rproc.updates_table)
        self.rproc.load()
        self.rproc.start(wait_ready)

    def probe(self):
        """virtio_rpmsg_bus binds to the device; returns the bus."""
        self.bus = RpmsgBus(self.rproc, quiet_tx=self._quiet_tx)
        return self.bus

    def remove(self):
        """virtio_rpmsg_bus unbinds."""
        self.bus.remove()
        self.bus = None

    def stop(self):
        """echo stop > state."""
        if self.bus is not None:
            self.remove()
        self.rproc.stop()

    def trace(self):
        return self.rproc.trace()

    def registers(self):
        return self.dsp.monitor.human("info registers").strip()

    def report(self):
        """What to look at when the firmware did not do as expected."""
        parts = [("trace", self.trace() or "(empty)"), ("MU traffic, last messages", self.link.traffic())]
        if self.dsp.running:
            parts.append(("DSP registers", self.registers()))
        parts.append(("emulator", self.dsp.printed() or "(silent)"))
        return "\n".join(f"--- {title}\n{text.rstrip()}" for title, text in parts)


def play_sample(bus, count):
    """The reference sample's exchange; raises ProtocolViolation on a wrong answer."""
    peer = bus.wait_channel(SAMPLE)
    client = bus.endpoint()
    for i in range(count):
        answer = client.exchange(peer, SAMPLE_TEXT)
        if answer != SAMPLE_TEXT:
            raise ProtocolViolation(f"{SAMPLE}: message {i + 1} came back as {answer!r}")
    return peer


def play_tty(bus):
    """Hello to the tty; returns the answer."""
    peer = bus.wait_channel(TTY)
    answer = bus.endpoint().exchange(peer, b"Hello")
    expected = f"TTY {peer:#06x}: Hello".encode()
    if answer != expected:
        raise ProtocolViolation(f"{TTY}: {answer!r} instead of {expected!r}")
    return answer.decode()


class _Trace:
    """Prints what is new in the firmware's trace."""

    def __init__(self, linux):
        self._linux, self._shown = linux, 0

    def show(self):
        text = self._linux.trace()
        if len(text) < self._shown:
            self._shown = 0
        sys.stdout.write(text[self._shown :])
        sys.stdout.flush()
        self._shown = len(text)


def _follow(linux, trace, seconds=None):
    """Shows the trace as it grows, and keeps the rings served."""
    end = None if seconds is None else time.monotonic() + seconds
    while end is None or time.monotonic() < end:
        trace.show()
        left = 0.1 if end is None else min(0.1, max(0, end - time.monotonic()))
        linux.link.wait_arrival(left)
        if linux.bus is not None:
            linux.bus.serve()
        linux.dsp.check()


def _arguments():
    parser = argparse.ArgumentParser(
        prog="imxtest.fakelinux", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("firmware", type=Path)
    parser.add_argument("--messages", type=int, default=100, help="messages to the sample endpoint (100)")
    parser.add_argument("--no-tty", action="store_true", help="leave out the tty")
    parser.add_argument("--trace-only", type=float, metavar="SECONDS", help="only boot, and show the trace that long")
    parser.add_argument("--linger", action="store_true", help="keep running and showing the trace until Ctrl-C")
    parser.add_argument("--no-wait", action="store_true", help="do not wait for the ready doorbell")
    parser.add_argument("--old-kernel", action="store_true", help="as Linux 6.1: never update the firmware's table")
    parser.add_argument("--timeout", type=float, default=60, help="bound on everything that is waited for (60 s)")
    parser.add_argument("--uart", metavar="TARGET", help="UART4 as a -serial argument, e.g. file:uart.log")
    parser.add_argument("--gdb", type=int, metavar="PORT", help="let gdb attach at 127.0.0.1:PORT")
    parser.add_argument("--icount", help="-icount of the emulator")
    parser.add_argument("--plugin", action="append", default=[], help="-plugin of the emulator")
    parser.add_argument("--log", help="-d of the emulator, e.g. int,guest_errors,unimp; printed at the end")
    parser.add_argument("--report", action="store_true", help="print MU traffic and registers at the end in any case")
    return parser.parse_args()


def _run(linux, options, trace):
    linux.boot(wait_ready=not options.no_wait)
    if not options.no_wait:
        print("ready doorbell", flush=True)
    if options.trace_only is not None:
        _follow(linux, trace, options.trace_only)
        return
    bus = linux.probe()
    peer = play_sample(bus, options.messages)
    print(f"{SAMPLE} {peer:#x}: {options.messages} messages answered", flush=True)
    if not options.no_tty:
        print(play_tty(bus), flush=True)
    if options.linger:
        with contextlib.suppress(KeyboardInterrupt):
            _follow(linux, trace)
    linux.stop()


def main():
    options = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    dsp = {"uart": options.uart, "gdb": options.gdb, "icount": options.icount, "plugins": options.plugin, "log": options.log}
    try:
        linux = FakeLinux(
            options.firmware.read_bytes(), timeout=options.timeout, updates_table=not options.old_kernel, **dsp
        )
    except (OSError, *FAILURES) as error:
        print(f"error: {options.firmware}: {error}", file=sys.stderr)
        return 2
    with linux:
        trace = _Trace(linux)
        try:
            _run(linux, options, trace)
        except FAILURES as error:
            print(f"error: {error}\n{linux.report()}", file=sys.stderr)
            return 2 if isinstance(error, BootError) else 1
        trace.show()
        if options.report:
            print(linux.report())
        elif options.log:
            print(linux.dsp.printed())
    return 0


if __name__ == "__main__":
    sys.exit(main())
