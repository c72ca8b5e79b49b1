/*
 * NXP i.MX boards with Linux, each with one core that another process emulates.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All are QEMU's imx8mp-evk. What the core adds to Linux's view is laid over
 * the SoC model, which stays as it is. QEMU has no i.MX 8ULP: Linux's side of
 * that board is the i.MX 8M Plus too, with the i.MX 8ULP's DSP at its true
 * addresses.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "exec/address-spaces.h"
#include "hw/arm/fsl-imx8mp.h"
#include "hw/boards.h"
#include "hw/misc/imx_core_ctrl.h"
#include "hw/misc/imx_mu.h"
#include "hw/misc/imx_remote_core.h"

/* Linux's view of the core: the figures of the kernel's device trees */
typedef struct ImxLinuxBoard {
    const char *name;
    const char *desc;
    uint64_t local_size;
    ImxCoreView local[3];       /* .device: Linux's address */
    const char *mu_type;
    hwaddr mu_base;
    unsigned mu_spi;
    const char *ctrl_type;
    hwaddr ctrl_base[2];        /* of its mmio regions */
} ImxLinuxBoard;

static const ImxLinuxBoard imx_linux_boards[] = {
    {
        .name = MACHINE_TYPE_NAME("imx8mp-evk-dsp"),
        .desc = "NXP i.MX 8M Plus EVK with its HiFi4 DSP in another process",
        /* DRAM0, DRAM1, IRAM, OCRAM_A */
        .local_size = 0x58000,
        .local = { { 0x3b6e8000, 0, 0x58000 } },
        .mu_type = TYPE_IMX_MU_V1,
        .mu_base = 0x30e60000,      /* MU2-A */
        .mu_spi = 136,
        .ctrl_type = TYPE_IMX8MP_DSP_CTRL,
        .ctrl_base = { 0x30e20000, 0x28807000 },
    }, {
        .name = MACHINE_TYPE_NAME("imx8mp-evk-m7"),
        .desc = "NXP i.MX 8M Plus EVK with its Cortex-M7 in another process",
        /* ITCM, DTCM */
        .local_size = 0x40000,
        .local = { { 0x007e0000, 0, 0x20000 },
                   { 0x00800000, 0x20000, 0x20000 } },
        .mu_type = TYPE_IMX_MU_V1,
        .mu_base = 0x30aa0000,      /* MU1-A */
        .mu_spi = 88,
        .ctrl_type = TYPE_IMX8MP_M7_CTRL,
        .ctrl_base = { 0x30390000, 0x30340000 },
    }, {
        .name = MACHINE_TYPE_NAME("imx8ulp-evk-dsp"),
        .desc = "HiFi4 DSP of an i.MX 8ULP in another process, its Linux on "
                "an i.MX 8M Plus",
        /* IRAM, DRAM */
        .local_size = 0x20000,
        .local = { { 0x21170000, 0, 0x20000 } },
        .mu_type = TYPE_IMX_MU_V2,
        .mu_base = 0x29230000,      /* MU3-A */
        .mu_spi = 75,
        .ctrl_type = TYPE_IMX8ULP_DSP_CTRL,
        .ctrl_base = { 0x2da50000 },
    },
};

#define TYPE_IMX_LINUX_MACHINE MACHINE_TYPE_NAME("imx-linux")
OBJECT_DECLARE_TYPE(ImxLinuxState, ImxLinuxClass, IMX_LINUX_MACHINE)

struct ImxLinuxClass {
    MachineClass parent_class;

    void (*evk_init)(MachineState *machine);
    const ImxLinuxBoard *board;
};

struct ImxLinuxState {
    MachineState parent_obj;
};

static void imx_linux_init(MachineState *machine)
{
    const ImxLinuxClass *klass = IMX_LINUX_MACHINE_GET_CLASS(machine);
    const ImxLinuxBoard *board = klass->board;
    FslImx8mpState *soc;
    DeviceState *mu, *ctrl;

    klass->evk_init(machine);
    soc = FSL_IMX8MP(object_resolve_path_component(OBJECT(machine), "soc"));
    imx_core_real_barriers();
    imx_core_map(OBJECT(machine), imx_core_local_memory(board->local_size),
                 board->local);

    mu = imx_core_new_mu(board->mu_type, false);
    object_property_add_child(OBJECT(machine), "mu-a", OBJECT(mu));
    sysbus_realize_and_unref(SYS_BUS_DEVICE(mu), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(mu), 0, board->mu_base);
    sysbus_connect_irq(SYS_BUS_DEVICE(mu), 0,
                       qdev_get_gpio_in(DEVICE(&soc->gic), board->mu_spi));

    ctrl = qdev_new(board->ctrl_type);
    object_property_add_child(OBJECT(machine), "core-ctrl", OBJECT(ctrl));
    qdev_connect_gpio_out_named(ctrl, IMX_MU_CORE_RESET, 0,
        qdev_get_gpio_in_named(mu, IMX_MU_CORE_RESET, 0));
    qdev_connect_gpio_out_named(ctrl, IMX_MU_CORE_STALL, 0,
        qdev_get_gpio_in_named(mu, IMX_MU_CORE_STALL, 0));
    sysbus_realize_and_unref(SYS_BUS_DEVICE(ctrl), &error_fatal);
    for (unsigned i = 0; i < ARRAY_SIZE(board->ctrl_base); i++) {
        if (board->ctrl_base[i]) {
            sysbus_mmio_map(SYS_BUS_DEVICE(ctrl), i, board->ctrl_base[i]);
        }
    }
}

static void imx_linux_base_class_init(ObjectClass *klass, void *data)
{
    MachineClass *mc = MACHINE_CLASS(klass);

    IMX_LINUX_MACHINE_CLASS(klass)->evk_init = mc->init;
    mc->init = imx_linux_init;
}

static void imx_linux_class_init(ObjectClass *klass, void *data)
{
    const ImxLinuxBoard *board = data;

    IMX_LINUX_MACHINE_CLASS(klass)->board = board;
    MACHINE_CLASS(klass)->desc = board->desc;
}

static const TypeInfo imx_linux_machine_type = {
    .name = TYPE_IMX_LINUX_MACHINE,
    .parent = MACHINE_TYPE_NAME("imx8mp-evk"),
    .abstract = true,
    .instance_size = sizeof(ImxLinuxState),
    .class_size = sizeof(ImxLinuxClass),
    .class_init = imx_linux_base_class_init,
};

static void imx_linux_register_types(void)
{
    type_register_static(&imx_linux_machine_type);
    for (unsigned i = 0; i < ARRAY_SIZE(imx_linux_boards); i++) {
        const TypeInfo machine = {
            .name = imx_linux_boards[i].name,
            .parent = TYPE_IMX_LINUX_MACHINE,
            .class_init = imx_linux_class_init,
            .class_data = (void *)&imx_linux_boards[i],
        };

        type_register_static(&machine);
    }
}

type_init(imx_linux_register_types)
