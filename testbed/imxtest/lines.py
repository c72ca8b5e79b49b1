# SPDX-License-Identifier: MIT OR Apache-2.0
"""What Linux prints while it runs the demo firmware, as regular expressions."""

import re

from .boards import BOARDS


# The names that the drivers give their rproc; imx_rproc of 7.x takes that of the device tree's node.
NAMES = {"imx_dsp_rproc": "imx-dsp-rproc", "imx_rproc": "(?:imx-rproc|imx8mp-cm7)"}


class Lines:
    """What Linux prints of a board's core; `started` and `attached` in the order of printing."""

    def __init__(self, board):
        driver, pool = BOARDS[board].driver, BOARDS[board].buffers
        rproc = NAMES[driver]
        online = (
            rf"assigned reserved memory node {pool.name}@{pool.linux:x}",
            r"virtio_rpmsg_bus virtio\d+: rpmsg host is online",
            r"registered virtio\d+ \(type 7\)",
        )
        self.started = (
            rf"remoteproc remoteproc0: powering up {rproc}",
            r"remoteproc remoteproc0: Booting fw image \S+, size \d+",
            *online,
            rf"remoteproc remoteproc0: remote processor {rproc} is now up",
        )
        self.attached = (
            rf"remoteproc remoteproc0: attaching to {rproc}",
            *online,
            rf"remoteproc remoteproc0: remote processor {rproc} is now attached",
        )
        self.stopped = rf"remoteproc remoteproc0: stopped remote processor {rproc}"


# The order of the services is the firmware's; they may come while Linux still starts.
ANNOUNCED = (
    r"virtio_rpmsg_bus virtio\d+: creating channel rpmsg-client-sample addr 0x400",
    r"virtio_rpmsg_bus virtio\d+: creating channel rpmsg-tty addr 0x401",
)

# What any firmware with a channel makes it print
ANY_CHANNEL = r"virtio_rpmsg_bus virtio\d+: creating channel \S+ addr 0x[0-9a-f]+"
TTY = "rpmsg-tty"
SAMPLE = "rpmsg-client-sample"

NEW_CHANNEL = r"rpmsg_client_sample virtio\d+\.rpmsg-client-sample\.-1\.1024: new channel: 0x4[0-9a-f]{2} -> 0x400!"
GOODBYE = r"rpmsg_client_sample virtio\d+\.rpmsg-client-sample\.-1\.1024: goodbye!"
REMOVED = r"rpmsg_client_sample virtio\d+\.rpmsg-client-sample\.-1\.1024: rpmsg sample client driver is removed"

_INCOMING = re.compile(r"incoming msg (\d+) \(src: (0x[0-9a-f]+)\)")


def channels(text):
    """The names of the channels that Linux creates, in order."""
    return re.findall(r"creating channel (\S+) addr", text)


def incoming(text):
    """The (number, source) of each message that the sample client reports."""
    return [(int(number), source) for number, source in _INCOMING.findall(text)]


def missing(patterns, text):
    """The first of the patterns that does not follow the ones before it, or None."""
    at = 0
    for pattern in patterns:
        found = re.compile(pattern).search(text, at)
        if not found:
            return pattern
        at = found.end()
    return None
