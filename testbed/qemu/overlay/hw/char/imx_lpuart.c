/*
 * NXP i.MX Low Power UART, transmitter only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The register layout is that of the i.MX 8ULP, 8QM, 8QXP and 9. A byte leaves
 * at once, so the transmitter is always empty; nothing is ever received, and
 * no interrupt is raised.
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "chardev/char-fe.h"
#include "hw/char/imx_lpuart.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "hw/sysbus.h"
#include "qom/object.h"

#define LPUART_VERID    0x00
#define LPUART_PARAM    0x04
#define LPUART_GLOBAL   0x08
#define LPUART_PINCFG   0x0c
#define LPUART_BAUD     0x10
#define LPUART_STAT     0x14
#define LPUART_CTRL     0x18
#define LPUART_DATA     0x1c
#define LPUART_MATCH    0x20
#define LPUART_MODIR    0x24
#define LPUART_FIFO     0x28
#define LPUART_WATER    0x2c
#define LPUART_SIZE     0x1000

#define GLOBAL_RST      BIT(1)
#define STAT_TDRE       BIT(23)
#define STAT_TC         BIT(22)
#define CTRL_TE         BIT(19)
#define DATA_RXEMPT     BIT(12)
#define BAUD_RESET      0x0f000004  /* oversampling by 16, divisor 4 */
#define FIFO_EMPTY      (BIT(23) | BIT(22))

OBJECT_DECLARE_SIMPLE_TYPE(ImxLpuartState, IMX_LPUART)

struct ImxLpuartState {
    SysBusDevice parent_obj;

    MemoryRegion mmio;
    CharBackend chr;
    uint32_t regs[LPUART_WATER / 4 + 1];
};

static void lpuart_clear(ImxLpuartState *s)
{
    memset(s->regs, 0, sizeof(s->regs));
    s->regs[LPUART_BAUD / 4] = BAUD_RESET;
}

static uint64_t lpuart_read(void *opaque, hwaddr offset, unsigned size)
{
    ImxLpuartState *s = opaque;

    switch (offset) {
    case LPUART_VERID:
        return 0x04010003;
    case LPUART_PARAM:
        return 0x0202;
    case LPUART_STAT:
        return s->regs[offset / 4] | STAT_TDRE | STAT_TC;
    case LPUART_DATA:
        return DATA_RXEMPT;
    case LPUART_FIFO:
        return s->regs[offset / 4] | FIFO_EMPTY;
    case LPUART_GLOBAL:
    case LPUART_PINCFG:
    case LPUART_BAUD:
    case LPUART_CTRL:
    case LPUART_MATCH:
    case LPUART_MODIR:
    case LPUART_WATER:
        return s->regs[offset / 4];
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "%s: read of offset 0x%" HWADDR_PRIx
                      "\n", TYPE_IMX_LPUART, offset);
        return 0;
    }
}

static void lpuart_write(void *opaque, hwaddr offset, uint64_t value,
                         unsigned size)
{
    ImxLpuartState *s = opaque;
    uint8_t byte = value;

    switch (offset) {
    case LPUART_GLOBAL:
        if (value & GLOBAL_RST) {
            lpuart_clear(s);
        }
        s->regs[offset / 4] = value & GLOBAL_RST;
        break;
    case LPUART_DATA:
        if (s->regs[LPUART_CTRL / 4] & CTRL_TE) {
            qemu_chr_fe_write_all(&s->chr, &byte, 1);
        } else {
            qemu_log_mask(LOG_GUEST_ERROR, "%s: written to while the "
                          "transmitter is off\n", TYPE_IMX_LPUART);
        }
        break;
    case LPUART_VERID:
    case LPUART_PARAM:
    case LPUART_STAT:
        break;
    case LPUART_PINCFG:
    case LPUART_BAUD:
    case LPUART_CTRL:
    case LPUART_MATCH:
    case LPUART_MODIR:
    case LPUART_FIFO:
    case LPUART_WATER:
        s->regs[offset / 4] = value;
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "%s: write of offset 0x%" HWADDR_PRIx
                      "\n", TYPE_IMX_LPUART, offset);
    }
}

static const MemoryRegionOps lpuart_ops = {
    .read = lpuart_read,
    .write = lpuart_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 1,
        .max_access_size = 4,
    },
};

static void lpuart_reset_hold(Object *obj, ResetType type)
{
    lpuart_clear(IMX_LPUART(obj));
}

static void lpuart_init(Object *obj)
{
    ImxLpuartState *s = IMX_LPUART(obj);

    memory_region_init_io(&s->mmio, obj, &lpuart_ops, s, TYPE_IMX_LPUART,
                          LPUART_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->mmio);
}

static const Property lpuart_properties[] = {
    DEFINE_PROP_CHR("chardev", ImxLpuartState, chr),
};

static void lpuart_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->desc = "i.MX LPUART, transmitter only";
    device_class_set_props(dc, lpuart_properties);
    RESETTABLE_CLASS(klass)->phases.hold = lpuart_reset_hold;
}

static const TypeInfo lpuart_types[] = {
    {
        .name = TYPE_IMX_LPUART,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(ImxLpuartState),
        .instance_init = lpuart_init,
        .class_init = lpuart_class_init,
    },
};

DEFINE_TYPES(lpuart_types)
