/*
 * A core beside Linux on an NXP i.MX: what its machine and Linux's share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_IMX_REMOTE_CORE_H
#define HW_MISC_IMX_REMOTE_CORE_H

#include "exec/memory.h"

/* Names under which both machines look for their shared resources */
#define IMX_CORE_LOCAL_ID   "corelocal"     /* -object memory-backend-* */
#define IMX_CORE_MU_ID      "coremu"        /* -object memory-backend-* */
#define IMX_CORE_LINK_ID    "corelink"      /* -chardev */

/* What the two sides of the MU share: a page of its own */
#define IMX_CORE_MU_SIZE    0x1000

/* Where the DDR begins for Linux; IMX_DDR(address) is an offset in it. */
#define IMX_DDR_BASE        0x40000000
#define IMX_DDR(linux)      ((linux) - IMX_DDR_BASE)

/* The core sees at `device` what the memory holds at `offset`. */
typedef struct ImxCoreView {
    hwaddr device;
    uint64_t offset;
    uint64_t size;              /* 0: end of a list */
} ImxCoreView;

/* Maps views of `memory`, clipped to its size; a later one covers earlier. */
void imx_core_map(Object *owner, MemoryRegion *memory,
                  const ImxCoreView *views);

/* Returns the memory of -object IMX_CORE_LOCAL_ID; exits when unusable. */
MemoryRegion *imx_core_local_memory(uint64_t size);

/*
 * Creates one side of the MU between Linux and the core, of a type with that
 * register layout, not yet realized; exits when its link is missing.
 */
DeviceState *imx_core_new_mu(const char *type, bool processor_b);

/* The core's serial port: serial 0. Its interrupt is left to the caller. */
SysBusDevice *imx_core_add_uart(Object *owner, const char *type, hwaddr base);

/* Makes the barriers of all CPUs real: another process shares the memory. */
void imx_core_real_barriers(void);

#endif
