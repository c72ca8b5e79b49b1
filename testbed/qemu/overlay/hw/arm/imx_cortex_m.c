/*
 * The Cortex-M core of an NXP i.MX 8 or 9, beside a Linux in another process.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The core starts held in reset. Linux (or a program in its place) writes
 * firmware into the shared memory, then releases the core over the MU's link:
 * it takes its stack pointer and its first address from the vector table that
 * is in memory then.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/units.h"
#include "cpu.h"
#include "exec/address-spaces.h"
#include "exec/tb-flush.h"
#include "hw/arm/armv7m.h"
#include "hw/arm/boot.h"
#include "hw/boards.h"
#include "hw/char/imx_lpuart.h"
#include "hw/char/imx_serial.h"
#include "hw/intc/imx_irqsteer.h"
#include "hw/irq.h"
#include "hw/misc/imx_mu.h"
#include "hw/misc/imx_remote_core.h"
#include "hw/qdev-clock.h"
#include "hw/qdev-properties.h"
#include "system/reset.h"

/* What a machine is made of. boards/*.toml name the sources of the figures. */
typedef struct ImxCortexMSoc {
    const char *name;
    const char *desc;
    const char *cpu_type;
    unsigned clock_hz;
    unsigned interrupts;        /* of the NVIC */
    unsigned priority_bits;
    unsigned mpu_regions;
    uint32_t vectors;           /* VTOR at reset */
    uint64_t ddr_size;
    ImxCoreView ddr[3];
    uint64_t local_size;
    ImxCoreView local[5];
    const char *mu_type;
    hwaddr mu_base;
    unsigned mu_interrupt;      /* of the NVIC, or the source of irqsteer */
    hwaddr irqsteer;            /* 0: the SoC has none between */
    unsigned irqsteer_interrupt;    /* of the NVIC, for irqsteer's master 0 */
    const char *uart_type;
    hwaddr uart_base;
    unsigned uart_interrupt;    /* of the NVIC; 0: the model raises none */
} ImxCortexMSoc;

/*
 * DDR beside an emulated Linux: as much as image, rings and buffers need.
 * Elsewhere: to 0xbfffffff; on the 8QM and 8QXP to the end of what the core
 * reaches, 0xdfffffff.
 */
#define DDR_LINUX   (1408 * MiB)
#define DDR_FULL    (2048 * MiB)
#define DDR_IMX8Q   (2560 * MiB)

