# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a Linux knows of each board: its driver's translation table and its device tree.

Typed from the kernel's sources, not read from boards/*.toml: what the firmware believes of its board
must not decide what the board is. Sources, by the names used below:

  dsp       drivers/remoteproc/imx_dsp_rproc.c, imx_dsp_rproc_att_*, of 7.2.13
  rproc     drivers/remoteproc/imx_rproc.c, imx_rproc_att_*, of 7.2.13
  dts       arch/arm64/boot/dts/freescale/ of 7.2.13
  nxp       the same folder of nxp-imx/linux-imx
  patch     LKML, April 2025, L. Mihalcea: the DSP's node for imx8ulp.dtsi

The 8Q boards' nodes are here as the drivers want them named; in the dts all are memory@... (see `unnamed`).
"""

from typing import NamedTuple

DSP_DRIVER, CORTEX_M_DRIVER = "imx_dsp_rproc", "imx_rproc"


class Row(NamedTuple):
    """A row of the driver's table. `own`: the driver maps it whole; elsewhere it needs reserved memory."""

    device: int
    linux: int
    size: int
    own: bool = False


class Region(NamedTuple):
    """Reserved memory by the name of its node, which is all that tells remoteproc what it is for."""

    name: str
    linux: int
    size: int


class Board(NamedTuple):
    """A remote core as Linux sees it."""

    name: str
    driver: str
    channel: int  # of the MU, in the node's mboxes
    rows: tuple
    regions: tuple  # the node's memory-region, in its order: the first is the vdev's buffer pool
    start: int  # device address of the first instruction, or of the vector table
    # Whether the driver has the core begin at e_entry (imx_sc_pm_cpu_start) and not where hardware does
    starts_at_entry: bool = False
    linux_starts: bool = True  # False: the driver has no start and no stop, only attaches
    # Whether the dts calls all nodes memory@..., so that no region is found by its name
    nameless_in_mainline: bool = False

    @property
    def buffers(self):
        """Where dma_alloc_coherent of the virtio device takes from: memory-region 0 (rproc_virtio_probe)."""
        return self.regions[0]

    def region(self, name):
        """The reserved memory of that name, or None."""
        return next((r for r in self.regions if r.name == name), None)

    def sys_to_da(self, linux, size):
        """imx_dsp_rproc_sys_to_da: the device's address of Linux's memory, or None."""
        for row in self.rows:
            if row.linux <= linux and linux + size <= row.linux + row.size:
                return row.device + linux - row.linux
        return None

    def unnamed(self):
        """The board with a device tree that calls all nodes memory@...."""
        return self._replace(regions=tuple(r._replace(name="memory") for r in self.regions))


def _vdev0(vring0, vring1, buffers, buffers_name="vdev0buffer"):
    return (
        Region(buffers_name, buffers, 0x100000),
        Region("vdev0vring0", vring0, 0x8000),
        Region("vdev0vring1", vring1, 0x8000),
    )


def _rsc_table(linux):
    return Region("rsc-table", linux, 0x1000)


_8Q_DSP_REGIONS = (*_vdev0(0x942F0000, 0x942F8000, 0x94300000), Region("dsp", 0x92400000, 0x1000000))
_8Q_DDR = Row(0x80000000, 0x80000000, 0x60000000)
_8Q_M4_REGIONS = (*_vdev0(0x90000000, 0x90008000, 0x90400000, "vdevbuffer"), _rsc_table(0x900FF000))

