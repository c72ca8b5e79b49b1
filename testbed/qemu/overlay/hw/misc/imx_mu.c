/*
 * NXP i.MX Messaging Unit: channels, link to the peer process, interrupt.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/core/cpu.h"
#include "hw/irq.h"
#include "hw/misc/imx_mu.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "system/runstate.h"

/* Channels in which the counters of the two sides differ */
static uint8_t imx_mu_differ(const uint32_t *a, const uint32_t *b)
{
    uint8_t mask = 0;

    for (unsigned i = 0; i < IMX_MU_CHANNELS; i++) {
        if (qatomic_load_acquire(&a[i]) != qatomic_load_acquire(&b[i])) {
            mask |= BIT(i);
        }
    }
    return mask;
}

uint8_t imx_mu_tx_empty(ImxMuState *s)
{
    return ~imx_mu_differ(s->mine->sent, s->peer->taken) &
           MAKE_64BIT_MASK(0, IMX_MU_CHANNELS);
}

uint8_t imx_mu_rx_full(ImxMuState *s)
{
    return imx_mu_differ(s->peer->sent, s->mine->taken);
}

uint8_t imx_mu_requests_in(ImxMuState *s)
{
    return imx_mu_differ(s->peer->raised, s->mine->accepted);
}

uint8_t imx_mu_requests_out(ImxMuState *s)
{
    return imx_mu_differ(s->mine->raised, s->peer->accepted);
}

uint8_t imx_mu_peer_flags(ImxMuState *s)
{
    return qatomic_load_acquire(&s->peer->flags) & IMX_MU_FLAGS;
}

static void imx_mu_update(ImxMuState *s)
{
    qemu_set_irq(s->irq, (s->tx_enable & imx_mu_tx_empty(s)) ||
                         (s->rx_enable & imx_mu_rx_full(s)) ||
                         (s->request_enable & imx_mu_requests_in(s)));
}

static void imx_mu_post(ImxMuState *s, uint32_t op, uint32_t index,
                        uint32_t value)
{
    uint8_t msg[sizeof(s->link_buf)];

    stl_le_p(msg, op);
    stl_le_p(msg + 4, index);
    stl_le_p(msg + 8, value);
    qemu_chr_fe_write_all(&s->chr, msg, sizeof(msg));
}

void imx_mu_transmit(ImxMuState *s, unsigned channel, uint32_t word)
{
    ImxMuSide *mine = s->mine;

    if (!(imx_mu_tx_empty(s) & BIT(channel))) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: TR%u overwritten before the peer "
                      "has read it\n", DEVICE(s)->canonical_path, channel);
    }
    qatomic_set(&mine->word[channel], word);
    qatomic_store_release(&mine->sent[channel], mine->sent[channel] + 1);
    imx_mu_post(s, IMX_MU_OP_WORD, channel, word);
    imx_mu_update(s);
}

uint32_t imx_mu_receive(ImxMuState *s, unsigned channel)
{
    uint32_t sent = qatomic_load_acquire(&s->peer->sent[channel]);
    uint32_t word = qatomic_read(&s->peer->word[channel]);

    if (s->mine->taken[channel] != sent) {
        qatomic_store_release(&s->mine->taken[channel], sent);
        imx_mu_post(s, IMX_MU_OP_READ, channel, 0);
        imx_mu_update(s);
    }
    return word;
}

void imx_mu_request(ImxMuState *s, uint8_t mask)
{
    /* A request that is still pending at the peer is not raised again. */
    mask &= ~imx_mu_requests_out(s);
    for (unsigned i = 0; i < IMX_MU_CHANNELS; i++) {
        if (mask & BIT(i)) {
            qatomic_store_release(&s->mine->raised[i], s->mine->raised[i] + 1);
        }
    }
    if (mask) {
        imx_mu_post(s, IMX_MU_OP_REQUEST, 0, mask);
    }
}

