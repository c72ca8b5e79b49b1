/*
 * The HiFi4 DSP of an NXP i.MX 8, beside a Linux in another process.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The core starts stalled. Linux (or a program in its place) writes firmware
 * into the shared memory, then releases the core over the MU's link.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/units.h"
#include "cpu.h"
#include "exec/address-spaces.h"
#include "exec/tb-flush.h"
#include "hw/boards.h"
#include "hw/char/imx_lpuart.h"
#include "hw/char/imx_serial.h"
#include "hw/irq.h"
#include "hw/misc/imx_mu.h"
#include "hw/misc/imx_remote_core.h"
#include "system/reset.h"

/*
 * What a machine is made of. boards/*.toml name the sources of the figures.
 * The serial port's interrupt reaches no DSP.
 */
typedef struct ImxHifi4Soc {
    const char *name;
    const char *desc;
    const char *cpu_type;
    uint64_t ddr_size;
    ImxCoreView ddr[3];
    uint64_t local_size;
    ImxCoreView local[3];
    const char *mu_type;
    hwaddr mu_base;
    unsigned mu_interrupt;
    const char *uart_type;
    hwaddr uart_base;
} ImxHifi4Soc;

/*
 * DDR beside an emulated Linux: as much as image, rings and buffers need. On
 * the 8QM and 8QXP: to the end of what the core reaches, 0xdfffffff.
 */
#define DDR_LINUX   (1408 * MiB)
#define DDR_IMX8Q   (2560 * MiB)

/* Memories of the 8QM and 8QXP: whole pages, DRAM0, DRAM1, IRAM; OCRAM */
#define IMX8Q_TCM_SIZE      0x11000
#define IMX8Q_OCRAM_SIZE    0x70000

static const ImxHifi4Soc imx_hifi4_socs[] = {
    {
        .name = MACHINE_TYPE_NAME("imx8mp-hifi4"),
        .desc = "HiFi4 DSP of an i.MX 8M Plus, its Linux in another process",
        .cpu_type = XTENSA_CPU_TYPE_NAME("imx8mp_hifi4"),
        .ddr_size = DDR_LINUX,
        .ddr = { { 0x40000000, IMX_DDR(0x40000000), 2 * GiB } },
        /* DRAM0, DRAM1, IRAM, OCRAM_A */
        .local_size = 0x58000,
        .local = { { 0x3b6e8000, 0, 0x58000 } },
        .mu_type = TYPE_IMX_MU_V1,
        .mu_base = 0x30e70000,
        .mu_interrupt = 7,
        .uart_type = TYPE_IMX_SERIAL,
        .uart_base = 0x30a60000,    /* UART4 */
    }, {
        .name = MACHINE_TYPE_NAME("imx8ulp-hifi4"),
        .desc = "HiFi4 DSP of an i.MX 8ULP, its Linux in another process",
        .cpu_type = XTENSA_CPU_TYPE_NAME("imx8ulp_hifi4"),
        .ddr_size = DDR_LINUX,
        .ddr = { { 0x0c000000, IMX_DDR(0x80000000), 256 * MiB },
                 { 0x30000000, IMX_DDR(0x90000000), 256 * MiB } },
        /* IRAM, DRAM */
        .local_size = 0x20000,
        .local = { { 0x21170000, 0, 0x20000 } },
        .mu_type = TYPE_IMX_MU_V2,
        .mu_base = 0x2da20000,
        .mu_interrupt = 15,
        .uart_type = TYPE_IMX_LPUART,
        .uart_base = 0x29870000,    /* LPUART7 */
    }, {
        .name = MACHINE_TYPE_NAME("imx8qm-hifi4"),
        .desc = "HiFi4 DSP of an i.MX 8QM, its Linux in another process",
        .cpu_type = XTENSA_CPU_TYPE_NAME("imx8q_hifi4"),
        .ddr_size = DDR_IMX8Q,
        .ddr = { { 0x80000000, IMX_DDR(0x80000000), 1536 * MiB } },
        .local_size = IMX8Q_TCM_SIZE + IMX8Q_OCRAM_SIZE,
        .local = { { 0x596e8000, 0, IMX8Q_TCM_SIZE },
                   { 0x55700000, IMX8Q_TCM_SIZE, IMX8Q_OCRAM_SIZE } },
        .mu_type = TYPE_IMX_MU_V1,
        .mu_base = 0x5d310000,
        .mu_interrupt = 7,
        .uart_type = TYPE_IMX_LPUART,
        .uart_base = 0x5a080000,    /* LPUART2 */
    }, {
        .name = MACHINE_TYPE_NAME("imx8qxp-hifi4"),
        .desc = "HiFi4 DSP of an i.MX 8QXP, its Linux in another process",
        .cpu_type = XTENSA_CPU_TYPE_NAME("imx8q_hifi4"),
        .ddr_size = DDR_IMX8Q,
        .ddr = { { 0x80000000, IMX_DDR(0x80000000), 1536 * MiB } },
        .local_size = IMX8Q_TCM_SIZE + IMX8Q_OCRAM_SIZE,
        .local = { { 0x596e8000, 0, IMX8Q_TCM_SIZE },
                   { 0x59700000, IMX8Q_TCM_SIZE, IMX8Q_OCRAM_SIZE } },
        .mu_type = TYPE_IMX_MU_V1,
        .mu_base = 0x5d310000,
        .mu_interrupt = 7,
        .uart_type = TYPE_IMX_LPUART,
        .uart_base = 0x5a080000,    /* LPUART2 */
    },
};