static const ImxCortexMSoc imx_cortex_m_socs[] = {
    {
        .name = MACHINE_TYPE_NAME("imx8mp-m7"),
        .desc = "Cortex-M7 of an i.MX 8M Plus, its Linux in another process",
        .cpu_type = ARM_CPU_TYPE_NAME("cortex-m7"),
        .clock_hz = 800000000,
        .interrupts = 154,
        .priority_bits = 4,
        .mpu_regions = 16,
        .vectors = 0,
        .ddr_size = DDR_LINUX,
        .ddr = { { 0x40000000, IMX_DDR(0x40000000), 2 * GiB },
                 { 0x10000000, IMX_DDR(0x40000000), 0x0ffe0000 } },
        /* ITCM, DTCM */
        .local_size = 0x40000,
        .local = { { 0x00000000, 0, 0x20000 },
                   { 0x20000000, 0x20000, 0x20000 } },
        .mu_type = TYPE_IMX_MU_V1,
        .mu_base = 0x30ab0000,
        .mu_interrupt = 97,
        .uart_type = TYPE_IMX_SERIAL,
        .uart_base = 0x30a60000,    /* UART4 */
        .uart_interrupt = 29,
    }, {
        .name = MACHINE_TYPE_NAME("imx8ulp-m33"),
        .desc = "Cortex-M33 of an i.MX 8ULP, its Linux in another process",
        .cpu_type = ARM_CPU_TYPE_NAME("cortex-m33"),
        .clock_hz = 216000000,
        .interrupts = 180,
        .priority_bits = 3,
        .mpu_regions = 8,
        .vectors = 0x1ffc2000,  /* where the ROM loads images to */
        .ddr_size = DDR_FULL,
        .ddr = { { 0x80000000, IMX_DDR(0x80000000), 1536 * MiB } },
        /* What Linux's imx_rproc maps of the SSRAM */
        .local_size = 0xd0000,
        .local = { { 0x1ffc0000, 0, 0xc0000 },
                   { 0x21000000, 0xc0000, 0x10000 } },
        .mu_type = TYPE_IMX_MU_V2,
        .mu_base = 0x28022000,
        .mu_interrupt = 74,
        .uart_type = TYPE_IMX_LPUART,
        .uart_base = 0x2809b000,    /* LPUART1 */
    }, {
        /* The first of the 8QM's two, and the 8QXP's one, are alike */
        .name = MACHINE_TYPE_NAME("imx8q-m4"),
        .desc = "Cortex-M4 of an i.MX 8QM or 8QXP, its Linux in another process",
        .cpu_type = ARM_CPU_TYPE_NAME("cortex-m4"),
        .clock_hz = 264000000,
        .interrupts = 51,
        .priority_bits = 4,
        .mpu_regions = 8,
        .vectors = 0x1ffe0000,
        .ddr_size = DDR_IMX8Q,
        .ddr = { { 0x80000000, IMX_DDR(0x80000000), 1536 * MiB } },
        /* TCML, TCMU */
        .local_size = 0x40000,
        .local = { { 0x1ffe0000, 0, 0x40000 } },
        .mu_type = TYPE_IMX_MU_V1,
        .mu_base = 0x5d290000,
        .mu_interrupt = 232,        /* LSIO_MU5_INT_B */
        .irqsteer = 0x51070000,
        .irqsteer_interrupt = 32,
        .uart_type = TYPE_IMX_LPUART,
        .uart_base = 0x41220000,    /* the subsystem's own */
    }, {
        .name = MACHINE_TYPE_NAME("imx93-m33"),
        .desc = "Cortex-M33 of an i.MX 93, its Linux in another process",
        .cpu_type = ARM_CPU_TYPE_NAME("cortex-m33"),
        .clock_hz = 200000000,
        .interrupts = 268,
        .priority_bits = 3,
        .mpu_regions = 8,
        .vectors = 0x0ffe0000,
        .ddr_size = DDR_FULL,
        .ddr = { { 0x80000000, IMX_DDR(0x80000000), 1536 * MiB },
                 { 0x90000000, IMX_DDR(0x80000000), 256 * MiB } },
        /* Code and system TCM, each non-secure and secure */
        .local_size = 0x80000,
        .local = { { 0x0ffc0000, 0, 0x40000 },
                   { 0x1ffc0000, 0, 0x40000 },
                   { 0x20000000, 0x40000, 0x40000 },
                   { 0x30000000, 0x40000, 0x40000 } },
        .mu_type = TYPE_IMX_MU_V2,
        .mu_base = 0x44220000,
        .mu_interrupt = 21,
        .uart_type = TYPE_IMX_LPUART,
        .uart_base = 0x44390000,    /* LPUART2 */
    }, {
        .name = MACHINE_TYPE_NAME("imx95-m7"),
        .desc = "Cortex-M7 of an i.MX 95, its Linux in another process",
        .cpu_type = ARM_CPU_TYPE_NAME("cortex-m7"),
        .clock_hz = 800000000,
        .interrupts = 240,
        .priority_bits = 4,
        .mpu_regions = 8,
        .vectors = 0,
        .ddr_size = DDR_FULL,
        .ddr = { { 0x80000000, IMX_DDR(0x80000000), 1280 * MiB } },
        /* ITCM, DTCM */
        .local_size = 0x80000,
        .local = { { 0x00000000, 0, 0x40000 },
                   { 0x20000000, 0x40000, 0x40000 } },
        .mu_type = TYPE_IMX_MU_V2,
        .mu_base = 0x42440000,
        .mu_interrupt = 207,
        .uart_type = TYPE_IMX_LPUART,
        .uart_base = 0x42570000,    /* LPUART3 */
    },
};

#define TYPE_IMX_CORTEX_M_MACHINE MACHINE_TYPE_NAME("imx-cortex-m")
OBJECT_DECLARE_TYPE(ImxCortexMState, ImxCortexMClass, IMX_CORTEX_M_MACHINE)

struct ImxCortexMClass {
    MachineClass parent_class;

    const ImxCortexMSoc *soc;
};

struct ImxCortexMState {
    MachineState parent_obj;

    ARMv7MState v7m;
    Clock *clock;
    DeviceState *steer;

