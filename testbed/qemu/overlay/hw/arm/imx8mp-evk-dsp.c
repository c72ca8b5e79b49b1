/*
 * NXP i.MX 8M Plus EVK whose HiFi4 DSP is emulated by another process.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The board is QEMU's imx8mp-evk. What the DSP adds to Linux's view is laid
 * over the placeholders of the SoC model, which stays as it is.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "exec/address-spaces.h"
#include "hw/arm/fsl-imx8mp.h"
#include "hw/boards.h"
#include "hw/misc/imx_core_ctrl.h"
#include "hw/misc/imx_mu.h"
#include "hw/misc/imx_remote_core.h"
#include "hw/qdev-properties.h"

/* DRAM0, DRAM1, IRAM, OCRAM_A */
#define DSP_LOCAL_BASE          0x3b6e8000
#define DSP_LOCAL_SIZE          0x58000

#define MU2_A_BASE              0x30e60000
#define MU2_A_SPI               136
#define AUDIO_BLK_CTRL_BASE     0x30e20000
#define DAP_DSP_PWRCTL_PAGE     0x28807000

static void (*imx8mp_evk_init)(MachineState *machine);

static void imx8mp_evk_dsp_init(MachineState *machine)
{
    FslImx8mpState *soc;
    SysBusDevice *ctrl;
    DeviceState *mu;

    imx8mp_evk_init(machine);
    soc = FSL_IMX8MP(object_resolve_path_component(OBJECT(machine), "soc"));

    imx_core_real_barriers();
    memory_region_add_subregion(get_system_memory(), DSP_LOCAL_BASE,
                                imx_core_local_memory(DSP_LOCAL_SIZE));

    mu = imx_core_new_mu(TYPE_IMX_MU_V1, false);
    object_property_add_child(OBJECT(machine), "mu2-a", OBJECT(mu));
    sysbus_realize_and_unref(SYS_BUS_DEVICE(mu), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(mu), 0, MU2_A_BASE);
    sysbus_connect_irq(SYS_BUS_DEVICE(mu), 0,
                       qdev_get_gpio_in(DEVICE(&soc->gic), MU2_A_SPI));

    ctrl = SYS_BUS_DEVICE(qdev_new(TYPE_IMX8MP_DSP_CTRL));
    object_property_add_child(OBJECT(machine), "dsp-ctrl", OBJECT(ctrl));
    qdev_connect_gpio_out_named(DEVICE(ctrl), IMX_MU_CORE_RESET, 0,
        qdev_get_gpio_in_named(mu, IMX_MU_CORE_RESET, 0));
    qdev_connect_gpio_out_named(DEVICE(ctrl), IMX_MU_CORE_STALL, 0,
        qdev_get_gpio_in_named(mu, IMX_MU_CORE_STALL, 0));
    sysbus_realize_and_unref(ctrl, &error_fatal);
    sysbus_mmio_map(ctrl, 0, AUDIO_BLK_CTRL_BASE);
    sysbus_mmio_map(ctrl, 1, DAP_DSP_PWRCTL_PAGE);
}

static void imx8mp_evk_dsp_class_init(ObjectClass *klass, void *data)
{
    MachineClass *mc = MACHINE_CLASS(klass);

    imx8mp_evk_init = mc->init;
    mc->init = imx8mp_evk_dsp_init;
    mc->desc = "NXP i.MX 8M Plus EVK with its HiFi4 DSP in another process";
}

static const TypeInfo imx8mp_evk_dsp_types[] = {
    {
        .name = MACHINE_TYPE_NAME("imx8mp-evk-dsp"),
        .parent = MACHINE_TYPE_NAME("imx8mp-evk"),
        .class_init = imx8mp_evk_dsp_class_init,
    },
};

DEFINE_TYPES(imx8mp_evk_dsp_types)
