#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Usage: scripts/setup/linux.sh SERIES [--check|--path|--update|--help]
#
# Prepares an unmodified Linux for the testbed in the cache folder. SERIES is 6.12, 6.1, or 7.x: the newest 7
# there is; 7.2 and the like is that one. The kernel is Debian's own arm64 package, unpacked, not installed: of
# Debian 12, and 7.x of Debian 13's backports. The drivers that Debian leaves out (imx_dsp_rproc, imx_rproc, the
# RPMsg drivers and sample) are compiled as modules straight from Debian's source package of the same version;
# the device tree of each board that the testbed has for the series (testbed/linux/BOARD-SERIES.dts) is the
# kernel's imx8mp-evk.dts plus ours. The kernel's own device trees of the boards that we have overlays for, and
# the numbers of dt-bindings, are kept for the test of those overlays.
#
#   (none)     downloads and builds what is missing (about 300 MB and a minute)
#   --check    only reports; exit status 3 when it is missing
#   --path     prints the folder: Image, BOARD.dtb, modules/, initrd.cpio.gz, version, own/: the kernel's device trees
#              and dt-bindings, and sshd/: an ssh server (Debian's dropbear) with its libraries, which is not in the
#              initrd
#   --update   builds again with today's newest version of the series
#   --help     this text
#
# A prepared kernel stays until something of ours that went into it changes, or until --update. What is needed of
# Debian's packages stays in the cache too (50 MB), so that it can be built again when Debian has the kernel no more. A
# kernel that cannot be built, being newer than what is known here, is passed over for the next older one.

set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

PATH=$PATH:/usr/sbin:/sbin # depmod
INPUTS=$ROOT/testbed/linux
CROSS=aarch64-linux-gnu-
CC=${CROSS}gcc-12

# The drivers that Debian builds as modules and those we build, each after what it needs. The sample client is
# not among them: it is loaded when a test asks for it.
RPMSG_MODULES=(rpmsg_ns virtio_rpmsg_bus rpmsg_char rpmsg_ctrl rpmsg_tty imx_dsp_rproc imx_rproc)

choose_series() {
    case $1 in
    7.x | 7.[0-9]*)
        SUITE=trixie-backports
        DEVICE_TREES=7.x
        DEBIAN_MODULES=(imx-mailbox)
        # The bus on which the device tree of 7.x has the DSP's mailbox and run-stall.
        LOAD_ORDER=(imx-mailbox imx-aipstz "${RPMSG_MODULES[@]}")
        ;;
    6.12 | 6.1)
        SUITE=bookworm
        DEVICE_TREES=$1
        DEBIAN_MODULES=(imx-mailbox rpmsg_core)
        LOAD_ORDER=("${DEBIAN_MODULES[@]}" "${RPMSG_MODULES[@]}")
        ;;
    *) die "unknown kernel series '$1': 6.12, 7.x, 6.1, or a 7.N (see $0 --help)" ;;
    esac
}

# The kernel's own device trees that docs/device-tree has overlays for.
OWN_TREES=(imx8mp-evk imx8qm-mek imx8qxp-mek imx8ulp-evk imx93-11x11-evk imx95-19x19-evk)
# The parts of dt-bindings that these name numbers of.
BINDINGS=(clock/imx8mp-clock.h clock/imx8ulp-clock.h power/imx8ulp-power.h firmware/imx/rsrc.h)

# An ssh server, for the test of scripts/load.sh, and the libraries that it needs, by package and by name.
SSHD_PACKAGES=(dropbear-bin libc6 libcrypt1 libtomcrypt1 libtommath1 libgmp10 zlib1g)
SSHD_LIBRARIES=(ld-linux-aarch64.so.1 libc.so.6 libcrypt.so.1 libtomcrypt.so.1 libtommath.so.1 libgmp.so.10 libz.so.1)

