# SPDX-License-Identifier: MIT OR Apache-2.0
"""Boots a firmware on an emulated core with a fake Linux: no kernel, a second instead of many.

    /usr/bin/python3 -m imxtest.fakelinux FIRMWARE.elf [--board NAME] [options]       (from testbed/)

Loads the ELF as the board's remoteproc driver does, waits for the ready doorbell, serves the rings as
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
from .boards import BOARDS, CORTEX_M_DRIVER, DSP_DRIVER
from .drivers import remoteproc
from .elf import ElfError
from .mulink import PATIENCE_SECONDS, LinkClosed, LinkTimeout, MuLink
from .remoteproc import BootError
from .resource_table import TableError
from .rpmsg_bus import RpmsgBus
from .socs import SOCS
from .trace import News, in_order
from .vring import ProtocolViolation

SAMPLE = "rpmsg-client-sample"
SAMPLE_TEXT = b"hello world!"
TTY = "rpmsg-tty"

# What can go wrong because of the firmware
FAILURES = (LinkTimeout, LinkClosed, ProtocolViolation, BootError, TableError, ElfError, qemu.EmulatorEnded)


class FakeLinux:
    """An emulated remote core and a Linux of Python beside it. A context manager.

        with FakeLinux(Path("rpmsg-demo.elf").read_bytes(), "imx8ulp-evk-dsp") as linux:
            linux.boot()
            bus = linux.probe()
            sample = bus.wait_channel("rpmsg-client-sample")
            assert bus.endpoint().exchange(sample, b"hello") == b"hello"

    `memory`, `link`, `rproc` and `bus` are open for tests that misbehave. No wait takes longer
    than `timeout` seconds. `driver` are options of the board's remoteproc driver, the others go to `qemu.start_core`.
    """

    def __init__(self, firmware, board="imx8mp-evk-dsp", *, timeout=PATIENCE_SECONDS, quiet_tx=True, driver=None, **core):
        self._stack = contextlib.ExitStack()
        self._quiet_tx = quiet_tx
        self._driver = driver or {}
        self.board = BOARDS[board] if isinstance(board, str) else board
        self.bus = None
        soc = SOCS[self.board.name]
        with contextlib.ExitStack() as undo:
            self.memory = undo.enter_context(qemu.SharedMemory(soc))
            self.memory.power_on(self.board.regions)
            ours, theirs = socket.socketpair()
            self.link = undo.enter_context(contextlib.closing(MuLink(self.memory, ours, timeout)))
            self.rproc = self._remoteproc(firmware)
            self.core = undo.enter_context(qemu.start_core(soc, self.memory, theirs, **core))
            self._stack = undo.pop_all()

    def _remoteproc(self, firmware):
        return remoteproc(self.board, self.memory, self.link, firmware, **self._driver)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None and issubclass(kind, Exception):
            print(self.report(), file=sys.stderr)
        self._stack.close()

    def boot(self, firmware=None, *, wait_ready=True):
        """echo start > state, up to the moment where the virtio device appears.

        Where Linux cannot start the core, U-Boot does, and Linux attaches.
        """
        if firmware is not None:
            self.rproc = self._remoteproc(firmware)
        if not self.board.linux_starts:
            self.boot_by_uboot()
            return
        self.rproc.load()
        self.rproc.start(wait_ready)

    def boot_by_uboot(self, image=None):
        """U-Boot starts the core, from the segments or the flat image; Linux finds it running and attaches."""
        self.rproc.start_by_uboot(image)
        self.rproc.attach()

    def probe(self, **options):
        """virtio_rpmsg_bus binds to the device; returns the bus. Options are those of `RpmsgBus`."""
        self.bus = RpmsgBus(self.rproc, quiet_tx=self._quiet_tx, **options)
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

    def resume(self, **options):
        """The end of a suspend: the firmware is loaded anew, the bus goes on. Options are those of the driver."""
        self.bus.expect_announcements_again()
        self.rproc.resume(**options)

    def trace(self):
        """The firmware's log, beginning with the oldest line that is left."""
        return in_order(self.rproc.trace())

    def wait_trace(self, text, times=1):
        """Waits until the firmware has said something; it sends nothing to wait for, so its memory is looked at."""
        end = time.monotonic() + self.link.patience
        while (seen := self.trace().count(text)) < times:
            self.core.check()
            if time.monotonic() >= end:
                raise LinkTimeout(f"waited {self.link.patience:g} s in vain: {text!r} is in the trace {seen} times, not {times}")
            self.link.wait_arrival(0.02)

    def registers(self):
        return self.core.monitor.human("info registers").strip()

    def report(self):
        """What to look at when the firmware did not do as expected."""
        # Before the firmware has cleared its log, memory holds anything.
        trace = self.trace().split("\ufffd")[0]
        parts = [("trace", trace or "(empty)"), ("MU traffic, last messages", self.link.traffic())]
        if self.core.running:
            with contextlib.suppress(OSError):  # it may be ending just now
                parts.append(("registers of the core", self.registers()))
        parts.append(("emulator", self.core.printed() or "(silent)"))
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
        self._linux, self._news = linux, News()

    def show(self):
        sys.stdout.write(self._news.of(self._linux.trace()))
        sys.stdout.flush()