    bool in_reset;
    bool stalled;

    /* The MU's interrupt as it is, for an NVIC that has forgotten it */
    qemu_irq mu_irq;
    int mu_level;
};

static void cortex_m_mu_line(void *opaque, int n, int level)
{
    ImxCortexMState *s = opaque;

    s->mu_level = level;
    qemu_set_irq(s->mu_irq, level);
}

/* Both run on the core's own thread, between two translation blocks. */
static void cortex_m_hold(CPUState *cs, run_on_cpu_data data)
{
    ARM_CPU(cs)->power_state = PSCI_OFF;
    cs->halted = 1;
    cs->exception_index = EXCP_HLT;
}

static void cortex_m_release(CPUState *cs, run_on_cpu_data data)
{
    ImxCortexMState *s = data.host_ptr;

    /* The other process may have written code since it was translated. */
    tb_flush(cs);
    cpu_reset(cs);
    ARM_CPU(cs)->power_state = PSCI_ON;
    cs->halted = 0;

    /* What belongs to the core is reset with it; the rest of the SoC is not. */
    device_cold_reset(DEVICE(&s->v7m.nvic));
    device_cold_reset(DEVICE(&s->v7m.systick[M_REG_NS]));
    if (arm_feature(cpu_env(cs), ARM_FEATURE_M_SECURITY)) {
        device_cold_reset(DEVICE(&s->v7m.systick[M_REG_S]));
    }
    if (s->steer) {
        device_cold_reset(s->steer);
    }
    qemu_set_irq(s->mu_irq, s->mu_level);
}

/* The machine's own reset: Linux's side has not changed the lines. */
static void cortex_m_machine_reset(void *opaque)
{
    ImxCortexMState *s = opaque;

    if (!s->in_reset && !s->stalled) {
        async_run_on_cpu(CPU(s->v7m.cpu), cortex_m_release,
                         RUN_ON_CPU_HOST_PTR(s));
    }
}

/* A core that is held, by either line, is in reset. */
static void cortex_m_lines(ImxCortexMState *s, bool in_reset, bool stalled)
{
    bool was_held = s->in_reset || s->stalled;
    bool held = in_reset || stalled;

    s->in_reset = in_reset;
    s->stalled = stalled;
    if (held != was_held) {
        async_run_on_cpu(CPU(s->v7m.cpu),
                         held ? cortex_m_hold : cortex_m_release,
                         RUN_ON_CPU_HOST_PTR(s));
    }
}

static void cortex_m_reset_line(void *opaque, int n, int level)
{
    ImxCortexMState *s = opaque;

    cortex_m_lines(s, level, s->stalled);
}

static void cortex_m_stall_line(void *opaque, int n, int level)
{
    ImxCortexMState *s = opaque;

    cortex_m_lines(s, s->in_reset, level);
}

static void cortex_m_add_core(ImxCortexMState *s, const ImxCortexMSoc *soc)
{
    DeviceState *v7m;

    s->clock = clock_new(OBJECT(s), "core-clock");
    clock_set_hz(s->clock, soc->clock_hz);

    object_initialize_child(OBJECT(s), "core", &s->v7m, TYPE_ARMV7M);
    v7m = DEVICE(&s->v7m);
    qdev_prop_set_uint32(v7m, "num-irq", soc->interrupts);
    qdev_prop_set_uint8(v7m, "num-prio-bits", soc->priority_bits);
    qdev_prop_set_string(v7m, "cpu-type", soc->cpu_type);
    qdev_prop_set_uint32(v7m, "mpu-ns-regions", soc->mpu_regions);
    qdev_prop_set_uint32(v7m, "mpu-s-regions", soc->mpu_regions);
    qdev_prop_set_uint32(v7m, "init-svtor", soc->vectors);
    qdev_prop_set_uint32(v7m, "init-nsvtor", soc->vectors);
    qdev_prop_set_bit(v7m, "start-powered-off", true);
    qdev_connect_clock_in(v7m, "cpuclk", s->clock);
    object_property_set_link(OBJECT(v7m), "memory",
                             OBJECT(get_system_memory()), &error_abort);
    sysbus_realize(SYS_BUS_DEVICE(v7m), &error_fatal);
    armv7m_load_kernel(s->v7m.cpu, NULL, 0, 0); /* registers a reset handler */
    qemu_register_reset(cortex_m_machine_reset, s);
}

