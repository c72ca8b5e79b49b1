/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messaging Unit of i.MX6SX to i.MX8M and i.MX8QM/QXP: one status and one control register
 * (drivers/mailbox/imx-mailbox.c, fsl,imx6sx-mu). Channel 0 has the highest bit of each field. */

#define TR(n)   (0x00 + 4 * (n))
#define RR(n)   (0x10 + 4 * (n))
#define SR      0x20
#define CR      0x24

#define GIP_ALL (0xfu << 28)        /* SR: general-purpose interrupt pending, cleared by writing 1 */
#define RF(n)   (1u << (27 - (n)))  /* SR: receive register full */
#define TE(n)   (1u << (23 - (n)))  /* SR: transmit register empty */
#define RIE(n)  (1u << (27 - (n)))  /* CR: interrupt on receive full */
#define TIE(n)  (1u << (23 - (n)))  /* CR: interrupt on transmit empty */
#define GIR(n)  (1u << (19 - (n)))  /* CR: interrupt request, cleared by the unit */

#define RF_REG  SR
#define TE_REG  SR
#include "mu_words.h"

void mu_reset(uint32_t base)
{
    *reg(base, CR) = 0;
    *reg(base, SR) = GIP_ALL;
    drain(base);
}

void mu_listen(uint32_t base, uint32_t channel)
{
    *reg(base, CR) = RIE(channel);
}

void mu_await_sent(uint32_t base, uint32_t channel, uint32_t await)
{
    /* Writing 0 to GIR takes no request back. */
    *reg(base, CR) = RIE(channel) | (await ? TIE(channel) : 0);
}

void mu_silence(uint32_t base)
{
    *reg(base, CR) = 0;
}

void mu_ring(uint32_t base, uint32_t channel)
{
    /* Requests that the peer has not seen yet read as 1: this one is set whatever it reads. */
    *reg(base, CR) |= GIR(channel);
}
