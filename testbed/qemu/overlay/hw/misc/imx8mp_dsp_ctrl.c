/*
 * i.MX 8M Plus: the two places from which Linux controls the HiFi4 DSP.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * mmio 0: audiomix block control. AudioDSP_REG2 stalls the core; the other
 *         registers hold what the clock driver writes.
 * mmio 1: the page of the debug port with the core's PWRCTL, which resets it.
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/module.h"
#include "hw/irq.h"
#include "hw/misc/imx_core_ctrl.h"
#include "hw/misc/imx_mu.h"
#include "hw/sysbus.h"

#define AUDIOMIX_SIZE           0x10000
#define AUDIOMIX_DSP_REG2       0x108
#define DSP_REG2_RUNSTALL       BIT(5)
#define AUDIOMIX_SAI_PLL_GNRL   0x400
#define SAI_PLL_LOCK            BIT(31)

#define DAP_PAGE_SIZE           0x1000
#define DAP_PWRCTL              0x20
#define PWRCTL_CORERESET        BIT(16)

OBJECT_DECLARE_SIMPLE_TYPE(Imx8mpDspCtrlState, IMX8MP_DSP_CTRL)

struct Imx8mpDspCtrlState {
    SysBusDevice parent_obj;

    MemoryRegion audiomix;
    MemoryRegion dap;
    qemu_irq core_reset;
    qemu_irq core_stall;

    uint32_t audiomix_regs[AUDIOMIX_SIZE / 4];
    uint32_t pwrctl;
};

static void dsp_ctrl_update(Imx8mpDspCtrlState *s)
{
    qemu_set_irq(s->core_reset, !!(s->pwrctl & PWRCTL_CORERESET));
    qemu_set_irq(s->core_stall, !!(s->audiomix_regs[AUDIOMIX_DSP_REG2 / 4] &
                                   DSP_REG2_RUNSTALL));
}

static uint64_t audiomix_read(void *opaque, hwaddr offset, unsigned size)
{
    Imx8mpDspCtrlState *s = opaque;
    uint32_t value = s->audiomix_regs[offset / 4];

    return offset == AUDIOMIX_SAI_PLL_GNRL ? value | SAI_PLL_LOCK : value;
}

static void audiomix_write(void *opaque, hwaddr offset, uint64_t value,
                           unsigned size)
{
    Imx8mpDspCtrlState *s = opaque;

    s->audiomix_regs[offset / 4] = value;
    dsp_ctrl_update(s);
}

static const MemoryRegionOps audiomix_ops = {
    .read = audiomix_read,
    .write = audiomix_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 4,
        .max_access_size = 4,
    },
};

static uint64_t dap_read(void *opaque, hwaddr offset, unsigned size)
{
    Imx8mpDspCtrlState *s = opaque;

    return offset == DAP_PWRCTL ? s->pwrctl : 0;
}

static void dap_write(void *opaque, hwaddr offset, uint64_t value,
                      unsigned size)
{
    Imx8mpDspCtrlState *s = opaque;

    if (offset == DAP_PWRCTL) {
        s->pwrctl = value;
        dsp_ctrl_update(s);
    }
}

static const MemoryRegionOps dap_ops = {
    .read = dap_read,
    .write = dap_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 4,
        .max_access_size = 4,
    },
};

static void dsp_ctrl_reset_enter(Object *obj, ResetType type)
{
    Imx8mpDspCtrlState *s = IMX8MP_DSP_CTRL(obj);

    memset(s->audiomix_regs, 0, sizeof(s->audiomix_regs));
    s->audiomix_regs[AUDIOMIX_DSP_REG2 / 4] = DSP_REG2_RUNSTALL;
    s->pwrctl = 0;
}

static void dsp_ctrl_reset_exit(Object *obj, ResetType type)
{
    dsp_ctrl_update(IMX8MP_DSP_CTRL(obj));
}

static void dsp_ctrl_init(Object *obj)
{
    Imx8mpDspCtrlState *s = IMX8MP_DSP_CTRL(obj);
    SysBusDevice *sbd = SYS_BUS_DEVICE(obj);

    memory_region_init_io(&s->audiomix, obj, &audiomix_ops, s,
                          "imx8mp-audiomix", AUDIOMIX_SIZE);
    memory_region_init_io(&s->dap, obj, &dap_ops, s,
                          "imx8mp-dap-dsp", DAP_PAGE_SIZE);
    sysbus_init_mmio(sbd, &s->audiomix);
    sysbus_init_mmio(sbd, &s->dap);
    qdev_init_gpio_out_named(DEVICE(s), &s->core_reset, IMX_MU_CORE_RESET, 1);
    qdev_init_gpio_out_named(DEVICE(s), &s->core_stall, IMX_MU_CORE_STALL, 1);
}

static void dsp_ctrl_class_init(ObjectClass *klass, void *data)
{
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    DEVICE_CLASS(klass)->desc = "i.MX 8M Plus DSP run-stall and reset";
    rc->phases.enter = dsp_ctrl_reset_enter;
    rc->phases.exit = dsp_ctrl_reset_exit;
}

static const TypeInfo dsp_ctrl_types[] = {
    {
        .name = TYPE_IMX8MP_DSP_CTRL,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(Imx8mpDspCtrlState),
        .instance_init = dsp_ctrl_init,
        .class_init = dsp_ctrl_class_init,
    },
};

DEFINE_TYPES(dsp_ctrl_types)
