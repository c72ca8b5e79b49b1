/*
 * NXP i.MX Messaging Unit, version 1 register layout.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "hw/misc/imx_mu.h"

#define MU_TR0  0x00
#define MU_TR3  0x0c
#define MU_RR0  0x10
#define MU_RR3  0x1c
#define MU_SR   0x20
#define MU_CR   0x24

/* Positions of the four-bit fields, in SR and in CR */
#define SR_GIP  28
#define SR_RF   24
#define SR_TE   20
#define CR_GIE  28
#define CR_RIE  24
#define CR_TIE  20
#define CR_GIR  16
#define CR_MUR  BIT(5)      /* side A only: resets both sides */

/* In each field the highest bit is channel 0. */
static uint32_t field(uint8_t mask, unsigned shift)
{
    return (revbit8(mask) >> 4) << shift;
}

static uint8_t channels(uint32_t reg, unsigned shift)
{
    return revbit8(extract32(reg, shift, 4)) >> 4;
}

static uint64_t imx_mu_v1_read(void *opaque, hwaddr offset, unsigned size)
{
    ImxMuState *s = opaque;

    switch (offset) {
    case MU_TR0 ... MU_TR3:
        return 0;
    case MU_RR0 ... MU_RR3:
        return imx_mu_receive(s, (offset - MU_RR0) / 4);
    case MU_SR:
        return field(imx_mu_requests_in(s), SR_GIP) |
               field(imx_mu_rx_full(s), SR_RF) |
               field(imx_mu_tx_empty(s), SR_TE) | imx_mu_peer_flags(s);
    case MU_CR:
        return field(s->request_enable, CR_GIE) |
               field(s->rx_enable, CR_RIE) | field(s->tx_enable, CR_TIE) |
               field(imx_mu_requests_out(s), CR_GIR) | s->mine->flags;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "%s: read of offset 0x%" HWADDR_PRIx
                      "\n", TYPE_IMX_MU_V1, offset);
        return 0;
    }
}

static void imx_mu_v1_write(void *opaque, hwaddr offset, uint64_t value,
                            unsigned size)
{
    ImxMuState *s = opaque;

    switch (offset) {
    case MU_TR0 ... MU_TR3:
        imx_mu_transmit(s, (offset - MU_TR0) / 4, value);
        break;
    case MU_RR0 ... MU_RR3:
        break;
    case MU_SR:
        imx_mu_accept(s, channels(value, SR_GIP));
        break;
    case MU_CR:
        if ((value & CR_MUR) && !s->processor_b) {
            imx_mu_reset_both(s);
            break;
        }
        imx_mu_enable(s, channels(value, CR_TIE), channels(value, CR_RIE),
                      channels(value, CR_GIE));
        imx_mu_set_flags(s, value);
        imx_mu_request(s, channels(value, CR_GIR));
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "%s: write of offset 0x%" HWADDR_PRIx
                      "\n", TYPE_IMX_MU_V1, offset);
    }
}

static const MemoryRegionOps imx_mu_v1_ops = {
    .read = imx_mu_v1_read,
    .write = imx_mu_v1_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 4,
        .max_access_size = 4,
    },
};

static void imx_mu_v1_class_init(ObjectClass *klass, void *data)
{
    ImxMuClass *mc = IMX_MU_CLASS(klass);

    mc->ops = &imx_mu_v1_ops;
    mc->mmio_size = 64 * 1024;
}

static const TypeInfo imx_mu_v1_types[] = {
    {
        .name = TYPE_IMX_MU_V1,
        .parent = TYPE_IMX_MU,
        .class_init = imx_mu_v1_class_init,
    },
};

DEFINE_TYPES(imx_mu_v1_types)