main() {
    local series=${1:-} action=${2:-build} out
    case $series in
    --help | -h) usage_of "$0" && exit 0 ;;
    esac
    choose_series "$series"
    out=$(folder_of "$series")
    case $action in
    --path) printf '%s\n' "$out" ;;
    --check) check "$series" "$out" ;;
    --update) lock linux && build "$series" "$out" ;;
    build)
        [ -e "$out/version" ] && exit 0
        lock linux
        # Another run may have built it while this one waited.
        [ -e "$out/version" ] || build "$series" "$out"
        ;;
    # By `build`, for a process of its own.
    --from) build_from "$series" "$out" "$3" ;;
    --help | -h) usage_of "$0" ;;
    *) die "unknown option '$action' (see $0 --help)" ;;
    esac
}

# One folder per content of everything of ours that goes into it.
folder_of() {
    local file parts=()
    for file in $(cd "$ROOT" && find testbed/linux -type f | LC_ALL=C sort) testbed/imxtest/initrd.py \
        scripts/setup/linux.sh; do
        parts+=("name $file" "$ROOT/$file")
    done
    printf '%s/linux-%s-%s\n' "$CACHE" "$1" "$(hash_of "${parts[@]}")"
}

check() {
    if [ -e "$2/version" ]; then
        printf 'Linux %s: %s\n' "$1" "$(cat "$2/version")"
    else
        printf 'Linux %s: missing\n' "$1"
        exit 3
    fi
}

# The newest kernel of the series that can be had and built: of the archive, or else of the cache.
build() {
    local series=$1 out=$2 lists candidates candidate release version kit tried=' '
    check_tools
    for lists in known fresh; do
        # Lists up to a day old may name what the archive has dropped since.
        [ "$lists" = known ] || papt_outdated
        mapfile -t candidates < <("candidates_of_$SUITE" "$series")
        for candidate in "${candidates[@]}"; do
            read -r release version <<<"$candidate"
            kit=$(kit_of "$version")
            [[ $tried != *" $kit "* ]] || continue
            if [ ! -e "$kit" ] && ! fetch "$series" "$release" "$version" "$kit"; then
                [ "$lists" = known ] || continue
                warn "Linux $series: a download failed; trying again with fresh package lists"
                continue 2
            fi
            tried+="$kit "
            ! "$0" "$series" --from "$kit" || return 0
            warn "Linux $version cannot be built: see above; trying an older one"
        done
        break
    done
    for kit in $(kits "$series"); do
        [[ $tried != *" $kit "* ]] || continue
        warn "Linux $series: none that Debian's $SUITE has can be had; taking the one in the cache, ${kit##*/}"
        ! "$0" "$series" --from "$kit" || return 0
    done
    die "Linux $series: there is none in Debian's $SUITE that can be downloaded and built (see above: network?), and none in $CACHE; nothing was installed"
}

check_tools() {
    need "$CC" gcc-aarch64-linux-gnu
    need dtc device-tree-compiler
    need make make
    need depmod kmod
    need xz xz-utils
    need dpkg-deb dpkg
    need patchelf patchelf
    echo '#include <stdio.h>' | "$CC" -E -x c - >/dev/null 2>&1 ||
        die "no C library for arm64: install the Debian package 'libc6-dev-arm64-cross' (scripts/setup.sh does it)"
}

# build_from SERIES FOLDER KIT: the kernel of which KIT has what Debian's packages hold.
build_from() {
    local series=$1 out=$2 kit=$3 tmp release
    tmp=$(mktemp -d "$out.XXXXXX")
    # shellcheck disable=SC2064 # the folder of this run, now
    trap "rm -rf '$tmp'" EXIT
    tar -xzf "$kit" -C "$tmp" || die "$kit is damaged: delete it"
    mkdir "$tmp/out"
    release=$(cat "$tmp/release")
    say "Linux $series: building modules, device trees and root file system of $release"
    build_modules "$tmp" "$release"
    build_dtbs "$tmp"
    build_initrd "$tmp" "$release"
    collect_sshd "$tmp"
    (cd "$tmp/source" && sha256sum --check --quiet ../sources.sha256 >&2) ||
        die "a kernel source file changed while it was compiled; nothing was installed"
    cp "$tmp/sources.sha256" "$tmp/out/"
    find "$tmp/root" -name 'vmlinuz*' -exec cp {} "$tmp/out/Image" \;
    [ -s "$tmp/out/Image" ] || die "Debian's packages of Linux $release hold no kernel"
    printf '%s (Debian %s)\n' "$release" "$(cat "$tmp/version")" >"$tmp/out/version"

    rm -rf "$out"
    mv "$tmp/out" "$out"
    find "$CACHE" -maxdepth 1 -name "linux-$series-*" ! -path "$out" ! -path "$tmp" -mmin +1440 -exec rm -rf {} +
    say "Linux $series: $(cat "$out/version") is ready"
}