def _follow(linux, trace, seconds=None):
    """Shows the trace as it grows, and keeps the rings served."""
    end = None if seconds is None else time.monotonic() + seconds
    while end is None or time.monotonic() < end:
        trace.show()
        left = 0.1 if end is None else min(0.1, max(0, end - time.monotonic()))
        linux.link.wait_arrival(left)
        if linux.bus is not None:
            linux.bus.serve()
        linux.core.check()


def _arguments(arguments):
    parser = argparse.ArgumentParser(
        prog="imxtest.fakelinux", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("firmware", type=Path)
    parser.add_argument("--board", choices=BOARDS, default="imx8mp-evk-dsp", metavar="NAME", help="one of boards/ (%(default)s)")
    parser.add_argument("--uboot", action="store_true", help="Cortex-M: U-Boot starts the core, Linux attaches")
    parser.add_argument("--messages", type=int, default=100, help="messages to the sample endpoint (100)")
    parser.add_argument("--no-tty", action="store_true", help="leave out the tty")
    parser.add_argument("--trace-only", type=float, metavar="SECONDS", help="only boot, and show the trace that long")
    parser.add_argument("--linger", action="store_true", help="keep running and showing the trace until Ctrl-C")
    parser.add_argument("--no-wait", action="store_true", help="do not wait for the ready doorbell")
    parser.add_argument("--old-kernel", action="store_true", help="HiFi4: as Linux 6.1, never update the firmware's table")
    parser.add_argument("--timeout", type=float, default=PATIENCE_SECONDS, help="bound on each wait, in seconds (%(default)s)")
    parser.add_argument("--uart", metavar="TARGET", help="the core's UART as a -serial argument, e.g. file:uart.log")
    parser.add_argument("--gdb", type=int, metavar="PORT", help="let gdb attach at 127.0.0.1:PORT")
    parser.add_argument("--freeze", action="store_true", help="the core waits for gdb's first continue")
    parser.add_argument("--icount", help="-icount of the emulator")
    parser.add_argument("--plugin", action="append", default=[], help="-plugin of the emulator")
    parser.add_argument("--log", help="-d of the emulator, e.g. int,guest_errors,unimp; printed at the end")
    parser.add_argument("--report", action="store_true", help="print MU traffic and registers at the end in any case")
    options = parser.parse_args(arguments)
    driver = BOARDS[options.board].driver
    if options.old_kernel and driver != DSP_DRIVER:
        parser.error(f"--old-kernel is of {DSP_DRIVER}; {options.board} has {driver}")
    if options.uboot and driver != CORTEX_M_DRIVER:
        parser.error(f"--uboot is of {CORTEX_M_DRIVER}; {options.board} has {driver}")
    return options


def _run(linux, options, trace):
    if options.uboot:
        linux.boot_by_uboot()
    else:
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
    linux.remove()
    if linux.board.linux_starts:
        linux.stop()


def main(arguments=None):
    options = _arguments(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    core = {"uart": options.uart, "gdb": options.gdb, "icount": options.icount, "plugins": options.plugin, "log": options.log}
    if options.freeze:
        core["extra"] = ["-S"]
    driver = {"updates_table": False} if options.old_kernel else {}
    try:
        linux = FakeLinux(options.firmware.read_bytes(), options.board, timeout=options.timeout, driver=driver, **core)
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
            print(linux.core.printed())
    return 0


if __name__ == "__main__":
    sys.exit(main())
