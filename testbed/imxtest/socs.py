# SPDX-License-Identifier: MIT OR Apache-2.0
"""The emulated cores, one entry for each board of boards/: machine, memory, mailbox.

What the machines themselves are is in testbed/qemu/overlay/hw/{xtensa,arm}; this is what the other
processor, Linux or its fake, has to know of them.
"""

from typing import NamedTuple

MIB = 1 << 20

# Where the file of the DDR begins, on every SoC.
DDR_BASE = 0x40000000
# Where a Linux runs beside the core: the board's own DDR, as much as the image, rings and buffers need.
DDR_LINUX = 1408 * MIB
# Elsewhere up to 0xbfffffff; the files are sparse.
DDR_FULL = 2048 * MIB
# What the cores of the 8QM and 8QXP reach: up to 0xdfffffff, where their Linux may place rings.
DDR_8Q = 2560 * MIB


class Piece(NamedTuple):
    """A part of the core's local memory, by Linux's address. Whole pages, as emulators map memory."""

    linux: int
    size: int


class Soc(NamedTuple):
    """A core of an SoC beside a Linux."""

    name: str  # the board: boards/NAME.toml
    machine: str  # of the emulator
    program: str  # the emulator
    ddr_size: int
    local: tuple  # pieces, in the order in which their file holds them
    mu_version: int
    mu_base: int  # of the core's side


_XTENSA, _ARM = "qemu-system-xtensa", "qemu-system-aarch64"

SOCS = {
    soc.name: soc
    for soc in (
        Soc("imx8mp-evk-dsp", "imx8mp-hifi4", _XTENSA, DDR_LINUX, (Piece(0x3B6E8000, 0x58000),), 1, 0x30E70000),
        Soc("imx8ulp-evk-dsp", "imx8ulp-hifi4", _XTENSA, DDR_LINUX, (Piece(0x21170000, 0x20000),), 2, 0x2DA20000),
        Soc("imx8qm-mek-dsp", "imx8qm-hifi4", _XTENSA, DDR_8Q,
            (Piece(0x556E8000, 0x11000), Piece(0x55700000, 0x70000)), 1, 0x5D310000),
        Soc("imx8qxp-mek-dsp", "imx8qxp-hifi4", _XTENSA, DDR_8Q,
            (Piece(0x596E8000, 0x11000), Piece(0x59700000, 0x70000)), 1, 0x5D310000),
        Soc("imx8mp-evk-m7", "imx8mp-m7", _ARM, DDR_LINUX,
            (Piece(0x007E0000, 0x20000), Piece(0x00800000, 0x20000)), 1, 0x30AB0000),
        Soc("imx8ulp-evk-m33", "imx8ulp-m33", _ARM, DDR_FULL,
            (Piece(0x1FFC0000, 0xC0000), Piece(0x21000000, 0x10000)), 2, 0x28022000),
        Soc("imx8qm-mek-m4", "imx8q-m4", _ARM, DDR_8Q, (Piece(0x34FE0000, 0x40000),), 1, 0x5D290000),
        Soc("imx8qxp-mek-m4", "imx8q-m4", _ARM, DDR_8Q, (Piece(0x34FE0000, 0x40000),), 1, 0x5D290000),
        Soc("imx93-evk-m33", "imx93-m33", _ARM, DDR_FULL,
            (Piece(0x201C0000, 0x40000), Piece(0x20200000, 0x40000)), 2, 0x44220000),
        Soc("imx95-evk-m7", "imx95-m7", _ARM, DDR_FULL,
            (Piece(0x203C0000, 0x40000), Piece(0x20400000, 0x40000)), 2, 0x42440000),
    )
}  # fmt: skip

IMX8MP_DSP = SOCS["imx8mp-evk-dsp"]