# kit_of VERSION: the archive in the cache that has all that is needed of the packages of this version.
kit_of() { printf '%s/kit-linux-%s-%s.tar.gz\n' "$CACHE" "$1" "$(selection)"; }
selection() { hash_of "$(declare -f choose_series download unpack)" "${SSHD_PACKAGES[*]}" "$INPUTS/kernel-files"; }

# The kits of a series in the cache, the newest first.
kits() {
    local kit
    for kit in "$CACHE/kit-linux-${1%x}"*"-$(selection).tar.gz"; do
        case $kit in *"/kit-linux-${1%.x}".*) [ ! -e "$kit" ] || printf '%s\n' "$kit" ;; esac
    done | sort -Vr
}

# fetch SERIES RELEASE VERSION KIT: downloads the packages and makes the kit of them.
fetch() {
    local series=$1 release=$2 version=$3 kit=$4 tmp done=''
    say "Linux $series: downloading $release ($version)"
    tmp=$(mktemp -d "$kit.XXXXXX") || return
    mkdir "$tmp"/{debs,debs/host,kit} "$tmp"/kit/{root,host,sshd,source}
    if download "$release" "$version" "$tmp/debs"; then
        say "Linux $series: unpacking"
        printf '%s\n' "$release" >"$tmp/kit/release"
        printf '%s\n' "$version" >"$tmp/kit/version"
        if unpack "$(minor_of "$release")" "$tmp/debs" "$tmp/kit" && tar -cf - -C "$tmp/kit" . | gzip -1 >"$tmp/packed"; then
            mv "$tmp/packed" "$kit"
            done=yes
            # Those that newer ones have replaced.
            find "$CACHE" -maxdepth 1 -name "kit-linux-$(minor_of "$release").*" ! -path "$kit*" -mmin +1440 -exec rm -rf {} +
        fi
    fi
    rm -rf "$tmp"
    [ -n "$done" ]
}

# The series of a release: 7.3.4+deb13-arm64 is of 7.3.
minor_of() { sed 's/^\([0-9]*\.[0-9]*\).*/\1/' <<<"$1"; }

# download RELEASE VERSION FOLDER
download() {
    local release=$1 version=$2 to=$3 kernel kbuild
    kernel=("linux-image-$release=$version") kbuild=linux-kbuild-${release%-arm64}
    case $release in
    6.1.*) kbuild=linux-kbuild-6.1 ;;
    7.*) kernel=("linux-binary-$release=$version" "linux-modules-$release=$version") ;;
    esac
    (
        cd "$to" || exit
        papt "$SUITE" arm64 -qq download "${kernel[@]}" "linux-headers-$release=$version" \
            "linux-headers-${release%-arm64}-common=$version" "linux-source-$(minor_of "$release")=$version" &&
            papt "$SUITE" amd64 -qq download "$kbuild=$version" &&
            papt bookworm arm64 -qq download busybox-static "${SSHD_PACKAGES[@]}" || exit 1
        [ "$SUITE" = bookworm ] || (cd host && papt "${SUITE%-backports}" amd64 -qq download libc6)
    ) >&2
}

