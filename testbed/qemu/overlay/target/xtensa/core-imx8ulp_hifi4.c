/*
 * The core of the i.MX 8ULP HiFi4 DSP (hifi4_nxp2_ulp_prod, LX7.0.8).
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

#define xtensa_modules xtensa_modules_imx8ulp_hifi4
#include "core-de233_fpu/xtensa-modules.c.inc"

#define RESET_VECTOR    0x21170000
#define RESET_VECTOR_1  0x20100000
#define VECBASE_RESET   0x21170400

static XtensaConfig imx8ulp_hifi4 = {
    .name = "imx8ulp_hifi4",
    .gdb_regmap = {
        .reg = {
#include "imx_hifi4_registers.h.inc"
            XTREG_END
        }
    },
    HIFI4_SECTIONS,
    .hw_version = 270008,
    .configid = { 0xc203b286, 0x2908a8c2 },
    .clock_freq_khz = 475200,
    .options = HIFI4_OPTIONS | OPTION(MAC16),
    .excm_level = 2,
    .level_mask = {
        [1] = 0x0000ffc0,
        [2] = 0x00ff0006,
        [3] = 0xff000038,
        [5] = 0x00000001,
    },
    .inttype_mask = {
        [INTTYPE_NMI] = 0x00000001,
        [INTTYPE_SOFTWARE] = 0x00000002,
    },
    .interrupt = {
        [0] = { 5, INTTYPE_NMI },
        [1] = { 2, INTTYPE_SOFTWARE },
        [2] = { 2, INTTYPE_TIMER },
        [3] = { 3, INTTYPE_TIMER },
        [4] = { 3, INTTYPE_PROFILING },
        [5] = { 3, INTTYPE_WRITE_ERR },
        [6 ... 15] = { 1, INTTYPE_LEVEL },
        [16 ... 23] = { 2, INTTYPE_LEVEL },
        [24 ... 31] = { 3, INTTYPE_LEVEL },
    },
    .nextint = 27,
    .extint = {
        0, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
        24, 25, 26, 27, 28, 29, 30, 31,
    },
    .icache_ways = 4,
    .dcache_ways = 4,
    .instram = { .num = 1, .location = { { 0x21170000, 0x10000 } } },
    .dataram = { .num = 1, .location = { { 0x21180000, 0x10000 } } },
};

REGISTER_CORE(imx8ulp_hifi4)