void imx_mu_accept(ImxMuState *s, uint8_t mask)
{
    mask &= imx_mu_requests_in(s);
    for (unsigned i = 0; i < IMX_MU_CHANNELS; i++) {
        if (mask & BIT(i)) {
            qatomic_store_release(&s->mine->accepted[i],
                                  qatomic_read(&s->peer->raised[i]));
        }
    }
    if (mask) {
        imx_mu_post(s, IMX_MU_OP_ACCEPT, 0, mask);
        imx_mu_update(s);
    }
}

void imx_mu_enable(ImxMuState *s, uint8_t tx, uint8_t rx, uint8_t request)
{
    s->tx_enable = tx;
    s->rx_enable = rx;
    s->request_enable = request;
    imx_mu_update(s);
}

void imx_mu_set_flags(ImxMuState *s, uint8_t flags)
{
    flags &= IMX_MU_FLAGS;
    if (flags != s->mine->flags) {
        qatomic_store_release(&s->mine->flags, flags);
        imx_mu_post(s, IMX_MU_OP_FLAGS, 0, flags);
    }
}

static void imx_mu_reset_own(ImxMuState *s)
{
    qatomic_store_release(&s->mine->flags, 0);
    imx_mu_enable(s, 0, 0, 0);
}

/* Own counters suffice to empty all registers and requests of both sides. */
void imx_mu_reset_both(ImxMuState *s)
{
    for (unsigned i = 0; i < IMX_MU_CHANNELS; i++) {
        qatomic_set(&s->mine->sent[i], qatomic_read(&s->peer->taken[i]));
        qatomic_set(&s->mine->taken[i], qatomic_read(&s->peer->sent[i]));
        qatomic_set(&s->mine->raised[i], qatomic_read(&s->peer->accepted[i]));
        qatomic_set(&s->mine->accepted[i], qatomic_read(&s->peer->raised[i]));
    }
    imx_mu_reset_own(s);
    imx_mu_post(s, IMX_MU_OP_RESET, 0, 0);
}

static void imx_mu_nothing(CPUState *cs, run_on_cpu_data data)
{
}

static void imx_mu_link_message(ImxMuState *s)
{
    uint32_t op = ldl_le_p(s->link_buf);
    uint32_t value = ldl_le_p(s->link_buf + 8);

    switch (op) {
    case IMX_MU_OP_WORD:
    case IMX_MU_OP_READ:
    case IMX_MU_OP_REQUEST:
    case IMX_MU_OP_ACCEPT:
    case IMX_MU_OP_FLAGS:
        imx_mu_update(s);
        break;
    case IMX_MU_OP_CORE:
        if (s->processor_b) {
            qemu_set_irq(s->core_stall, !!(value & IMX_MU_CORE_STALLED));
            qemu_set_irq(s->core_reset, !!(value & IMX_MU_CORE_IN_RESET));
            /* What the lines have asked of the core is done before this. */
            run_on_cpu(first_cpu, imx_mu_nothing, RUN_ON_CPU_NULL);
            imx_mu_post(s, IMX_MU_OP_CORE, 0, value);
        }
        break;
    case IMX_MU_OP_RESET:
        imx_mu_reset_own(s);
        break;
    default:
        qemu_log_mask(LOG_UNIMP, "%s: operation %u on the link\n",
                      DEVICE(s)->canonical_path, op);
    }
}

static int imx_mu_link_room(void *opaque)
{
    return sizeof_field(ImxMuState, link_buf) * 64;
}

static void imx_mu_link_bytes(void *opaque, const uint8_t *buf, int size)
{
    ImxMuState *s = opaque;

    while (size > 0) {
        unsigned n = MIN(size, sizeof(s->link_buf) - s->link_fill);

        memcpy(s->link_buf + s->link_fill, buf, n);
        s->link_fill += n;
        buf += n;
        size -= n;
        if (s->link_fill == sizeof(s->link_buf)) {
            s->link_fill = 0;
            imx_mu_link_message(s);
        }
    }
}

static void imx_mu_link_event(void *opaque, QEMUChrEvent event)
{
    ImxMuState *s = opaque;

    /* Processor B is nothing without the process that loads and starts it. */
    if (event == CHR_EVENT_CLOSED && s->processor_b) {
        qemu_system_shutdown_request(SHUTDOWN_CAUSE_HOST_SIGNAL);
    }
}

