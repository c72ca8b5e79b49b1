/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Registers, and the words of a channel, which both versions of the unit have alike. Included once by each mu_v*.c, which
 * has defined before where the registers TR(n) and RR(n) are, and in which register RF(n) (receive full) and TE(n)
 * (transmit empty) are. */
#include "mu.h"

#define CHANNELS 4

static volatile uint32_t *reg(uint32_t base, uint32_t offset)
{
    return (volatile uint32_t *)(base + offset);
}

uint32_t mu_has_word(uint32_t base, uint32_t channel)
{
    return *reg(base, RF_REG) & RF(channel);
}

uint32_t mu_take_word(uint32_t base, uint32_t channel)
{
    return *reg(base, RR(channel));
}

uint32_t mu_can_send(uint32_t base, uint32_t channel)
{
    return *reg(base, TE_REG) & TE(channel);
}

uint32_t mu_receive_status(uint32_t base)
{
    return *reg(base, RF_REG);
}

uint32_t mu_transmit_status(uint32_t base)
{
    return *reg(base, TE_REG);
}

void mu_send(uint32_t base, uint32_t channel, uint32_t word)
{
    *reg(base, TR(channel)) = word;
}

/* Empties every receive register. */
static void drain(uint32_t base)
{
    for (uint32_t n = 0; n < CHANNELS; n++) {
        (void)*reg(base, RR(n));
    }
}