static void cortex_m_add_irqsteer(ImxCortexMState *s,
                                  const ImxCortexMSoc *soc)
{
    s->steer = qdev_new(TYPE_IMX_IRQSTEER);
    object_property_add_child(OBJECT(s), "irqsteer", OBJECT(s->steer));
    sysbus_realize_and_unref(SYS_BUS_DEVICE(s->steer), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(s->steer), 0, soc->irqsteer);
    for (unsigned n = 0; n < IMX_IRQSTEER_MASTERS; n++) {
        sysbus_connect_irq(SYS_BUS_DEVICE(s->steer), n,
                           qdev_get_gpio_in(DEVICE(&s->v7m),
                                            soc->irqsteer_interrupt + n));
    }
}

static void cortex_m_init(MachineState *machine)
{
    ImxCortexMState *s = IMX_CORTEX_M_MACHINE(machine);
    const ImxCortexMSoc *soc = IMX_CORTEX_M_MACHINE_GET_CLASS(machine)->soc;
    SysBusDevice *uart;
    DeviceState *mu;

    s->in_reset = false;
    s->stalled = true;
    imx_core_map(OBJECT(machine), machine->ram, soc->ddr);
    imx_core_map(OBJECT(machine), imx_core_local_memory(soc->local_size),
                 soc->local);
    cortex_m_add_core(s, soc);
    imx_core_real_barriers();
    if (soc->irqsteer) {
        cortex_m_add_irqsteer(s, soc);
    }

    mu = imx_core_new_mu(soc->mu_type, true);
    object_property_add_child(OBJECT(machine), "mu-b", OBJECT(mu));
    sysbus_realize_and_unref(SYS_BUS_DEVICE(mu), &error_fatal);
    qdev_connect_gpio_out_named(mu, IMX_MU_CORE_RESET, 0,
                                qemu_allocate_irq(cortex_m_reset_line, s, 0));
    qdev_connect_gpio_out_named(mu, IMX_MU_CORE_STALL, 0,
                                qemu_allocate_irq(cortex_m_stall_line, s, 0));
    sysbus_mmio_map(SYS_BUS_DEVICE(mu), 0, soc->mu_base);
    s->mu_irq = qdev_get_gpio_in(s->steer ? s->steer : DEVICE(&s->v7m),
                                 soc->mu_interrupt);
    sysbus_connect_irq(SYS_BUS_DEVICE(mu), 0,
                       qemu_allocate_irq(cortex_m_mu_line, s, 0));

    uart = imx_core_add_uart(OBJECT(machine), soc->uart_type, soc->uart_base);
    if (soc->uart_interrupt) {
        sysbus_connect_irq(uart, 0, qdev_get_gpio_in(DEVICE(&s->v7m),
                                                     soc->uart_interrupt));
    }
}

static void cortex_m_class_init(ObjectClass *klass, void *data)
{
    MachineClass *mc = MACHINE_CLASS(klass);
    const ImxCortexMSoc *soc = data;

    IMX_CORTEX_M_MACHINE_CLASS(klass)->soc = soc;
    mc->desc = soc->desc;
    mc->init = cortex_m_init;
    mc->max_cpus = 1;
    mc->default_ram_id = "ddr";
    mc->default_ram_size = soc->ddr_size;
    mc->no_parallel = 1;
    mc->no_floppy = 1;
    mc->no_cdrom = 1;
}

static const TypeInfo cortex_m_machine_type = {
    .name = TYPE_IMX_CORTEX_M_MACHINE,
    .parent = TYPE_MACHINE,
    .abstract = true,
    .instance_size = sizeof(ImxCortexMState),
    .class_size = sizeof(ImxCortexMClass),
};

static void cortex_m_register_types(void)
{
    type_register_static(&cortex_m_machine_type);
    for (unsigned i = 0; i < ARRAY_SIZE(imx_cortex_m_socs); i++) {
        const TypeInfo machine = {
            .name = imx_cortex_m_socs[i].name,
            .parent = TYPE_IMX_CORTEX_M_MACHINE,
            .class_init = cortex_m_class_init,
            .class_data = (void *)&imx_cortex_m_socs[i],
        };

        type_register_static(&machine);
    }
}

type_init(cortex_m_register_types)
