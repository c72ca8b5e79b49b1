# SPDX-License-Identifier: GPL-2.0-or-later
CONFIG_IMX8MP_EVK_DSP=y
