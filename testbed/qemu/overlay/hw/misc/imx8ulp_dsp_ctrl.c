/*
 * i.MX 8ULP: the register from which Linux controls the HiFi4 DSP.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * mmio 0: SIM_LPAV. SYSCTRL0 resets and stalls the core; the other registers,
 *         and its clock gates, hold what is written to them.
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/module.h"
#include "hw/irq.h"
#include "hw/misc/imx_core_ctrl.h"
#include "hw/misc/imx_mu.h"
#include "hw/sysbus.h"

#define SIM_LPAV_SIZE       0x10000

#define SYSCTRL0            0x8
#define SYSCTRL0_DBG_RST    BIT(25)
#define SYSCTRL0_RST        BIT(16)
#define SYSCTRL0_STALL      BIT(13)

OBJECT_DECLARE_SIMPLE_TYPE(Imx8ulpDspCtrlState, IMX8ULP_DSP_CTRL)

struct Imx8ulpDspCtrlState {
    SysBusDevice parent_obj;

    MemoryRegion mmio;
    qemu_irq core_reset;
    qemu_irq core_stall;

    uint32_t regs[SIM_LPAV_SIZE / 4];
};

static void dsp_ctrl_update(Imx8ulpDspCtrlState *s)
{
    uint32_t control = s->regs[SYSCTRL0 / 4];

    qemu_set_irq(s->core_stall, !!(control & SYSCTRL0_STALL));
    qemu_set_irq(s->core_reset, !!(control & SYSCTRL0_RST));
}

static uint64_t dsp_ctrl_read(void *opaque, hwaddr offset, unsigned size)
{
    Imx8ulpDspCtrlState *s = opaque;

    return s->regs[offset / 4];
}

static void dsp_ctrl_write(void *opaque, hwaddr offset, uint64_t value,
                           unsigned size)
{
    Imx8ulpDspCtrlState *s = opaque;

    s->regs[offset / 4] = value;
    dsp_ctrl_update(s);
}

static const MemoryRegionOps dsp_ctrl_ops = {
    .read = dsp_ctrl_read,
    .write = dsp_ctrl_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 4,
        .max_access_size = 4,
    },
};

static void dsp_ctrl_reset_enter(Object *obj, ResetType type)
{
    Imx8ulpDspCtrlState *s = IMX8ULP_DSP_CTRL(obj);

    memset(s->regs, 0, sizeof(s->regs));
    s->regs[SYSCTRL0 / 4] = SYSCTRL0_DBG_RST | SYSCTRL0_RST | SYSCTRL0_STALL;
}

static void dsp_ctrl_reset_exit(Object *obj, ResetType type)
{
    dsp_ctrl_update(IMX8ULP_DSP_CTRL(obj));
}

static void dsp_ctrl_init(Object *obj)
{
    Imx8ulpDspCtrlState *s = IMX8ULP_DSP_CTRL(obj);

    memory_region_init_io(&s->mmio, obj, &dsp_ctrl_ops, s,
                          "imx8ulp-sim-lpav", SIM_LPAV_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->mmio);
    qdev_init_gpio_out_named(DEVICE(s), &s->core_reset, IMX_MU_CORE_RESET, 1);
    qdev_init_gpio_out_named(DEVICE(s), &s->core_stall, IMX_MU_CORE_STALL, 1);
}

static void dsp_ctrl_class_init(ObjectClass *klass, void *data)
{
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    DEVICE_CLASS(klass)->desc = "i.MX 8ULP DSP reset and stall";
    rc->phases.enter = dsp_ctrl_reset_enter;
    rc->phases.exit = dsp_ctrl_reset_exit;
}

static const TypeInfo dsp_ctrl_types[] = {
    {
        .name = TYPE_IMX8ULP_DSP_CTRL,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(Imx8ulpDspCtrlState),
        .instance_init = dsp_ctrl_init,
        .class_init = dsp_ctrl_class_init,
    },
};

DEFINE_TYPES(dsp_ctrl_types)
