# shellcheck shell=bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Sourced: why Linux did not start a firmware, and what to do, by what it printed.
#
# The kernel's words are those of drivers/remoteproc (6.1 to 7.3: remoteproc_core.c, remoteproc_elf_loader.c,
# imx_dsp_rproc.c, imx_rproc.c); lines that begin with "refused:" are scripts/lib/load-on-board.sh's.

REFUSALS=()

# refusal PATTERN REASON REMEDY: an extended regular expression of a line. What is said first is taken first: causes
# come before what follows from them. BOARD and DRIVER are replaced.
refusal() { REFUSALS+=("$1" "$2" "$3"); }

# --- the board is not ready ------------------------------------------------------------------------

refusal 'refused: not-root' "only root may load firmware" \
    "log in as root (root@HOST), or give --sudo if sudo asks for no password there"
refusal 'refused: no-remoteproc-at-all' "this kernel has no remoteproc" \
    "build it with CONFIG_REMOTEPROC=y and the driver DRIVER (CONFIG_IMX_DSP_REMOTEPROC for a DSP, CONFIG_IMX_REMOTEPROC for a Cortex-M)"
refusal 'refused: no-driver' "the kernel's module DRIVER is missing" \
    "build the kernel with CONFIG_IMX_DSP_REMOTEPROC=m (DSP) or CONFIG_IMX_REMOTEPROC=m (Cortex-M) and install its modules (modules_install, depmod)"
refusal 'refused: no-module virtio_rpmsg_bus' "the kernel's module virtio_rpmsg_bus is missing: there would be no channels" \
    "build the kernel with CONFIG_RPMSG_VIRTIO=m and install its modules (modules_install, depmod)"
refusal 'unable to (acquire|resolve) memory.region|failed to map memory|Unable to map memory region' \
    "a memory-region of the core's node is missing in the device tree, or cannot be mapped" \
    "compare reserved-memory and memory-region with docs/device-tree/BOARD.dtso"
refusal 'failed to request (tx|rx) mailbox channel|failed on imx_dsp_rproc_mbox_init|No initialized mbox tx channel' \
    "the core's mailbox is missing" \
    "enable the Messaging Unit in the device tree and check mboxes and mbox-names with docs/device-tree/BOARD.dtso; the kernel needs CONFIG_IMX_MBOX"
refusal 'failed to find syscon|Failed to read src|failed on imx_dsp_rproc_detect_mode' \
    "the device tree does not say by which registers the core is started" \
    "see fsl,dsp-ctrl (DSP), or syscon and fsl,iomuxc-gpr (Cortex-M), in docs/device-tree/BOARD.dtso"
refusal 'Failed to get clock|failed on imx_dsp_rproc_clk_get|failed on clk_bulk_prepare_enable|failed on imx_dsp_attach_pm_domains' \
    "the core's clocks or power domains are missing" \
    "take the core's node of the kernel's own device tree for this SoC (clocks, clock-names, power-domains), and enable it"
refusal 'refused: no-remoteproc ' "Linux knows no such core: the device tree has no node of it, or the node is disabled" \
    "add docs/device-tree/BOARD.dtso to the device tree; see dmesg | grep -i rproc"
refusal 'refused: several' "there are several cores of that name" \
    "name the one that is meant: --remoteproc N, the number in /sys/class/remoteproc/remoteprocN"
refusal 'refused: other-memory' "the board's memory is not what the firmware was built for: see above" \
    "copy the addresses and sizes of the device tree into a board file (docs/boards.md), or use docs/device-tree/BOARD.dtso; --force loads it nevertheless"
refusal 'refused: detached' "a boot loader has started the core, and Linux has not attached to it" \
    "reset the board and let the boot loader leave the core alone"
refusal 'refused: suspended' "the core is suspended" "resume the system first"
refusal 'refused: no-write' "the firmware cannot be written to the board" \
    "is the root file system read-only or full? (df, mount)"
refusal 'refused: short-copy' "the firmware did not arrive whole" "is the file system full? (df)"
refusal 'refused: no-stop' "the firmware that runs cannot be stopped" \
    "close what uses its channels and unload their modules; a core that only the boot loader starts cannot be stopped"

# --- the file --------------------------------------------------------------------------------------

refusal 'request_firmware failed: -2' "Linux does not find the file where it looks for firmware" \
    "see /sys/module/firmware_class/parameters/path, and whether /lib/firmware is the one of the running root"
