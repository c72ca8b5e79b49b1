/*
 * i.MX 8M Plus: the two places from which Linux controls the Cortex-M7.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * mmio 0: system reset controller. M7RCR enables and resets the core.
 * mmio 1: IOMUXC general-purpose registers. CPUWAIT in GPR22 keeps the core
 *         from its first instruction after a reset; it does not stop it.
 * The other registers hold what is written to them.
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/module.h"
#include "hw/irq.h"
#include "hw/misc/imx_core_ctrl.h"
#include "hw/misc/imx_mu.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"

#define REGS_SIZE           0x1000

#define SRC_M7RCR           0x0c
#define M7RCR_ENABLE        BIT(3)
#define M7RCR_RESET_PULSE   (BIT(2) | BIT(1))   /* self-clearing */
#define M7RCR_RESET         BIT(0)

#define GPR22               0x58
#define GPR22_CPUWAIT       BIT(0)

OBJECT_DECLARE_SIMPLE_TYPE(Imx8mpM7CtrlState, IMX8MP_M7_CTRL)

struct Imx8mpM7CtrlState {
    SysBusDevice parent_obj;

    MemoryRegion src_mmio;
    MemoryRegion gpr_mmio;
    qemu_irq core_reset;
    qemu_irq core_stall;
    bool started;

    uint32_t src[REGS_SIZE / 4];
    uint32_t gpr[REGS_SIZE / 4];
    bool waiting;       /* out of reset, but not yet at its first instruction */
};

static void m7_ctrl_update(Imx8mpM7CtrlState *s)
{
    uint32_t rcr = s->src[SRC_M7RCR / 4];
    bool pulse = rcr & M7RCR_RESET_PULSE;
    bool in_reset = !(rcr & M7RCR_ENABLE) || (rcr & M7RCR_RESET);

    s->src[SRC_M7RCR / 4] = rcr & ~M7RCR_RESET_PULSE;
    if (!(s->gpr[GPR22 / 4] & GPR22_CPUWAIT)) {
        s->waiting = false;
    } else if (pulse || in_reset) {
        s->waiting = true;
    }
    qemu_set_irq(s->core_reset, pulse || in_reset);
    qemu_set_irq(s->core_stall, s->waiting);
    qemu_set_irq(s->core_reset, in_reset);
}

static uint64_t src_read(void *opaque, hwaddr offset, unsigned size)
{
    Imx8mpM7CtrlState *s = opaque;

    return s->src[offset / 4];
}

static void src_write(void *opaque, hwaddr offset, uint64_t value,
                      unsigned size)
{
    Imx8mpM7CtrlState *s = opaque;

    s->src[offset / 4] = value;
    m7_ctrl_update(s);
}

static uint64_t gpr_read(void *opaque, hwaddr offset, unsigned size)
{
    Imx8mpM7CtrlState *s = opaque;

    return s->gpr[offset / 4];
}

static void gpr_write(void *opaque, hwaddr offset, uint64_t value,
                      unsigned size)
{
    Imx8mpM7CtrlState *s = opaque;

    s->gpr[offset / 4] = value;
    m7_ctrl_update(s);
}

static const MemoryRegionOps src_ops = {
    .read = src_read,
    .write = src_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 4,
        .max_access_size = 4,
    },
};

static const MemoryRegionOps gpr_ops = {
    .read = gpr_read,
    .write = gpr_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 4,
        .max_access_size = 4,
    },
};

static void m7_ctrl_reset_enter(Object *obj, ResetType type)
{
    Imx8mpM7CtrlState *s = IMX8MP_M7_CTRL(obj);

    memset(s->src, 0, sizeof(s->src));
    memset(s->gpr, 0, sizeof(s->gpr));
    if (s->started) {
        s->src[SRC_M7RCR / 4] = M7RCR_ENABLE;
    } else {
        s->gpr[GPR22 / 4] = GPR22_CPUWAIT;
    }
    s->waiting = false;
}

static void m7_ctrl_reset_exit(Object *obj, ResetType type)
{
    m7_ctrl_update(IMX8MP_M7_CTRL(obj));
}

static void m7_ctrl_init(Object *obj)
{
    Imx8mpM7CtrlState *s = IMX8MP_M7_CTRL(obj);
    SysBusDevice *sbd = SYS_BUS_DEVICE(obj);

    memory_region_init_io(&s->src_mmio, obj, &src_ops, s,
                          "imx8mp-src", REGS_SIZE);
    memory_region_init_io(&s->gpr_mmio, obj, &gpr_ops, s,
                          "imx8mp-iomuxc-gpr", REGS_SIZE);
    sysbus_init_mmio(sbd, &s->src_mmio);
    sysbus_init_mmio(sbd, &s->gpr_mmio);
    qdev_init_gpio_out_named(DEVICE(s), &s->core_reset, IMX_MU_CORE_RESET, 1);
    qdev_init_gpio_out_named(DEVICE(s), &s->core_stall, IMX_MU_CORE_STALL, 1);
}

static const Property m7_ctrl_properties[] = {
    DEFINE_PROP_BOOL("started", Imx8mpM7CtrlState, started, false),
};

static void m7_ctrl_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "i.MX 8M Plus Cortex-M7 reset and wait";
    device_class_set_props(dc, m7_ctrl_properties);
    rc->phases.enter = m7_ctrl_reset_enter;
    rc->phases.exit = m7_ctrl_reset_exit;
}

static const TypeInfo m7_ctrl_types[] = {
    {
        .name = TYPE_IMX8MP_M7_CTRL,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(Imx8mpM7CtrlState),
        .instance_init = m7_ctrl_init,
        .class_init = m7_ctrl_class_init,
    },
};

DEFINE_TYPES(m7_ctrl_types)
