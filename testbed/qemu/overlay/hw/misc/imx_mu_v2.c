/*
 * NXP i.MX Messaging Unit, version 2 register layout.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "hw/misc/imx_mu.h"

#define MU_VER      0x000   /* version and features */
#define MU_PAR      0x004   /* numbers of registers */
#define MU_CR       0x008
#define MU_SR       0x00c
#define MU_FCR      0x100   /* own flags */
#define MU_FSR      0x104   /* the peer's flags */
#define MU_GIER     0x110
#define MU_GCR      0x114
#define MU_GSR      0x118
#define MU_TCR      0x120
#define MU_TSR      0x124
#define MU_RCR      0x128
#define MU_RSR      0x12c
#define MU_TR0      0x200
#define MU_TR3      0x20c
#define MU_RR0      0x280
#define MU_RR3      0x28c

#define CR_MUR      0x1     /* side A only: resets both sides */

/* PAR: transmit, receive registers, requests, flags, a byte each */
#define PAR         (IMX_MU_CHANNELS | IMX_MU_CHANNELS << 8 | \
                     IMX_MU_CHANNELS << 16 | 3 << 24)
#define CHANNELS    ((1 << IMX_MU_CHANNELS) - 1)

/* In each register bit n is channel n. */
static uint64_t imx_mu_v2_read(void *opaque, hwaddr offset, unsigned size)
{
    ImxMuState *s = opaque;

    switch (offset) {
    case MU_VER:
        return 0x02000000;
    case MU_PAR:
        return PAR;
    case MU_CR:
    case MU_SR:
        return 0;
    case MU_FCR:
        return s->mine->flags;
    case MU_FSR:
        return imx_mu_peer_flags(s);
    case MU_GIER:
        return s->request_enable;
    case MU_GCR:
        return imx_mu_requests_out(s);
    case MU_GSR:
        return imx_mu_requests_in(s);
    case MU_TCR:
        return s->tx_enable;
    case MU_TSR:
        return imx_mu_tx_empty(s);
    case MU_RCR:
        return s->rx_enable;
    case MU_RSR:
        return imx_mu_rx_full(s);
    case MU_TR0 ... MU_TR3:
        return 0;
    case MU_RR0 ... MU_RR3:
        return imx_mu_receive(s, (offset - MU_RR0) / 4);
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "%s: read of offset 0x%" HWADDR_PRIx
                      "\n", TYPE_IMX_MU_V2, offset);
        return 0;
    }
}

static void imx_mu_v2_write(void *opaque, hwaddr offset, uint64_t value,
                            unsigned size)
{
    ImxMuState *s = opaque;
    uint8_t mask = value & CHANNELS;

    switch (offset) {
    case MU_CR:
        if ((value & CR_MUR) && !s->processor_b) {
            imx_mu_reset_both(s);
        }
        break;
    case MU_FCR:
        imx_mu_set_flags(s, value);
        break;
    case MU_GIER:
        imx_mu_enable(s, s->tx_enable, s->rx_enable, mask);
        break;
    case MU_GCR:
        imx_mu_request(s, mask);
        break;
    case MU_GSR:
        imx_mu_accept(s, mask);
        break;
    case MU_TCR:
        imx_mu_enable(s, mask, s->rx_enable, s->request_enable);
        break;
    case MU_RCR:
        imx_mu_enable(s, s->tx_enable, mask, s->request_enable);
        break;
    case MU_TR0 ... MU_TR3:
        imx_mu_transmit(s, (offset - MU_TR0) / 4, value);
        break;
    case MU_VER:
    case MU_PAR:
    case MU_SR:
    case MU_FSR:
    case MU_TSR:
    case MU_RSR:
    case MU_RR0 ... MU_RR3:
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "%s: write of offset 0x%" HWADDR_PRIx
                      "\n", TYPE_IMX_MU_V2, offset);
    }
}

static const MemoryRegionOps imx_mu_v2_ops = {
    .read = imx_mu_v2_read,
    .write = imx_mu_v2_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 4,
        .max_access_size = 4,
    },
};

static void imx_mu_v2_class_init(ObjectClass *klass, void *data)
{
    ImxMuClass *mc = IMX_MU_CLASS(klass);

    mc->ops = &imx_mu_v2_ops;
    mc->mmio_size = 64 * 1024;
}

static const TypeInfo imx_mu_v2_types[] = {
    {
        .name = TYPE_IMX_MU_V2,
        .parent = TYPE_IMX_MU,
        .class_init = imx_mu_v2_class_init,
    },
};

DEFINE_TYPES(imx_mu_v2_types)
