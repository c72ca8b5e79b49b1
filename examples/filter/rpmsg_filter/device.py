# SPDX-License-Identifier: MIT OR Apache-2.0
"""An endpoint of Linux's: made by /dev/rpmsg_ctrlN, used as /dev/rpmsgM (drivers/rpmsg/rpmsg_ctrl.c, rpmsg_char.c)."""

import fcntl
import itertools
import os
import select
import struct
from pathlib import Path

from .wire import CHANNEL, LONGEST

# struct rpmsg_endpoint_info, and the requests that take it or nothing (include/uapi/linux/rpmsg.h)
ENDPOINT_INFO = struct.Struct("=32sII")
CREATE = 1 << 30 | ENDPOINT_INFO.size << 16 | 0xB5 << 8 | 1
DESTROY = 0xB5 << 8 | 2
ANY_ADDRESS = 0xFFFFFFFF

_names = itertools.count()


class DeviceError(Exception):
    """What is missing, and what to do about it."""


def find_address(channel=CHANNEL, devices=Path("/sys/bus/rpmsg/devices")):
    """The service's address on the core. Linux names a device virtio0.CHANNEL.SOURCE.DESTINATION."""
    for device in sorted(devices.glob(f"*.{channel}.*")):
        return int((device / "dst").read_text(), 0)
    raise DeviceError(f"no core has announced {channel}: is rpmsg-filter.elf running? see docs/debugging.md")


class Endpoint:
    """A new endpoint, at any free address, that talks to `address`. A context manager."""

    def __init__(self, address, control="/dev/rpmsg_ctrl0", timeout=10):
        self._timeout = timeout
        name = f"filter-{os.getpid()}-{next(_names)}"
        if not os.path.exists(control):
            raise DeviceError(f"there is no {control}: modprobe rpmsg_ctrl, modprobe rpmsg_char")
        file = os.open(control, os.O_RDWR)
        try:
            fcntl.ioctl(file, CREATE, ENDPOINT_INFO.pack(name.encode(), ANY_ADDRESS, address))
        finally:
            os.close(file)
        self._file = os.open(_node(name), os.O_RDWR)
        self._poll = select.poll()
        self._poll.register(self._file, select.POLLIN)

    def send(self, message):
        """Linux sleeps while no buffer is free. (Up to 6.12 it does not tell `poll` when one is.)"""
        os.write(self._file, message)

    def receive(self):
        if not self._poll.poll(self._timeout * 1000):
            raise DeviceError(f"the core was silent for {self._timeout} s: see trace0 and docs/debugging.md")
        return os.read(self._file, LONGEST)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        fcntl.ioctl(self._file, DESTROY)
        os.close(self._file)


def _node(name, devices=Path("/sys/class/rpmsg")):
    """The node of the endpoint of that name."""
    for file in devices.glob("rpmsg[0-9]*/name"):
        if file.read_text().strip() == name:
            return f"/dev/{file.parent.name}"
    raise DeviceError(f"endpoint {name} did not appear in {devices}")
