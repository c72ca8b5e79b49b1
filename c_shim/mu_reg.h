/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A register of a Messaging Unit, and its channels. */
#ifndef MU_REG_H
#define MU_REG_H
#include "mu.h"

#define CHANNELS 4

static inline volatile uint32_t *reg(uint32_t base, uint32_t offset)
{
    return (volatile uint32_t *)(base + offset);
}
#endif
