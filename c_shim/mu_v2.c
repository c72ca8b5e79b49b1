/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messaging Unit of i.MX8ULP, 93 and 95: a register for each purpose, channel n at bit n
 * (drivers/mailbox/imx-mailbox.c, fsl,imx8ulp-mu). */

#define GIER    0x110               /* interrupt on the peer's request */
#define GCR     0x114               /* requests to the peer, cleared by the unit */
#define GSR     0x118               /* requests of the peer, cleared by writing 1 */
#define TCR     0x120               /* interrupt on transmit empty */
#define TE_REG  0x124               /* TSR: transmit register empty */
#define RCR     0x128               /* interrupt on receive full */
#define RF_REG  0x12c               /* RSR: receive register full */
#define TR(n)   (0x200 + 4 * (n))
#define RR(n)   (0x280 + 4 * (n))

#define ALL     ((1u << CHANNELS) - 1)
#define BIT(n)  (1u << (n))
#define RF(n)   BIT(n)
#define TE(n)   BIT(n)
#include "mu_words.h"

void mu_reset(uint32_t base)
{
    *reg(base, GIER) = 0;
    *reg(base, TCR) = 0;
    *reg(base, RCR) = 0;
    *reg(base, GSR) = ALL;
    drain(base);
}

void mu_listen(uint32_t base, uint32_t channel)
{
    *reg(base, RCR) = BIT(channel);
}

void mu_await_sent(uint32_t base, uint32_t channel, uint32_t await)
{
    *reg(base, TCR) = await ? BIT(channel) : 0;
}

void mu_silence(uint32_t base)
{
    *reg(base, RCR) = 0;
    *reg(base, TCR) = 0;
}

void mu_ring(uint32_t base, uint32_t channel)
{
    /* Requests that the peer has not seen yet read as 1: this one is set whatever it reads. */
    *reg(base, GCR) |= BIT(channel);
}
