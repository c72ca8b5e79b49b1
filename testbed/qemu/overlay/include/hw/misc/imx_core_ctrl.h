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

/*
 * i.MX 8M Plus, Cortex-M7: mmio 0 system reset controller, mmio 1 IOMUXC
 * general-purpose registers. Property "started": after a reset the registers
 * are as U-Boot's bootaux leaves them, and the core runs.
 */
#define TYPE_IMX8MP_M7_CTRL "imx8mp-m7-ctrl"

/* i.MX 8ULP, HiFi4: mmio 0 SIM_LPAV */
#define TYPE_IMX8ULP_DSP_CTRL "imx8ulp-dsp-ctrl"

#endif
