/*
 * NXP i.MX interrupt steering, one channel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The i.MX 8QM's and 8QXP's subsystems reach a Cortex-M4 only through this.
 * All sources are masked at reset. The registers hold the sources from the
 * highest to the lowest: source n is in word 15 - n / 32.
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "hw/intc/imx_irqsteer.h"
#include "hw/irq.h"
#include "hw/sysbus.h"
#include "qom/object.h"

#define WORDS           (IMX_IRQSTEER_SOURCES / 32)

#define STEER_CHANCTL   0x00
#define STEER_MASK      0x04
#define STEER_SET       (STEER_MASK + 4 * WORDS)
#define STEER_STATUS    (STEER_SET + 4 * WORDS)
#define STEER_MINTDIS   (STEER_STATUS + 4 * WORDS)
#define STEER_MSTRSTAT  (STEER_MINTDIS + 4)
#define STEER_SIZE      0x1000

OBJECT_DECLARE_SIMPLE_TYPE(ImxIrqsteerState, IMX_IRQSTEER)

struct ImxIrqsteerState {
    SysBusDevice parent_obj;

    MemoryRegion mmio;
    qemu_irq master[IMX_IRQSTEER_MASTERS];
    uint32_t control;
    uint32_t master_disable;
    /* In the order of the registers */
    uint32_t line[WORDS];
    uint32_t mask[WORDS];
    uint32_t set[WORDS];
};

static uint32_t steer_status(ImxIrqsteerState *s, unsigned word)
{
    return (s->line[word] | s->set[word]) & s->mask[word];
}

static bool steer_master(ImxIrqsteerState *s, unsigned n)
{
    unsigned word = WORDS - 1 - 2 * n;

    return !(s->master_disable & BIT(n)) &&
           (steer_status(s, word) || steer_status(s, word - 1));
}

static void steer_update(ImxIrqsteerState *s)
{
    for (unsigned n = 0; n < IMX_IRQSTEER_MASTERS; n++) {
        qemu_set_irq(s->master[n], steer_master(s, n));
    }
}

static void steer_source(void *opaque, int n, int level)
{
    ImxIrqsteerState *s = opaque;

    s->line[WORDS - 1 - n / 32] =
        deposit32(s->line[WORDS - 1 - n / 32], n % 32, 1, !!level);
    steer_update(s);
}

static uint64_t steer_read(void *opaque, hwaddr offset, unsigned size)
{
    ImxIrqsteerState *s = opaque;
    uint64_t pending = 0;

    switch (offset) {
    case STEER_CHANCTL:
        return s->control;
    case STEER_MASK ... STEER_SET - 4:
        return s->mask[(offset - STEER_MASK) / 4];
    case STEER_SET ... STEER_STATUS - 4:
        return s->set[(offset - STEER_SET) / 4];
    case STEER_STATUS ... STEER_MINTDIS - 4:
        return steer_status(s, (offset - STEER_STATUS) / 4);
    case STEER_MINTDIS:
        return s->master_disable;
    case STEER_MSTRSTAT:
        for (unsigned n = 0; n < IMX_IRQSTEER_MASTERS; n++) {
            pending |= steer_master(s, n);
        }
        return pending;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "%s: read of offset 0x%" HWADDR_PRIx
                      "\n", TYPE_IMX_IRQSTEER, offset);
        return 0;
    }
}

static void steer_write(void *opaque, hwaddr offset, uint64_t value,
                        unsigned size)
{
    ImxIrqsteerState *s = opaque;

    switch (offset) {
    case STEER_CHANCTL:
        s->control = value;
        break;
    case STEER_MASK ... STEER_SET - 4:
        s->mask[(offset - STEER_MASK) / 4] = value;
        break;
    case STEER_SET ... STEER_STATUS - 4:
        s->set[(offset - STEER_SET) / 4] = value;
        break;
    case STEER_MINTDIS:
        s->master_disable = value;
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "%s: write of offset 0x%" HWADDR_PRIx
                      "\n", TYPE_IMX_IRQSTEER, offset);
    }
    steer_update(s);
}

static const MemoryRegionOps steer_ops = {
    .read = steer_read,
    .write = steer_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 4,
        .max_access_size = 4,
    },
};

static void steer_reset_hold(Object *obj, ResetType type)
{
    ImxIrqsteerState *s = IMX_IRQSTEER(obj);

    s->control = 0;
    s->master_disable = 0;
    memset(s->mask, 0, sizeof(s->mask));
    memset(s->set, 0, sizeof(s->set));
    steer_update(s);
}

static void steer_init(Object *obj)
{
    ImxIrqsteerState *s = IMX_IRQSTEER(obj);
    SysBusDevice *sbd = SYS_BUS_DEVICE(obj);

    memory_region_init_io(&s->mmio, obj, &steer_ops, s, TYPE_IMX_IRQSTEER,
                          STEER_SIZE);
    sysbus_init_mmio(sbd, &s->mmio);
    for (unsigned n = 0; n < IMX_IRQSTEER_MASTERS; n++) {
        sysbus_init_irq(sbd, &s->master[n]);
    }
    qdev_init_gpio_in(DEVICE(obj), steer_source, IMX_IRQSTEER_SOURCES);
}

static void steer_class_init(ObjectClass *klass, void *data)
{
    DEVICE_CLASS(klass)->desc = "i.MX interrupt steering";
    RESETTABLE_CLASS(klass)->phases.hold = steer_reset_hold;
}

static const TypeInfo steer_types[] = {
    {
        .name = TYPE_IMX_IRQSTEER,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(ImxIrqsteerState),
        .instance_init = steer_init,
        .class_init = steer_class_init,
    },
};

DEFINE_TYPES(steer_types)