refusal 'Image is (too small|corrupted)|Unsupported class|Unsupported firmware endianness|Section header|elf64 header|Firmware size is too small|truncated fw' \
    "the file is damaged, or no ELF for a 32-bit core" \
    "build it again and load it again; is the board's file system full? (df)"
refusal 'No loadable segments' "the ELF holds nothing to load" "is it an object file? Load what scripts/build.sh BOARD makes"
refusal 'bad phdr filesz' "a segment is larger in the file than in memory" \
    "cargo check-elf --board BOARD ELF names the segment"
refusal 'bad phdr da' "a segment lies in memory that the driver does not have for the core" \
    "is the ELF for this core? Is all reserved memory of docs/device-tree/BOARD.dtso in memory-region? cargo check-elf --board BOARD ELF shows the segments"
refusal 'Translation failed: da' "an address of the ELF means nothing to the driver on this core" \
    "is the ELF for this core? cargo check-elf --board BOARD ELF shows the segments"
refusal '(memory copy|memset) failed for da' "a segment's address or size is not a multiple of 4" \
    "link with link/xtensa.x as it is; cargo check-elf --board BOARD ELF names the segment"
refusal 'unsupported fw ver|non zero reserved bytes|resource table (truncated|incomplete)|header-less resource table|rsc is truncated|rsc table is truncated|invalid qsz|too many vrings' \
    "the resource table in the ELF is not as Linux wants it" \
    "cargo check-elf --board BOARD ELF names what is wrong in it"
refusal 'No resource table in elf|no resource table found for this firmware' \
    "Linux finds no resource table in the ELF that it takes, and makes no channels" \
    "is the ELF made with this library? cargo check-elf --board BOARD ELF names what is wrong"
refusal "Registered carveout doesn't fit|Allocated carveout doesn't fit|Unable to allocate carveout|failed to allocate dma memory|Failed to allocate associated carveouts" \
    "the memory for rings or image is too small, elsewhere than the ELF wants it, or missing" \
    "compare reserved-memory with docs/device-tree/BOARD.dtso: names of the nodes, addresses and sizes"
refusal "Can't associate reserved memory|Failed to associate buffer|vring_new_virtqueue .* failed" \
    "there is no memory for the messages' buffers" \
    "vdev0buffer (DSP) or vdevbuffer (Cortex-M) must come first in memory-region, with compatible shared-dma-pool: docs/device-tree/BOARD.dtso"

# --- the core --------------------------------------------------------------------------------------

refusal "can't start rproc .*: -110" "the firmware did not report ready within 100 ms (-110)" \
    "is the ELF for this core, and made with this library? Does the program call mailbox.ready() within 100 ms of its start? Is the mailbox's doorbell, mboxes <... 3 N>, in the device tree (docs/device-tree/BOARD.dtso)? With --features uart, build without; docs/debugging.md. Where a note above speaks of AIPSTZ5, that is the likely reason: docs/device-tree/README.md, '8M Plus DSP before 7.x' and '8M Plus with 7.x'"
refusal 'Failed to enable remote core' "the core could not be released" \
    "Cortex-M: run prepare_mcore in U-Boot before Linux boots, as Linux turns the core's clocks off otherwise, and look at the compatible in docs/device-tree/BOARD.dtso; DSP: does Trusted Firmware or the System Controller allow it?"
refusal "can't prepare rproc" "the core's power or clocks could not be turned on" \
    "take the core's node of the kernel's own device tree for this SoC (clocks, power-domains), and enable it"
refusal 'kick: failed .*err:-62' "the firmware takes no messages: it has stopped, or its mailbox's interrupt does not arrive" \
    "read the firmware's log above for a report (docs/debugging.md); has the device tree the mailbox of docs/device-tree/BOARD.dtso?"
refusal 'refused: (not-running|start)' "Linux did not start the firmware, for a reason that this script does not know" \
    "see the lines above, and docs/debugging.md"

# explain BOARD DRIVER FILE: the first refusal that a line of FILE speaks of; false when none does.
explain() {
    local i line remedy
    for ((i = 0; i < ${#REFUSALS[@]}; i += 3)); do
        line=$(grep -m 1 -E -- "${REFUSALS[i]}" "$3") || continue
        remedy=${REFUSALS[i + 2]//BOARD/$1}
        printf 'error: %s\n  said: %s\n  remedy: %s\n' "${REFUSALS[i + 1]//DRIVER/$2}" "$line" "${remedy//DRIVER/$2}"
        return
    done
    return 1
}
