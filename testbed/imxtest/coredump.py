# SPDX-License-Identifier: MIT OR Apache-2.0
"""A core dump of a board's core, as Linux writes one (drivers/remoteproc/remoteproc_coredump.c, rproc_coredump).

Kernels whose drivers set no ELF class write none: "ELF class is not set" (imx_dsp_rproc up to 6.12, imx_rproc up to
7.2). The segments are those of imx_dsp_rproc of 7.2: the core's own memory, and all reserved memory but the buffers, by
the core's addresses.
"""

import struct

from .elf import EM_XTENSA, PT_LOAD
from .boards import DSP_DRIVER

EM_ARM = 40
ET_CORE = 4
HEADER, ENTRY = 52, 32
RWX = 7


def dump(board, memory):
    """The ELF file for a `boards.Board`, of memory as it is now."""
    pieces = [(row.device, row.linux, row.size) for row in board.rows if row.own]
    pieces += [(board.sys_to_da(r.linux, r.size), r.linux, r.size) for r in board.regions if r != board.buffers]
    segments = []
    for device, linux, size in pieces:
        try:
            segments.append((device, memory.read(linux, size)))
        except ValueError:  # memory of the core that no emulator shares, and no firmware of ours uses
            continue
    machine = EM_XTENSA if board.driver == DSP_DRIVER else EM_ARM
    out = bytearray(b"\x7fELF\x01\x01\x01".ljust(16, b"\0"))
    out += struct.pack("<HHIIIIIHHHHHH", ET_CORE, machine, 1, 0, HEADER, 0, 0, HEADER, ENTRY, len(segments), 0, 0, 0)
    offset = HEADER + ENTRY * len(segments)
    for device, data in segments:
        out += struct.pack("<8I", PT_LOAD, offset, device, device, len(data), len(data), RWX, 0)
        offset += len(data)
    return bytes(out) + b"".join(data for _, data in segments)
