# SPDX-License-Identifier: MIT OR Apache-2.0
"""An emulated board: a real Linux on its A53 cores and a firmware on a core beside them.

    with Testbed("6.12", "rpmsg-demo.elf", "imx8mp-evk-m7") as board:
        board.start_firmware()
        board.console.wait("remote processor imx-rproc is now up")
        print(board.run("ls /sys/bus/rpmsg/devices").out)
"""

import contextlib
import gzip
import os
import re
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from . import boards, coredump, devicetree, initrd, paths, qemu
from .agent import Agent
from .console import PATIENCE_SECONDS, Console
from .drivers import remoteproc
from .lines import Lines
from .socs import SOCS
from .trace import in_order

REMOTEPROC = "/sys/class/remoteproc/remoteproc0"
TRACE = "/sys/kernel/debug/remoteproc/remoteproc0/trace0"
CRASH = "/sys/kernel/debug/remoteproc/remoteproc0/crash"
DUMP = "/sys/class/devcoredump/devcd*/data"

# The kernels that scripts/setup/linux.sh prepares; 7.x is the newest 7 that Debian has.
KERNELS = ("6.12", "7.x", "6.1")


def kernel_series(kernel):
    """The one of `KERNELS` that a kernel belongs to: "7.2" to "7.x"."""
    return "7.x" if re.fullmatch(r"7\.[0-9]+", kernel) else kernel


# The boards that Linux can be run on, each with the kernels that there is a device tree for.
_DEVICE_TREES = {path.stem for path in (paths.ROOT / "testbed/linux").glob("*.dts")}
BOARDS = {
    board: tuple(series for series in KERNELS if f"{board}-{series}" in _DEVICE_TREES)
    for board in sorted({tree.rpartition("-")[0] for tree in _DEVICE_TREES})
}

# The boards, and the kernels, for which testbed/linux has the kernel's own tree. The board's overlay of docs/device-tree
# is applied to it, as an owner would do, and then the testbed's overlay of the same name, if there is one.
OVERLAID = {"imx8mp-evk-dsp": ("6.12",), "imx8mp-evk-m7": KERNELS}

# What makes the machine's registers say that U-Boot has started the core, and the core run, from
# power-on: a property of testbed/qemu/overlay/hw/misc/imx8mp_m7_ctrl.c.
STARTED = {"imx8mp-evk-m7": ["-global", "imx8mp-m7-ctrl.started=on"]}

# The firmware's name below /lib/firmware of the guest.
FIRMWARE = "rpmsg-demo.elf"

# Two of the board's four processors: the testbed is made for small machines.
CPUS = 2

# The board's console, in the guest.
CONSOLE = "/dev/ttymxc1"

# ttymxc1 is the board's console; the guest's agent has ttymxc2, and ttymxc0 is the tests'. A panic
# resets the machine, which ends the emulator, and so every wait. Drivers of parts of the SoC that are
# not emulated wait for ever: after the usual ten seconds some would give up with a kernel warning.
COMMAND_LINE = f"console=ttymxc1 log_buf_len=1M nr_cpus={CPUS} panic=-1 deferred_probe_timeout=-1"


class Message(NamedTuple):
    """A line of the kernel's log; `level` is syslog's: 3 error, 4 warning, 6 information."""

    level: int
    text: str


