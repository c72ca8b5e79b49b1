/*
 * The core of the i.MX 8M Plus HiFi4 DSP (hifi4_mscale_v0_0_2_prod, LX6.0.4).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "cpu.h"
#include "gdbstub/helpers.h"
#include "qemu/host-utils.h"

/* Only for the macros that the register list and the registration need. */
#include "core-de233_fpu/core-isa.h"
#include "core-de233_fpu/core-matmap.h"
#include "overlay_tool.h"
#include "imx_hifi4.h"

#define xtensa_modules xtensa_modules_imx8mp_hifi4
#include "core-de233_fpu/xtensa-modules.c.inc"

#define RESET_VECTOR    0x3b6f8000
#define RESET_VECTOR_1  0x3b740400
#define VECBASE_RESET   0x3b6f8400

static XtensaConfig imx8mp_hifi4 = {
    .name = "imx8mp_hifi4",
    .gdb_regmap = {
        .reg = {
#include "imx_hifi4_registers.h.inc"
            XTREG_END
        }
    },
    HIFI4_SECTIONS,
    HIFI4_LX6_SECTIONS,
    .configid = { 0xc2b3fbfe, 0x1d07ef28 },
    .clock_freq_khz = 800000,
    .instram = { .num = 1, .location = { { 0x3b6f8000, 0x800 } } },
    .dataram = { .num = 2, .location = { { 0x3b6e8000, 0x8000 },
                                         { 0x3b6f0000, 0x8000 } } },
};

REGISTER_CORE(imx8mp_hifi4)
