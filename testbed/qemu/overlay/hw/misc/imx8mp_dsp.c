/*
 * i.MX 8M Plus HiFi4 DSP: the resources that the two machines share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qapi/error.h"
#include "chardev/char.h"
#include "hw/misc/imx8mp_dsp.h"
#include "hw/misc/imx_mu.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "system/hostmem.h"

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

MemoryRegion *imx8mp_dsp_local_memory(void)
{
    HostMemoryBackend *backend = shared_memory(IMX8MP_DSP_LOCAL_ID,
                                               IMX8MP_DSP_LOCAL_SIZE);

    host_memory_backend_set_mapped(backend, true);
    return host_memory_backend_get_memory(backend);
}

DeviceState *imx8mp_dsp_new_mu(bool processor_b)
{
    HostMemoryBackend *shared = shared_memory(IMX8MP_DSP_MU_ID,
                                              IMX8MP_DSP_MU_SIZE);
    Chardev *chr = qemu_chr_find(IMX8MP_DSP_LINK_ID);
    DeviceState *mu;

    if (!chr) {
        error_report("this machine needs -chardev socket,id=%s,path=SOCKET: "
                     "the link to the other processor", IMX8MP_DSP_LINK_ID);
        exit(1);
    }
    mu = qdev_new(TYPE_IMX_MU_V1);
    qdev_prop_set_chr(mu, "chardev", chr);
    object_property_set_link(OBJECT(mu), "shared", OBJECT(shared),
                             &error_abort);
    qdev_prop_set_bit(mu, "processor-b", processor_b);
    return mu;
}
