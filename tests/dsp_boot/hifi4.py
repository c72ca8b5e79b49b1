# SPDX-License-Identifier: MIT OR Apache-2.0
"""What each SoC's HiFi4 is (hardware-and-linux.md, sections 1.8 and 2.1 to 2.3), as far as the core's tests need it.

Typed from there and not from boards/ or the emulator: it is what both are compared with.
"""

from typing import NamedTuple


class Mu(NamedTuple):
    """Registers of a Messaging Unit by their address, and a channel's bits in them."""

    receive: int  # RR0
    receive_enable: int  # has RIEn
    request: int  # has GIRn
    rie: tuple
    gir: tuple


def mu_v1(base):
    """RR, and one control register for all; RIEn = 27 - n, GIRn = 19 - n."""
    return Mu(base + 0x10, base + 0x24, base + 0x24, tuple(27 - n for n in range(4)), tuple(19 - n for n in range(4)))


def mu_v2(base):
    """RR, RCR, GCR; bit n is channel n."""
    return Mu(base + 0x280, base + 0x128, base + 0x114, tuple(range(4)), tuple(range(4)))


class Uart(NamedTuple):
    """What switches the transmitter on: (address, value), and where a character goes."""

    setup: tuple
    data: int


def imx_uart(base):
    """UCR1.UARTEN, UCR2.TXEN; UTXD"""
    return Uart(((base + 0x80, 1), (base + 0x84, 4)), base + 0x40)


def lpuart(base):
    """CTRL.TE; DATA"""
    return Uart(((base + 0x18, 1 << 19),), base + 0x1C)


class Hifi4(NamedTuple):
    board: str  # whose machine it is
    reset: int
    vecbase: int
    code: int  # device address of DDR that the driver loads to
    ddr: int  # device address of other DDR
    mu: Mu
    mu_interrupt: int
    mu_vector: str
    software: tuple  # (interrupt, vector) of each software interrupt
    uart: Uart
    configid: tuple | None  # where there is a primary source


_LX6_SOFTWARE = ((8, "kernel"), (9, "level2"))

CORES = (
    Hifi4("imx8mp-evk-dsp", 0x3B6F8000, 0x3B6F8400, 0x92400000, 0x92600000, mu_v1(0x30E70000), 7, "level2",
          _LX6_SOFTWARE, imx_uart(0x30A60000), (0xC2B3FBFE, 0x1D07EF28)),
    Hifi4("imx8ulp-evk-dsp", 0x21170000, 0x21170400, 0x1A000000, 0x1A200000, mu_v2(0x2DA20000), 15, "kernel",
          ((1, "level2"),), lpuart(0x29870000), None),
    Hifi4("imx8qm-mek-dsp", 0x596F8000, 0x596F8400, 0x92400000, 0x92600000, mu_v1(0x5D310000), 7, "level2",
          _LX6_SOFTWARE, lpuart(0x5A080000), None),
    Hifi4("imx8qxp-mek-dsp", 0x596F8000, 0x596F8400, 0x92400000, 0x92600000, mu_v1(0x5D310000), 7, "level2",
          _LX6_SOFTWARE, lpuart(0x5A080000), None),
)  # fmt: skip
