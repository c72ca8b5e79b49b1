# SPDX-License-Identifier: GPL-2.0-or-later
CONFIG_IMX_LINUX_BOARDS=y
CONFIG_IMX_CORTEX_M=y
# mps2-an500: a Cortex-M7 for the benchmarks
CONFIG_MPS2=y
