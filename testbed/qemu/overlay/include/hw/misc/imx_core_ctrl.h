/*
 * Registers by which Linux resets and stalls a remote core of an NXP i.MX.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each drives the lines IMX_MU_CORE_RESET and IMX_MU_CORE_STALL of side A of
 * the MU, which carries them to the core's process.
 */

#ifndef HW_MISC_IMX_CORE_CTRL_H
#define HW_MISC_IMX_CORE_CTRL_H

/* i.MX 8M Plus, HiFi4: mmio 0 audiomix block control, mmio 1 debug port */
#define TYPE_IMX8MP_DSP_CTRL "imx8mp-dsp-ctrl"

#endif