class Testbed:
    """Both emulators, from power-on to power-off. A context manager.

    When its body raises, the ends of all logs go to stderr; not at a user's Ctrl-C.
    """

    __test__ = False  # not a test class for pytest

    def __init__(
        self,
        series,
        firmware,
        board="imx8mp-evk-dsp",
        *,
        started=False,
        extra_files=None,
        patience=PATIENCE_SECONDS,
        verbose=False,
    ):
        """`board` is one of `BOARDS`; `started`: the core runs the firmware before Linux boots, as
        U-Boot leaves it; `extra_files` are more files for the guest, {path below /: content};
        `patience` bounds each wait, not the session; `verbose` lets Linux show its whole boot on the console."""
        self.series = series
        self.board = board
        self.started = started
        self.lines = Lines(board)
        self.firmware = Path(firmware)
        self.verbose = verbose
        self.console = None
        self.core_console = None
        self.spare_line = None  # a socket, the other end of the guest's ttymxc0
        self.boot_messages = 0
        self._agent = None
        self._control = None
        self._emulators = {}
        self._memory = None
        self._extra_files = extra_files or {}
        self._patience = patience
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        try:
            self._power_on()
            self._agent.wait_ready()
            self.boot_messages = len(self.dmesg())
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None and issubclass(kind, Exception):
            self._report()
        self._stack.close()

    def _power_on(self):
        kernel = kernel_folder(self.series)
        initrd_path = self._initrd(kernel)
        soc = SOCS[self.board]
        memory = self._memory = self._stack.enter_context(qemu.SharedMemory(soc))
        memory.power_on(boards.BOARDS[self.board].regions)
        if self.started:
            self._remoteproc().copy_flat_image()
        linux_link, core_link = socket.socketpair()
        self.console, console_port = self._console("Linux console")
        self._control, control_port = self._console("control line")
        self.spare_line, spare_port = socket.socketpair()
        self._stack.callback(self.spare_line.close)
        self.core_console, core_port = self._console("core's console")
        self._agent = Agent(self._control)
        self._emulators = {
            "core": self._stack.enter_context(qemu.start_core(soc, memory, core_link, uart=core_port)),
            "Linux": self._stack.enter_context(
                qemu.start_linux(
                    self.board,
                    memory,
                    linux_link,
                    kernel=kernel / "Image",
                    dtb=self._device_tree(kernel),
                    initrd=initrd_path,
                    append=f"{COMMAND_LINE} {'' if self.verbose else 'quiet'}",
                    spare=spare_port,
                    console=console_port,
                    control=control_port,
                    smp=CPUS,
                    extra=["-no-reboot", *(STARTED[self.board] if self.started else ())],
                )
            ),
        }

    def _console(self, name):
        ours, theirs = socket.socketpair()
        console = Console(name, ours, self._patience)
        self._stack.callback(console.close)
        return console, theirs

    def _device_tree(self, kernel):
        """The path of the board's device tree for that kernel."""
        base = kernel / f"{self.board}.dtb"
        if kernel_series(self.series) not in OVERLAID.get(self.board, ()):
            return base
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="imx-tree-")))
        sources = [paths.ROOT / f"{place}/{self.board}.dtso" for place in ("docs/device-tree", "testbed/linux")]
        return devicetree.overlaid(base, [source for source in sources if source.exists()], folder)

    def _initrd(self, kernel):
        """Puts the kernel's root file system and this run's files into an anonymous file; its path."""
        files = {f"lib/firmware/{FIRMWARE}": self.firmware.read_bytes(), **self._extra_files}
        run = initrd.archive({path: (stat.S_IFREG | 0o755, content) for path, content in files.items()})
        image = self._stack.enter_context(open(os.memfd_create("imx-initrd"), "wb"))
        image.write(initrd.join((kernel / "initrd.cpio.gz").read_bytes(), run))
        image.flush()
        return f"/proc/{os.getpid()}/fd/{image.fileno()}"

    def log_tails(self, count=40):
        """The last lines of every log, and the state of the core, as (title, text)."""
        logs = [(console.name, console.text()) for console in (self.console, self.core_console) if console]
        logs += [(f"{name} emulator", emulator.printed()) for name, emulator in self._emulators.items()]
        for title, look in (("firmware's log", self.trace_in_memory), ("registers of the core", self._core_registers)):
            try:
                logs.append((title, look()))
            except Exception as error:  # a dead emulator or an odd ELF must not hide the other logs
                logs.append((title, f"({error!r})"))
        return [(title, "\n".join(text.splitlines()[-count:])) for title, text in logs if text]

    def _remoteproc(self):
        """What a driver knows of the board and the firmware, without a link to the core."""
        return remoteproc(self.board, self._memory, None, self.firmware.read_bytes())

    def trace_in_memory(self):
        """The firmware's own log, read without Linux: there whatever state it is in."""
        # What nobody has written yet is no text.
        return re.split("[\ufffd\0-\x08]", in_order(self._remoteproc().trace()))[0]

    def _core_registers(self):
        return self._emulators["core"].monitor.human("info registers")

    def _report(self):
        for title, text in self.log_tails():
            print(f"--- {title}:\n{text}", file=sys.stderr)

    def run(self, command, each=None):
        """Runs a line of shell in the guest; returns (rc, out). `each` is called with each part of the output."""
        return self._agent.run(command, each)

    def check(self, command):
        """Runs a line of shell in the guest that must succeed; returns its output."""
        rc, out = self._agent.run(command)
        if rc != 0:
            raise RuntimeError(f"in the guest, {command!r} gave exit status {rc}: {out}")
        return out

    @property
    def console_log(self):
        """All that the Linux console has shown."""
        return self.console.text()

    def asleep(self):
        """Whether neither machine has anything to do at this moment."""
        return all(emulator.asleep for emulator in self._emulators.values())

    def linger(self):
        """From here on nothing is bounded: a person sits at the board."""
        for console in (self.console, self.core_console, self._control):
            console.patience = None

    def give_up(self, error):
        """From here on waits for a line or a command's end raise this error; None: no longer."""
        for console in (self.console, self.core_console, self._control):
            console.give_up(error)

    def wait_console(self, pattern, since=0):
        """Waits for a line on the Linux console, after a mark of `console.mark()`."""
        return self.console.wait(pattern, since)

    def dmesg(self):
        """The kernel's log as a list of `Message`."""
        lines = self.check("dmesg -r").splitlines()
        found = (re.match(r"<(\d+)>(.*)", line) for line in lines)
        return [Message(int(m[1]) & 7, m[2]) for m in found if m]

    def trace0(self):
        """The firmware's own log, as remoteproc shows it."""
        return self.check(f"cat {TRACE}")

    def wait_trace0(self, text):
        """Waits until the firmware's own log has the text, as remoteproc shows it."""
        self.check(f"until grep -qF '{text}' {TRACE}; do :; done")

    @property
    def linux_dumps(self):
        """Whether Linux writes a core dump: imx_dsp_rproc of 7.x alone says which memory goes into it."""
        return self.series.startswith("7.") and boards.BOARDS[self.board].driver == boards.DSP_DRIVER

    def core_dump(self):
        """A core dump as `linux_core_dump` gives, made here, of the core as it is."""
        return coredump.dump(boards.BOARDS[self.board], self._memory)

    def crash(self):
        """Has Linux believe that the core has crashed; it dumps and recovers as it is told in sysfs."""
        self.check(f"echo 1 > {CRASH}")

    def linux_core_dump(self):
        """The core dump that Linux has made; it may then make another."""
        # Most of it is zeros, and the line is slow.
        rc, packed = self._agent.run_for_bytes(f"for dump in {DUMP}; do gzip -c $dump && echo done >$dump; done")
        if rc != 0:
            raise RuntimeError(f"Linux has made no core dump: {DUMP}, exit status {rc}")
        return gzip.decompress(packed)

    def state(self):
        """remoteproc's state of the core: offline, running, ..."""
        return self.check(f"cat {REMOTEPROC}/state").strip()

    def start_firmware(self, name=FIRMWARE):
        """Boots the firmware, as a user does, and returns when it is up."""
        self.check(f"echo -n {name} > {REMOTEPROC}/firmware")
        self.check(f"echo start > {REMOTEPROC}/state")

    def stop_firmware(self):
        """Stops the core."""
        self.check(f"echo stop > {REMOTEPROC}/state")


def kernel_folder(series):
    command = [paths.ROOT / "scripts/setup/linux.sh", series, "--path"]
    folder = Path(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip())
    if not (folder / "version").is_file():
        raise FileNotFoundError(f"Linux {series} is not prepared: run scripts/setup/linux.sh {series}")
    return folder
