# SPDX-License-Identifier: MIT OR Apache-2.0
"""Starts the two emulators of an i.MX: Linux's processors, and a core beside them.

    soc = socs.SOCS["imx8mp-evk-dsp"]
    with SharedMemory(soc) as memory:
        linux_end, core_end = socket.socketpair()
        console, uart = socket.socketpair()
        with (start_linux("imx8mp-evk-dsp", memory, linux_end, kernel=..., console=uart) as linux,
              start_core(soc, memory, core_end) as core):
            ...

Sockets given to an emulator are handed over: our end of the pair stays ours, the other is closed
here once the emulator has it. So each side notices when the other goes away, and no socket has a
name that could be left behind. The order of starting does not matter.
"""

import socket
import subprocess
import tempfile
from pathlib import Path

from . import paths
from .memory import SharedMemory
from .monitor import Monitor

__all__ = ["Emulator", "EmulatorEnded", "SharedMemory", "linux_arguments", "start_core", "start_linux"]


class EmulatorEnded(Exception):
    """An emulator is not running any more; the message holds what it printed."""


class Emulator:
    """A running emulator; dies at the end of its `with`, and whenever this process dies."""

    def __init__(self, name, program, arguments, sockets):
        self.name = name
        ours, theirs = socket.socketpair()
        self.monitor = Monitor(ours)
        self._printed = tempfile.TemporaryFile("w+", errors="replace")
        try:
            self._process = subprocess.Popen(
                # The kernel kills it when the thread that starts it ends, however that ends.
                ["setpriv", "--pdeathsig", "KILL", "--", paths.qemu_bin() / program]
                + ["-chardev", f"socket,id=monitor,fd={theirs.fileno()}", "-mon", "chardev=monitor,mode=control"]
                + list(arguments),
                stdin=subprocess.DEVNULL,
                stdout=self._printed,
                stderr=subprocess.STDOUT,
                # A Ctrl-C at the user's terminal is for us, not for the machines.
                start_new_session=True,
                pass_fds=[s.fileno() for s in (theirs, *sockets)],
            )
        finally:
            for s in (theirs, *sockets):
                s.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def running(self):
        return self._process.poll() is None

    @property
    def asleep(self):
        """Whether all its threads wait, so that nothing happens in the machine before a timer or a peer wakes it."""
        try:
            tasks = Path(f"/proc/{self._process.pid}/task").glob("*/stat")
            return all(task.read_text().rpartition(")")[2].split()[0] == "S" for task in tasks)
        except OSError:  # a thread has just ended
            return False

    def printed(self):
        """What the emulator itself has printed so far: errors, and whatever -d asks for."""
        self._printed.seek(0)
        return self._printed.read()

    def check(self):
        """Raises EmulatorEnded when it is not running."""
        if not self.running:
            raise EmulatorEnded(f"the {self.name} emulator ended with status {self._process.returncode}: {self.printed()}")

    def wait(self, timeout=None):
        """Waits until the emulator ends by itself; returns its exit status."""
        return self._process.wait(timeout)

    def stop(self):
        """Ends it. What it printed stays readable."""
        if self.running:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self.monitor.close()


def start_core(soc, memory, link, *, uart=None, gdb=None, icount=None, plugins=(), log=None, extra=()):
    """Starts the core of a `socs.Soc`, held until its Linux releases it over `link`, a connected socket.

    uart: its console, a socket or a -serial argument; gdb: a TCP port of 127.0.0.1 where
    gdb may attach; icount: -icount's argument, for repeatable instruction counts; plugins:
    -plugin arguments; log: items for -d, which go where the emulator prints.
    """
    sockets = [link]
    arguments = ["-M", f"{soc.machine},memory-backend=ddr", *_common(memory, link)]
    arguments += _serial("uart", uart, sockets)
    if gdb is not None:
        arguments += ["-gdb", f"tcp:127.0.0.1:{gdb}"]
    if icount is not None:
        arguments += ["-icount", str(icount)]
    for plugin in plugins:
        arguments += ["-plugin", str(plugin)]
    if log is not None:
        arguments += ["-d", log]
    return Emulator("core", soc.program, [*arguments, *extra], sockets)


def linux_arguments(machine, memory, link, *, spare=None, console=None, control=None, smp=2):
    """Arguments of qemu-system-aarch64, and the sockets among them that it must inherit.

    spare: UART1, Linux's ttymxc0; console: UART2, ttymxc1; control: UART3, ttymxc2.
    """
    sockets = [link]
    arguments = ["-M", f"{machine},memory-backend=ddr", "-smp", str(smp), *_common(memory, link)]
    arguments += _serial("uart1", spare, sockets)
    arguments += _serial("uart2", console, sockets)
    arguments += _serial("uart3", control, sockets)
    arguments += _serial("uart4", None, sockets)
    return arguments, sockets


def start_linux(machine, memory, link, *, kernel, dtb=None, initrd=None, append=None, extra=(), **serial_and_smp):
    """Starts the A53 side with a kernel; the other arguments are those of `linux_arguments`."""
    arguments, sockets = linux_arguments(machine, memory, link, **serial_and_smp)
    for option, value in (("-kernel", kernel), ("-dtb", dtb), ("-initrd", initrd), ("-append", append)):
        if value is not None:
            arguments += [option, str(value)]
    return Emulator("Linux", "qemu-system-aarch64", [*arguments, *extra], sockets)


def _common(memory, link):
    return [
        *memory.qemu_arguments(),
        "-chardev", f"socket,id=corelink,fd={link.fileno()}",
        "-nodefaults", "-no-user-config", "-display", "none", "-nic", "none",
    ]  # fmt: skip


def _serial(name, target, sockets):
    if isinstance(target, socket.socket):
        sockets.append(target)
        return ["-chardev", f"socket,id={name},fd={target.fileno()}", "-serial", f"chardev:{name}"]
    return ["-serial", target or "null"]