#define TYPE_IMX_HIFI4_MACHINE MACHINE_TYPE_NAME("imx-hifi4")
OBJECT_DECLARE_TYPE(ImxHifi4State, ImxHifi4Class, IMX_HIFI4_MACHINE)

struct ImxHifi4Class {
    MachineClass parent_class;

    const ImxHifi4Soc *soc;
};

struct ImxHifi4State {
    MachineState parent_obj;

    XtensaCPU *cpu;
    bool in_reset;
    bool stalled;
};

enum {
    CORE_HOLD  = 1,
    CORE_RESET = 2,
};

/* The core has Full Reset: nothing latched stays pending, nothing enabled. */
static void hifi4_reset_interrupts(CPUXtensaState *env)
{
    const XtensaConfig *config = env->config;

    env->sregs[INTENABLE] = 0;
    for (unsigned i = 0; i < config->ninterrupt; i++) {
        if (config->interrupt[i].inttype != INTTYPE_LEVEL) {
            env->sregs[INTSET] &= ~BIT(i);
        }
    }
    check_interrupts(env);
}

/* Runs on the core's own thread, between two translation blocks. */
static void hifi4_core_apply(CPUState *cs, run_on_cpu_data data)
{
    bool hold = data.host_int & CORE_HOLD;

    if (data.host_int & CORE_RESET) {
        cpu_reset(cs);
        hifi4_reset_interrupts(cpu_env(cs));
    }
    xtensa_runstall(cpu_env(cs), hold);
    if (!hold) {
        /* The stall's halt request may be left over: it would halt again. */
        cpu_reset_interrupt(cs, CPU_INTERRUPT_HALT);
        /* The other process may have written code since it was translated. */
        tb_flush(cs);
    }
}

static void hifi4_core_update(ImxHifi4State *s, bool reset)
{
    int action = (s->in_reset || s->stalled ? CORE_HOLD : 0) |
                 (reset ? CORE_RESET : 0);

    async_run_on_cpu(CPU(s->cpu), hifi4_core_apply,
                     RUN_ON_CPU_HOST_INT(action));
}

static void hifi4_reset_line(void *opaque, int n, int level)
{
    ImxHifi4State *s = opaque;

    if (s->in_reset != !!level) {
        s->in_reset = level;
        hifi4_core_update(s, level);
    }
}