static void imx_mu_core_line(ImxMuState *s, uint8_t bit, int level)
{
    uint8_t core = level ? s->core | bit : s->core & ~bit;

    if (core != s->core) {
        s->core = core;
        imx_mu_post(s, IMX_MU_OP_CORE, 0, core);
    }
}

static void imx_mu_core_reset_line(void *opaque, int n, int level)
{
    imx_mu_core_line(opaque, IMX_MU_CORE_IN_RESET, level);
}

static void imx_mu_core_stall_line(void *opaque, int n, int level)
{
    imx_mu_core_line(opaque, IMX_MU_CORE_STALLED, level);
}

static void imx_mu_reset_hold(Object *obj, ResetType type)
{
    ImxMuState *s = IMX_MU(obj);

    if (s->processor_b) {
        imx_mu_reset_own(s);
    } else {
        imx_mu_reset_both(s);
    }
}

static void imx_mu_realize(DeviceState *dev, Error **errp)
{
    ImxMuState *s = IMX_MU(dev);
    ImxMuClass *mc = IMX_MU_GET_CLASS(s);
    MemoryRegion *shared;
    ImxMuSide *sides;

    if (!qemu_chr_fe_backend_connected(&s->chr)) {
        error_setg(errp, "an MU needs a chardev that leads to its other side");
        return;
    }
    if (!s->shared || s->shared->size < 2 * sizeof(ImxMuSide)) {
        error_setg(errp, "an MU needs memory that its other side maps too");
        return;
    }
    host_memory_backend_set_mapped(s->shared, true);
    shared = host_memory_backend_get_memory(s->shared);
    sides = memory_region_get_ram_ptr(shared);
    s->mine = &sides[s->processor_b];
    s->peer = &sides[!s->processor_b];

    memory_region_init_io(&s->mmio, OBJECT(s), mc->ops, s,
                          object_get_typename(OBJECT(s)), mc->mmio_size);
    sysbus_init_mmio(SYS_BUS_DEVICE(s), &s->mmio);
    sysbus_init_irq(SYS_BUS_DEVICE(s), &s->irq);
    if (s->processor_b) {
        qdev_init_gpio_out_named(dev, &s->core_reset, IMX_MU_CORE_RESET, 1);
        qdev_init_gpio_out_named(dev, &s->core_stall, IMX_MU_CORE_STALL, 1);
    } else {
        qdev_init_gpio_in_named(dev, imx_mu_core_reset_line,
                                IMX_MU_CORE_RESET, 1);
        qdev_init_gpio_in_named(dev, imx_mu_core_stall_line,
                                IMX_MU_CORE_STALL, 1);
    }
    s->core = IMX_MU_CORE_STALLED;
    qemu_chr_fe_set_handlers(&s->chr, imx_mu_link_room, imx_mu_link_bytes,
                             imx_mu_link_event, NULL, s, NULL, true);
}

static const Property imx_mu_properties[] = {
    DEFINE_PROP_CHR("chardev", ImxMuState, chr),
    DEFINE_PROP_LINK("shared", ImxMuState, shared, TYPE_MEMORY_BACKEND,
                     HostMemoryBackend *),
    DEFINE_PROP_BOOL("processor-b", ImxMuState, processor_b, false),
};

static void imx_mu_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "i.MX Messaging Unit";
    dc->realize = imx_mu_realize;
    device_class_set_props(dc, imx_mu_properties);
    rc->phases.hold = imx_mu_reset_hold;
}

static const TypeInfo imx_mu_types[] = {
    {
        .name = TYPE_IMX_MU,
        .parent = TYPE_SYS_BUS_DEVICE,
        .abstract = true,
        .instance_size = sizeof(ImxMuState),
        .class_size = sizeof(ImxMuClass),
        .class_init = imx_mu_class_init,
    },
};

DEFINE_TYPES(imx_mu_types)
