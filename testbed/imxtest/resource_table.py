# SPDX-License-Identifier: MIT OR Apache-2.0
"""remoteproc's resource table, checked as Linux checks it."""

import struct
from typing import NamedTuple

RSC_TRACE = 2
RSC_VDEV = 3
RSC_VENDOR_START = 128
RSC_VENDOR_END = 512
VIRTIO_ID_RPMSG = 7
ANY_ADDRESS = 0xFFFFFFFF

STATUS_OFFSET = 24  # of the status byte in a vdev entry, its type word included
VRINGS_OFFSET = 28
VRING_SIZE = 20


class TableError(Exception):
    """What Linux would refuse, in its words."""


class Trace(NamedTuple):
    address: int
    length: int
    name: str


class Vring(NamedTuple):
    offset: int  # of this vring in the table
    da: int
    align: int
    num: int
    notifyid: int


class Vdev(NamedTuple):
    offset: int  # of the entry in the table
    id: int
    features: int
    vrings: tuple


class Vendor(NamedTuple):
    type: int
    data: bytes


class ResourceTable:
    """A table as a mutable copy (Linux's cached_table) and what it says."""

    def __init__(self, data):
        self.data = bytearray(data)
        self.traces, self.vdevs, self.vendor = [], [], []
        if len(data) < 16:
            raise TableError("resource table is too small")
        ver, num, *reserved = struct.unpack_from("<4I", data)
        if ver != 1:
            raise TableError(f"unsupported fw ver: {ver}")
        if reserved != [0, 0]:
            raise TableError("non zero reserved bytes")
        if 16 + 4 * num > len(data):
            raise TableError("resource table incomplete")
        for offset in struct.unpack_from(f"<{num}I", data, 16):
            if offset < 16 or offset + 4 > len(data):
                raise TableError("rsc table is truncated")
            self._entry(offset)

    def _entry(self, offset):
        (kind,) = struct.unpack_from("<I", self.data, offset)
        if kind == RSC_TRACE:
            self._need(offset, 48)
            da, length, reserved, name = struct.unpack_from("<3I32s", self.data, offset + 4)
            if reserved:
                raise TableError("trace rsc has non zero reserved bytes")
            self.traces.append(Trace(da, length, name.split(b"\0")[0].decode()))
        elif kind == RSC_VDEV:
            self._vdev(offset)
        elif RSC_VENDOR_START <= kind <= RSC_VENDOR_END:
            (length,) = struct.unpack_from("<I", self.data, offset + 4)
            self.vendor.append(Vendor(kind, bytes(self.data[offset + 4 : offset + 8 + length])))

    def _vdev(self, offset):
        self._need(offset, VRINGS_OFFSET)
        ident, _, features, _, config_len, _, count, *reserved = struct.unpack_from("<5I4B", self.data, offset + 4)
        self._need(offset, VRINGS_OFFSET + count * VRING_SIZE + config_len)
        if reserved != [0, 0]:
            raise TableError("vdev rsc has non zero reserved bytes")
        if count > 2:
            raise TableError(f"too many vrings: {count}")
        vrings = []
        for i in range(count):
            at = offset + VRINGS_OFFSET + i * VRING_SIZE
            da, align, num, notifyid, _ = struct.unpack_from("<5I", self.data, at)
            if not num or not align:
                raise TableError(f"invalid qsz ({num}) or alignment ({align})")
            vrings.append(Vring(at, da, align, num, notifyid))
        self.vdevs.append(Vdev(offset, ident, features, tuple(vrings)))

    def _need(self, offset, length):
        if offset + length > len(self.data):
            raise TableError("rsc table is truncated")
