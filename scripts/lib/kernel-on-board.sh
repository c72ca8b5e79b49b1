# shellcheck shell=sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The second part of the script that load.sh sends: which kernel the board runs, and what follows from that for this core.
MODULES="rpmsg_tty rpmsg_char rpmsg_ctrl rpmsg_client_sample imx_rpmsg_tty imx_rpmsg_pingpong"

# Whether the module is there or built in.
has_module() { [ -e "/sys/bus/rpmsg/drivers/$1" ] || [ -e "/sys/module/$1" ] || modprobe -n "$1" 2>/dev/null; }

# kernel_kind RELEASE: nxp, 6.12, 7.x or other.
kernel_kind() {
    case $1 in
    *-lts-next* | *-lts-[0-9]* | *imx* | *+g[0-9a-f][0-9a-f]*) echo nxp ;;
    *)
        if has_module imx_rpmsg_pingpong || has_module imx_rpmsg_tty; then
            echo nxp
        else
            case $1 in 6.12 | 6.12[!0-9]*) echo 6.12 ;; 7.*) echo 7.x ;; *) echo other ;; esac
        fi
        ;;
    esac
}

# say_kernel RPROC: says it in lines for a person.
say_kernel() {
    release=$(uname -r)
    kind=$(kernel_kind "$release")
    case $kind in
    nxp) echo "kernel: $release, NXP's BSP or made of it" ;;
    other) echo "kernel: $release, other than those that this project tests (NXP's BSP, mainline 6.12 and 7.x)" ;;
    *) echo "kernel: $release, mainline $kind" ;;
    esac
    model=$(text "$DT/model")
    [ -z "$model" ] || echo "device tree: $model"
    there='' missing=''
    for module in $MODULES; do
        if has_module "$module"; then
            there="$there $module"
        else
            # Only NXP's kernels have them.
            case $kind-$module in nxp-* | *-rpmsg_*) missing="$missing $module" ;; esac
        fi
    done
    echo "modules for channels:${there:- none}${missing:+; missing:$missing}"
    if [ "$1" = imx-dsp-rproc ] && grep -q fsl,imx8mp "$DT/compatible" 2>/dev/null; then say_aipstz "$kind"; fi
}

# The DSP of the i.MX 8M Plus reaches its mailbox through the bridge AIPSTZ5, which somebody must have set up.
say_aipstz() {
    if grep -q aipstz "$DT"/soc@0/bus@*/compatible 2>/dev/null; then
        for driver in /sys/bus/platform/drivers/*aipstz*; do [ ! -e "$driver" ] || return 0; done
        echo "note: the mailbox is behind AIPSTZ5, and this kernel has no driver of it: build it with CONFIG_IMX_AIPSTZ=y"
    elif [ "$1" != nxp ]; then
        echo "note: this kernel does not set up AIPSTZ5, by which the DSP reaches its mailbox: the start may end in -110;" \
            "see '8M Plus DSP before 7.x' in docs/device-tree/README.md"
    fi
}
