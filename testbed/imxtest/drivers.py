# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which driver a board's remote core has."""

from .boards import BOARDS, CORTEX_M_DRIVER, DSP_DRIVER
from .imx_dsp_rproc import ImxDspRproc
from .imx_rproc import ImxRproc

_DRIVERS = {DSP_DRIVER: ImxDspRproc, CORTEX_M_DRIVER: ImxRproc}


def remoteproc(board, memory, link, firmware, **options):
    """The remoteproc of a board, which is a name or a `boards.Board`."""
    if isinstance(board, str):
        board = BOARDS[board]
    return _DRIVERS[board.driver](board, memory, link, firmware, **options)