# Release and version of the series' kernels in the archive, the newest first. The meta package of the series names it:
# "Depends: linux-image-6.12.117+deb12-arm64 (= 6.12.117-1~deb12u1)".
candidates_of_bookworm() {
    local meta=linux-image-$1-arm64
    [ "$1" != 6.1 ] || meta=linux-image-arm64
    papt_cache bookworm arm64 show "$meta" |
        sed -n 's/^Depends: linux-image-\([^ ]*\) (= \([^)]*\)).*/\1 \2/p'
}

# Backports have a meta package of their newest series alone, and the packages of older ones stay for a while. Of 7.x it
# is the newest of each 7.N.
candidates_of_trixie-backports() {
    local image
    papt_cache "$SUITE" arm64 pkgnames "linux-binary-${1%x}" |
        sed -n "/^linux-binary-${1%.x}[.].*[0-9]-arm64\$/p" | sort -Vr | awk -F '[-.]' '!seen[$3 "." $4]++' |
        while read -r image; do
            papt_cache "$SUITE" arm64 show "$image" |
                sed -n "s/^Version: \(.*\)/${image#linux-binary-} \1/p;T;q"
        done
}

# unpack SERIES DEBS KIT: fails as a whole, as nothing ends it on the way.
unpack() {
    local top=linux-source-$1 debs=$2 kit=$3 deb patterns members=("${DEBIAN_MODULES[@]/#/*/}")
    members=("${members[@]/%/.ko*}")
    for deb in "$debs"/*.deb; do
        case ${deb##*/} in
        linux-source-*) ;;
        # The whole package holds 4,000 drivers for other machines.
        linux-image-*) dpkg-deb --fsys-tarfile "$deb" | unpack_some "$kit/root" './boot/vmlinuz-*' "${members[@]}" ;;
        linux-modules-*) dpkg-deb --fsys-tarfile "$deb" | unpack_some "$kit/root" "${members[@]}" ;;
        dropbear-bin_* | lib* | zlib1g_*) dpkg-deb -x "$deb" "$kit/sshd" ;;
        *) dpkg-deb -x "$deb" "$kit/root" ;;
        esac || return
    done
    mapfile -t patterns < <(sed "/^#/d;s,^,$top/," "$INPUTS/kernel-files")
    dpkg-deb --fsys-tarfile "$debs"/linux-source-*.deb |
        tar -xO --wildcards './usr/src/*.tar.xz' | xz -dc -T2 |
        unpack_some "$kit/source" --strip-components=1 "${patterns[@]}" || return
    for deb in "$debs"/host/*.deb; do [ ! -e "$deb" ] || dpkg-deb -x "$deb" "$kit/host" || return; done
    (cd "$kit/source" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum) >"$kit/sources.sha256"
}

# unpack_some FOLDER ARG...: the members of the tar file on standard input that match the patterns.
unpack_some() { tar -x -C "$1" --wildcards "${@:2}"; }

build_modules() {
    local tmp=$1 release=$2 headers=$1/root/usr/src/linux-headers-$2 name variables=()
    cp "$INPUTS/Kbuild" "$tmp/source/Kbuild"
    # The package expects to live below /, and would add BTF (which needs pahole) if it saw vmlinux.
    sed -i "s,^\(include \|KBUILD_OUTPUT=\)/,\1$tmp/root/," "$headers/Makefile"
    rm -f "$headers/vmlinux"
    case $release in
    7.*)
        # Debian 13's gcc has -fmin-function-alignment. Without it the places that ftrace would patch are not
        # aligned as this kernel wants them, so the modules have none.
        sed -i '/^CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=/d' "$headers/include/config/auto.conf"
        variables=(CC_FLAGS_FTRACE=)
        # Debian 13's modpost wants its C library.
        patchelf --set-interpreter "$tmp/host/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" \
            --set-rpath "$tmp/host/usr/lib/x86_64-linux-gnu" "$headers/scripts/mod/modpost.real-lsb-64"
        ;;
    esac
    make -s -j2 -C "$headers" M="$tmp/source" ARCH=arm64 CROSS_COMPILE=$CROSS CC=$CC \
        "${variables[@]}" modules >"$tmp/make.log" 2>&1 || {
        cat "$tmp/make.log" >&2
        die "the kernel modules do not compile: see above"
    }
    mkdir "$tmp/out/modules"
    find "$tmp/source" -name '*.ko' -exec cp -t "$tmp/out/modules" {} +
    for name in "${DEBIAN_MODULES[@]}"; do
        find "$tmp/root" -name "$name.ko" -exec cp -t "$tmp/out/modules" {} +
        find "$tmp/root" -name "$name.ko.xz" -exec xz -dc {} + >"$tmp/$name.ko"
        [ ! -s "$tmp/$name.ko" ] || mv "$tmp/$name.ko" "$tmp/out/modules/"
    done
    for name in "${LOAD_ORDER[@]}" rpmsg_client_sample; do
        [ -s "$tmp/out/modules/$name.ko" ] || die "Linux $release has no module $name"
    done
    "${CROSS}strip" --strip-debug "$tmp/out/modules/"*.ko
    printf '%s\n' "${LOAD_ORDER[@]}" >"$tmp/out/modules/load-order"
}

build_dtbs() {
    local tmp=$1 freescale=$1/source/arch/arm64/boot/dts/freescale source name
    for source in "$INPUTS"/*-"$DEVICE_TREES".dts; do
        build_dtb "$tmp" "$source" "$tmp/out/$(basename "$source" "-$DEVICE_TREES.dts").dtb"
    done
    mkdir "$tmp/out/own"
    for name in "${OWN_TREES[@]}"; do
        source=$freescale/$name.dts
        # 6.1 does not have all boards.
        [ ! -e "$source" ] || build_dtb "$tmp" "$source" "$tmp/out/own/$name.dtb"
    done
    for name in "${BINDINGS[@]}"; do
        install -D -m 644 -t "$tmp/out/own/dt-bindings/$(dirname "$name")" "$tmp/source/include/dt-bindings/$name"
    done
}

# build_dtb FOLDER SOURCE DTB: with symbols, so that overlays can be laid over it.
build_dtb() {
    "$CC" -E -nostdinc -undef -D__DTS__ -x assembler-with-cpp -I "$1/source/arch/arm64/boot/dts/freescale" \
        -I "$1/source/include" -I "$INPUTS" -o "$1/tree.dts" "$2"
    dtc -@ -q -I dts -O dtb -o "$3" "$1/tree.dts"
}

build_initrd() {
    local tmp=$1 release=$2 tree=$1/initrd name
    mkdir -p "$tree"/{bin,etc,lib/firmware} "$tree/lib/modules/$release"
    cp "$tmp/root/bin/busybox" "$tree/bin/busybox"
    ln -s busybox "$tree/bin/sh"
    cp "$INPUTS/guest/init" "$tree/init"
    cp "$tmp/out/modules/"*.ko "$tree/lib/modules/$release/"
    cp "$tmp/out/modules/load-order" "$tree/etc/modules"
    depmod -b "$tree" "$release" 2>"$tmp/depmod.log" || die "depmod: $(cat "$tmp/depmod.log")"
    for name in agent rpmsg-tool; do
        "$CC" -static -Os -s -Wall -Wextra -Werror -o "$tree/bin/$name" "$INPUTS/guest/$name.c"
    done
    (cd "$ROOT/testbed" && /usr/bin/python3 -B -m imxtest.initrd "$tree") | gzip -6 >"$tmp/out/initrd.cpio.gz"
}

collect_sshd() {
    local tmp=$1 name found
    mkdir -p "$tmp/out/sshd"/{bin,lib}
    cp "$tmp/sshd/usr/sbin/dropbear" "$tmp/sshd/usr/bin/dropbearkey" "$tmp/out/sshd/bin/"
    for name in "${SSHD_LIBRARIES[@]}"; do
        found=$(find "$tmp/sshd" -name "$name" | head -1)
        [ -n "$found" ] || die "Debian's packages for dropbear hold no $name"
        cp -L "$found" "$tmp/out/sshd/lib/$name"
    done
}

main "$@"
