/*
 * The HiFi4 DSP of an NXP i.MX 8M Plus, beside a Linux in another process.
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
#include "exec/translation-block.h"
#include "hw/boards.h"
#include "hw/char/imx_serial.h"
#include "hw/irq.h"
#include "hw/misc/imx8mp_dsp.h"
#include "hw/misc/imx_mu.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "system/reset.h"
#include "system/system.h"

#define UART4_BASE  0x30a60000

/* The DSP reaches 0x942f0000 to 0x943fffff: rings and buffers of the EVK. */
#define DDR_SIZE    (1408 * MiB)

#define TYPE_IMX8MP_HIFI4_MACHINE MACHINE_TYPE_NAME("imx8mp-hifi4")
OBJECT_DECLARE_SIMPLE_TYPE(Imx8mpHifi4State, IMX8MP_HIFI4_MACHINE)

struct Imx8mpHifi4State {
    MachineState parent_obj;

    XtensaCPU *cpu;
    IMXSerialState uart4;
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

static void hifi4_core_update(Imx8mpHifi4State *s, bool reset)
{
    int action = (s->in_reset || s->stalled ? CORE_HOLD : 0) |
                 (reset ? CORE_RESET : 0);

    async_run_on_cpu(CPU(s->cpu), hifi4_core_apply,
                     RUN_ON_CPU_HOST_INT(action));
}

static void hifi4_reset_line(void *opaque, int n, int level)
{
    Imx8mpHifi4State *s = opaque;

    if (s->in_reset != !!level) {
        s->in_reset = level;
        hifi4_core_update(s, level);
    }
}

static void hifi4_stall_line(void *opaque, int n, int level)
{
    Imx8mpHifi4State *s = opaque;

    if (s->stalled != !!level) {
        s->stalled = level;
        hifi4_core_update(s, false);
    }
}

static void hifi4_cpu_reset(void *opaque)
{
    Imx8mpHifi4State *s = opaque;

    cpu_reset(CPU(s->cpu));
    xtensa_runstall(&s->cpu->env, s->in_reset || s->stalled);
}

static qemu_irq hifi4_interrupt(Imx8mpHifi4State *s, unsigned number)
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
    Imx8mpHifi4State *s = IMX8MP_HIFI4_MACHINE(machine);
    MemoryRegion *memory = get_system_memory();
    DeviceState *mu;

    s->in_reset = false;
    s->stalled = true;
    s->cpu = XTENSA_CPU(cpu_create(machine->cpu_type));
    /* One core, but Linux's process shares the memory: MEMW must be real. */
    tcg_cflags_set(CPU(s->cpu), CF_PARALLEL);
    qemu_register_reset(hifi4_cpu_reset, s);

    memory_region_add_subregion(memory, IMX8MP_DDR_BASE, machine->ram);
    memory_region_add_subregion(memory, IMX8MP_DSP_LOCAL_BASE,
                                imx8mp_dsp_local_memory());

    mu = imx8mp_dsp_new_mu(true);
    object_property_add_child(OBJECT(machine), "mu2-b", OBJECT(mu));
    sysbus_realize_and_unref(SYS_BUS_DEVICE(mu), &error_fatal);
    qdev_connect_gpio_out_named(mu, IMX_MU_CORE_RESET, 0,
                                qemu_allocate_irq(hifi4_reset_line, s, 0));
    qdev_connect_gpio_out_named(mu, IMX_MU_CORE_STALL, 0,
                                qemu_allocate_irq(hifi4_stall_line, s, 0));
    sysbus_mmio_map(SYS_BUS_DEVICE(mu), 0, IMX8MP_MU2_B_BASE);
    sysbus_connect_irq(SYS_BUS_DEVICE(mu), 0,
                       hifi4_interrupt(s, IMX8MP_MU2_B_INT));

    /* UART4's interrupt does not reach the DSP. */
    object_initialize_child(OBJECT(machine), "uart4", &s->uart4,
                            TYPE_IMX_SERIAL);
    qdev_prop_set_chr(DEVICE(&s->uart4), "chardev", serial_hd(0));
    sysbus_realize(SYS_BUS_DEVICE(&s->uart4), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(&s->uart4), 0, UART4_BASE);
}

static void hifi4_class_init(ObjectClass *klass, void *data)
{
    MachineClass *mc = MACHINE_CLASS(klass);

    mc->desc = "HiFi4 DSP of an i.MX 8M Plus, its Linux in another process";
    mc->init = hifi4_init;
    mc->max_cpus = 1;
    mc->default_cpu_type = XTENSA_CPU_TYPE_NAME("imx8mp_hifi4");
    mc->default_ram_id = "ddr";
    mc->default_ram_size = DDR_SIZE;
    mc->no_parallel = 1;
    mc->no_floppy = 1;
    mc->no_cdrom = 1;
}

static const TypeInfo hifi4_types[] = {
    {
        .name = TYPE_IMX8MP_HIFI4_MACHINE,
        .parent = TYPE_MACHINE,
        .instance_size = sizeof(Imx8mpHifi4State),
        .class_init = hifi4_class_init,
    },
};

DEFINE_TYPES(hifi4_types)
