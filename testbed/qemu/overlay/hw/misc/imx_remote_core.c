/*
 * A core beside Linux on an NXP i.MX: what its machine and Linux's share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qapi/error.h"
#include "chardev/char.h"
#include "exec/address-spaces.h"
#include "exec/translation-block.h"
#include "hw/core/cpu.h"
#include "hw/misc/imx_mu.h"
#include "hw/misc/imx_remote_core.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "system/hostmem.h"
#include "system/system.h"
#include "system/tcg.h"

static HostMemoryBackend *shared_memory(const char *id, uint64_t size)
{
    Object *obj = object_resolve_path_component(object_get_objects_root(), id);
    HostMemoryBackend *backend =
        (HostMemoryBackend *)object_dynamic_cast(obj, TYPE_MEMORY_BACKEND);

    if (!backend || backend->size != size) {
        error_report("this machine needs -object memory-backend-file,id=%s,"
                     "size=0x%" PRIx64 ",share=on,mem-path=FILE", id, size);
        exit(1);
    }
    return backend;
}

void imx_core_map(Object *owner, MemoryRegion *memory,
                  const ImxCoreView *views)
{
    uint64_t end = memory_region_size(memory);

    for (int i = 0; views[i].size; i++) {
        MemoryRegion *view = g_new(MemoryRegion, 1);
        g_autofree char *name = g_strdup_printf("%s@%" HWADDR_PRIx,
                                                memory_region_name(memory),
                                                views[i].device);

        memory_region_init_alias(view, owner, name, memory, views[i].offset,
                                 MIN(views[i].size, end - views[i].offset));
        memory_region_add_subregion_overlap(get_system_memory(),
                                            views[i].device, view, i);
    }
}

MemoryRegion *imx_core_local_memory(uint64_t size)
{
    HostMemoryBackend *backend = shared_memory(IMX_CORE_LOCAL_ID, size);

    host_memory_backend_set_mapped(backend, true);
    return host_memory_backend_get_memory(backend);
}

DeviceState *imx_core_new_mu(const char *type, bool processor_b)
{
    HostMemoryBackend *shared = shared_memory(IMX_CORE_MU_ID,
                                              IMX_CORE_MU_SIZE);
    Chardev *chr = qemu_chr_find(IMX_CORE_LINK_ID);
    DeviceState *mu;

    if (!chr) {
        error_report("this machine needs -chardev socket,id=%s,path=SOCKET: "
                     "the link to the other processor", IMX_CORE_LINK_ID);
        exit(1);
    }
    mu = qdev_new(type);
    qdev_prop_set_chr(mu, "chardev", chr);
    object_property_set_link(OBJECT(mu), "shared", OBJECT(shared),
                             &error_abort);
    qdev_prop_set_bit(mu, "processor-b", processor_b);
    return mu;
}

SysBusDevice *imx_core_add_uart(Object *owner, const char *type, hwaddr base)
{
    DeviceState *uart = qdev_new(type);

    object_property_add_child(owner, "uart", OBJECT(uart));
    qdev_prop_set_chr(uart, "chardev", serial_hd(0));
    sysbus_realize_and_unref(SYS_BUS_DEVICE(uart), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(uart), 0, base);
    return SYS_BUS_DEVICE(uart);
}

void imx_core_real_barriers(void)
{
    CPUState *cs;

    CPU_FOREACH(cs) {
        if (tcg_enabled()) {
            tcg_cflags_set(cs, CF_PARALLEL);
        }
    }
}