BOARDS = {
    board.name: board
    for board in (
        Board(  # dsp; dts: imx8mp-evk.dts
            "imx8mp-evk-dsp", DSP_DRIVER, 0,
            rows=(
                Row(0x3B6E8000, 0x3B6E8000, 0x8000, own=True),
                Row(0x3B6F0000, 0x3B6F0000, 0x8000, own=True),
                Row(0x3B6F8000, 0x3B6F8000, 0x800, own=True),
                Row(0x3B700000, 0x3B700000, 0x40000, own=True),
                Row(0x40000000, 0x40000000, 0x80000000),
            ),
            regions=(*_vdev0(0x942F0000, 0x942F8000, 0x94300000), Region("dsp", 0x92400000, 0x1000000)),
            start=0x3B6F8000,
        ),
        Board(  # dsp; patch
            "imx8ulp-evk-dsp", DSP_DRIVER, 0,
            rows=(
                Row(0x21170000, 0x21170000, 0x10000, own=True),
                Row(0x21180000, 0x21180000, 0x10000, own=True),
                Row(0x0C000000, 0x80000000, 0x10000000),
                Row(0x30000000, 0x90000000, 0x10000000),
            ),
            regions=(
                *_vdev0(0x8FEF0000, 0x8FEF8000, 0x8FF00000),
                Region("dsp", 0x8E000000, 0x1000000),
                Region("dsp-heap", 0x8F000000, 0xEF0000),
            ),
            start=0x21170000,
        ),
        Board(  # dsp; dts: imx8qm-mek.dts
            "imx8qm-mek-dsp", DSP_DRIVER, 0,
            rows=(
                Row(0x596E8000, 0x556E8000, 0x8000, own=True),
                Row(0x596F0000, 0x556F0000, 0x8000, own=True),
                Row(0x596F8000, 0x556F8000, 0x800, own=True),
                Row(0x55700000, 0x55700000, 0x70000, own=True),
                _8Q_DDR,
            ),
            regions=_8Q_DSP_REGIONS, start=0x596F8000, starts_at_entry=True, nameless_in_mainline=True,
        ),
        Board(  # dsp; dts: imx8qxp-mek.dts
            "imx8qxp-mek-dsp", DSP_DRIVER, 0,
            rows=(
                Row(0x596E8000, 0x596E8000, 0x8000, own=True),
                Row(0x596F0000, 0x596F0000, 0x8000, own=True),
                Row(0x596F8000, 0x596F8000, 0x800, own=True),
                Row(0x59700000, 0x59700000, 0x70000, own=True),
                _8Q_DDR,
            ),
            regions=_8Q_DSP_REGIONS, start=0x596F8000, starts_at_entry=True, nameless_in_mainline=True,
        ),
        Board(  # rproc: imx8mn; nxp@037aa975: imx8mp-evk-rpmsg.dts
            "imx8mp-evk-m7", CORTEX_M_DRIVER, 1,
            rows=(
                Row(0x00000000, 0x007E0000, 0x20000, own=True),
                Row(0x00180000, 0x00180000, 0x9000),
                Row(0x00900000, 0x00900000, 0x20000),
                Row(0x00920000, 0x00920000, 0x20000),
                Row(0x00940000, 0x00940000, 0x50000),
                Row(0x08000000, 0x08000000, 0x8000000),
                Row(0x10000000, 0x40000000, 0x0FFE0000),
                Row(0x20000000, 0x00800000, 0x20000, own=True),
                Row(0x20180000, 0x00180000, 0x8000, own=True),
                Row(0x20200000, 0x00900000, 0x20000, own=True),
                Row(0x20220000, 0x00920000, 0x20000, own=True),
                Row(0x20240000, 0x00940000, 0x40000, own=True),
                Row(0x40000000, 0x40000000, 0x80000000),
            ),
            regions=(
                *_vdev0(0x55000000, 0x55008000, 0x55400000, "vdevbuffer"),
                _rsc_table(0x550FF000),
                Region("m7", 0x80000000, 0x1000000),
            ),
            start=0x0,
        ),
        Board(  # rproc; dts: imx8ulp-evk.dts; start: U-Boot's arch/arm/mach-imx/imx8ulp/imximage.cfg
            "imx8ulp-evk-m33", CORTEX_M_DRIVER, 1,
            rows=(
                Row(0x1FFC0000, 0x1FFC0000, 0xC0000, own=True),
                Row(0x21000000, 0x21000000, 0x10000, own=True),
                Row(0x80000000, 0x80000000, 0x60000000),
            ),
            regions=(*_vdev0(0xAFF00000, 0xAFF08000, 0xA8400000, "vdevbuffer"), _rsc_table(0x1FFF8000)),
            start=0x1FFC2000, linux_starts=False,
        ),
        Board(  # rproc, the rows of core 0; dts: imx8qm-mek.dts
            "imx8qm-mek-m4", CORTEX_M_DRIVER, 1,
            rows=(
                Row(0x08000000, 0x08000000, 0x10000000),
                Row(0x1FFE0000, 0x34FE0000, 0x20000, own=True),
                Row(0x20000000, 0x35000000, 0x20000, own=True),
                _8Q_DDR,
            ),
            regions=_8Q_M4_REGIONS, start=0x1FFE0000, nameless_in_mainline=True,
        ),
        Board(  # rproc; dts: imx8qxp-mek.dts
            "imx8qxp-mek-m4", CORTEX_M_DRIVER, 1,
            rows=(
                Row(0x08000000, 0x08000000, 0x10000000),
                Row(0x1FFE0000, 0x34FE0000, 0x40000, own=True),
                Row(0x21000000, 0x00100000, 0x18000),
                Row(0x21100000, 0x00100000, 0x40000),
                _8Q_DDR,
            ),
            regions=_8Q_M4_REGIONS, start=0x1FFE0000, nameless_in_mainline=True,
        ),
        Board(  # rproc; dts: imx93-11x11-evk-common.dtsi
            "imx93-evk-m33", CORTEX_M_DRIVER, 1,
            rows=(
                Row(0x0FFC0000, 0x201C0000, 0x40000, own=True),
                Row(0x1FFC0000, 0x201C0000, 0x40000, own=True),
                Row(0x20000000, 0x20200000, 0x40000, own=True),
                Row(0x30000000, 0x20200000, 0x40000, own=True),
                Row(0x80000000, 0x80000000, 0x10000000),
                Row(0x90000000, 0x80000000, 0x10000000),
                Row(0xC0000000, 0xC0000000, 0x10000000),
                Row(0xD0000000, 0xC0000000, 0x10000000),
            ),
            regions=(*_vdev0(0xA4000000, 0xA4008000, 0xA4020000, "vdevbuffer"), _rsc_table(0x2021E000)),
            start=0x0FFE0000,
        ),
        Board(  # rproc: imx95_m7; nxp@05d69059: imx95-19x19-evk.dts
            "imx95-evk-m7", CORTEX_M_DRIVER, 1,
            rows=(
                Row(0x00000000, 0x203C0000, 0x40000, own=True),
                Row(0x20000000, 0x20400000, 0x40000, own=True),
                Row(0x80000000, 0x80000000, 0x50000000),
            ),
            regions=(*_vdev0(0x88000000, 0x88008000, 0x88020000, "vdevbuffer"), _rsc_table(0x88220000)),
            start=0x0,
        ),
    )
}  # fmt: skip