static void hifi4_stall_line(void *opaque, int n, int level)
{
    ImxHifi4State *s = opaque;

    if (s->stalled != !!level) {
        s->stalled = level;
        hifi4_core_update(s, false);
    }
}

static void hifi4_cpu_reset(void *opaque)
{
    ImxHifi4State *s = opaque;

    cpu_reset(CPU(s->cpu));
    xtensa_runstall(&s->cpu->env, s->in_reset || s->stalled);
}

static qemu_irq hifi4_interrupt(ImxHifi4State *s, unsigned number)
{
    const XtensaConfig *config = s->cpu->env.config;

    for (unsigned i = 0; i < config->nextint; i++) {
        if (config->extint[i] == number) {
            return xtensa_get_extints(&s->cpu->env)[i];
        }
    }
    g_assert_not_reached();
}

static void hifi4_init(MachineState *machine)
{
    ImxHifi4State *s = IMX_HIFI4_MACHINE(machine);
    const ImxHifi4Soc *soc = IMX_HIFI4_MACHINE_GET_CLASS(machine)->soc;
    DeviceState *mu;

    s->in_reset = false;
    s->stalled = true;
    s->cpu = XTENSA_CPU(cpu_create(machine->cpu_type));
    imx_core_real_barriers();
    qemu_register_reset(hifi4_cpu_reset, s);

    imx_core_map(OBJECT(machine), machine->ram, soc->ddr);
    imx_core_map(OBJECT(machine), imx_core_local_memory(soc->local_size),
                 soc->local);

    mu = imx_core_new_mu(soc->mu_type, true);
    object_property_add_child(OBJECT(machine), "mu-b", OBJECT(mu));
    sysbus_realize_and_unref(SYS_BUS_DEVICE(mu), &error_fatal);
    qdev_connect_gpio_out_named(mu, IMX_MU_CORE_RESET, 0,
                                qemu_allocate_irq(hifi4_reset_line, s, 0));
    qdev_connect_gpio_out_named(mu, IMX_MU_CORE_STALL, 0,
                                qemu_allocate_irq(hifi4_stall_line, s, 0));
    sysbus_mmio_map(SYS_BUS_DEVICE(mu), 0, soc->mu_base);
    sysbus_connect_irq(SYS_BUS_DEVICE(mu), 0,
                       hifi4_interrupt(s, soc->mu_interrupt));

    imx_core_add_uart(OBJECT(machine), soc->uart_type, soc->uart_base);
}

static void hifi4_class_init(ObjectClass *klass, void *data)
{
    MachineClass *mc = MACHINE_CLASS(klass);
    const ImxHifi4Soc *soc = data;

    IMX_HIFI4_MACHINE_CLASS(klass)->soc = soc;
    mc->desc = soc->desc;
    mc->init = hifi4_init;
    mc->max_cpus = 1;
    mc->default_cpu_type = soc->cpu_type;
    mc->default_ram_id = "ddr";
    mc->default_ram_size = soc->ddr_size;
    mc->no_parallel = 1;
    mc->no_floppy = 1;
    mc->no_cdrom = 1;
}

static const TypeInfo hifi4_machine_type = {
    .name = TYPE_IMX_HIFI4_MACHINE,
    .parent = TYPE_MACHINE,
    .abstract = true,
    .instance_size = sizeof(ImxHifi4State),
    .class_size = sizeof(ImxHifi4Class),
};

static void hifi4_register_types(void)
{
    type_register_static(&hifi4_machine_type);
    for (unsigned i = 0; i < ARRAY_SIZE(imx_hifi4_socs); i++) {
        const TypeInfo machine = {
            .name = imx_hifi4_socs[i].name,
            .parent = TYPE_IMX_HIFI4_MACHINE,
            .class_init = hifi4_class_init,
            .class_data = (void *)&imx_hifi4_socs[i],
        };

        type_register_static(&machine);
    }
}

type_init(hifi4_register_types)
