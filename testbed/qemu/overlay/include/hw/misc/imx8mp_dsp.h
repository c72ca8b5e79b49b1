/*
 * i.MX 8M Plus HiFi4 DSP: what the two emulated halves agree upon.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_IMX8MP_DSP_H
#define HW_MISC_IMX8MP_DSP_H

/* Names under which both machines look for their shared resources */
#define IMX8MP_DSP_LOCAL_ID     "dsplocal"      /* -object memory-backend-* */
#define IMX8MP_DSP_MU_ID        "dspmu"         /* -object memory-backend-* */
#define IMX8MP_DSP_LINK_ID      "dsplink"       /* -chardev */

/* DRAM0, DRAM1, IRAM, OCRAM_A: one range, the same for both processors */
#define IMX8MP_DSP_LOCAL_BASE   0x3b6e8000
#define IMX8MP_DSP_LOCAL_SIZE   0x58000

/* What the two sides of the MU share: a page of its own */
#define IMX8MP_DSP_MU_SIZE      0x1000

#define IMX8MP_DDR_BASE         0x40000000

#define IMX8MP_MU2_A_BASE       0x30e60000
#define IMX8MP_MU2_A_SPI        136
#define IMX8MP_MU2_B_BASE       0x30e70000
#define IMX8MP_MU2_B_INT        7

/* Returns the memory of -object IMX8MP_DSP_LOCAL_ID; exits when unusable. */
MemoryRegion *imx8mp_dsp_local_memory(void);

/* Creates one side of MU2, not yet realized; exits when its link is missing. */
DeviceState *imx8mp_dsp_new_mu(bool processor_b);

/* Linux's view of the DSP's run-stall and reset bits: audiomix, debug port */
#define TYPE_IMX8MP_DSP_CTRL "imx8mp-dsp-ctrl"

#endif
