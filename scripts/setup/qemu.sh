#!/bin/bash
# usage: scripts/setup/qemu.sh [--check | --path | --help]
#
# Builds the emulator of the testbed: QEMU from Debian trixie's source package with the device models
# of testbed/qemu (cores of the i.MX 8 and 9, each a machine of its own), and keeps qemu-system-aarch64
# and qemu-system-xtensa in the cache folder under a hash of everything that went into them.
# Nothing to do when they are there. Download 41 MB, 2 GB of disk while building, a few minutes.
# The source stays in the cache, for the day when Debian has it no more; without it a newer QEMU is tried.
#
#   --check   only report: exit 0 when present, 3 when missing
#   --path    print the folder of the two binaries (whether present or not)
#
# SPDX-License-Identifier: MIT OR Apache-2.0
set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

# The models are written against this series; which point release Debian serves does not matter.
SERIES=10.0
ADDITIONS=$ROOT/testbed/qemu
PROGRAMS=(qemu-system-aarch64 qemu-system-xtensa)
# shellcheck disable=SC2054  # the commas belong to an option's value
CONFIGURE=(
    --python=/usr/bin/python3 --disable-download
    --target-list=aarch64-softmmu,xtensa-softmmu
    --without-default-features --without-default-devices
    --with-devices-aarch64=imx-rpmsg --with-devices-xtensa=imx-rpmsg
    --enable-system --enable-tcg --enable-plugins --enable-fdt=system
    --disable-docs --disable-tools --disable-install-blobs --disable-debug-info
    --disable-werror -Dtrace_backends=nop
)

# The files of testbed/qemu, by path and content, and what this script does with them.
inputs_hash() {
    local files=()
    mapfile -t files < <(cd "$ADDITIONS" && find overlay registrations -type f | LC_ALL=C sort)
    (cd "$ADDITIONS" && hash_of "$SERIES" "$(uname -m)" "${CONFIGURE[*]}" "${files[*]}" "${files[@]}")
}

present() {
    local p
    for p in "${PROGRAMS[@]}"; do
        [ -x "$1/bin/$p" ] || return 1
    done
}

check_tools() {
    need cc gcc
    need ninja ninja-build
    need pkg-config pkg-config
    need dpkg-source dpkg-dev
    need flex flex
    need bison bison
    /usr/bin/python3 -c 'import ensurepip, venv' 2>/dev/null || die "python3 has no venv module: install the Debian package 'python3-venv'"
    pkg-config --exists 'glib-2.0 >= 2.66' || die "glib is missing: install the Debian package 'libglib2.0-dev'"
    echo '#include <libfdt.h>' | cc -E - >/dev/null 2>&1 || die "libfdt is missing: install the Debian package 'libfdt-dev'"
}

# The sources that there are, "SUITE VERSION" a line, in the order in which they are tried: the series' newest in the
# archive, what is kept of it, and newer ones, as the models may fit those as well.
candidates() {
    local version folder suite
    version=$(versions trixie | grep "^1:$SERIES\." | tail -n 1) || true
    [ -z "$version" ] || printf 'trixie %s\n' "$version"
    for folder in "$CACHE/source-qemu-$SERIES".*; do
        [ ! -e "$folder/version" ] || printf 'cache %s\n' "$(cat "$folder/version")"
    done | sort -V -r
    for suite in trixie trixie-all sid; do
        version=$(versions $suite | nearest_after "1:$SERIES")
        [ -z "$version" ] || printf '%s %s\n' "$suite" "$version"
    done
}

# The versions of the package in a suite, the oldest first; none when the suite is gone.
versions() { (papt_cache "$1" amd64 showsrc --only-source qemu || true) | sed -n 's/^Version: //p' | sort -V; }

# nearest_after SERIES: of the versions on standard input, the oldest first, the newest one of the next series.
nearest_after() {
    local version next='' newest=''
    while read -r version; do
        if [[ $version == "$1".* ]] || ! printf '%s\n%s\n' "$1" "$version" | sort -V -C; then continue; fi
        [ -n "$next" ] || next=$(sed 's/^\(1:[0-9]*\.[0-9]*\).*/\1/' <<<"$version")
        if [[ $version == "$next".* ]]; then newest=$version; fi
    done
    printf '%s\n' "$newest"
}

# get_source SUITE VERSION: its source package, and meson, in a folder of the cache; FOLDER says where. QEMU asks for
# meson >= 1.5, which Debian 12 has not: trixie's is unpacked, not installed.
get_source() {
    local suite=$1 version=$2 partial
    FOLDER=$CACHE/source-qemu-${version#*:}
    [ ! -e "$FOLDER/version" ] || return 0
    say "QEMU $version from Debian $suite: downloading"
    partial=$(mktemp -d "$CACHE/qemu-building.XXXXXX") || return
    if (cd "$partial" && papt "$suite" amd64 source --download-only "qemu=$version" && papt trixie amd64 download meson &&
        echo "$version" >version) >"$CACHE/qemu-source.log" 2>&1; then
        mv -T "$partial" "$FOLDER"
        # Those that it replaces.
        find "$CACHE" -maxdepth 1 -name "source-qemu-$SERIES.*" ! -path "$FOLDER" -mmin +1440 -exec rm -rf {} +
        return
    fi
    rm -rf "$partial"
    tail -n 20 "$CACHE/qemu-source.log" >&2
    return 1
}

# Copies our files into the source tree $1 and tells its build files of them.
add_models() {
    local src=$1 file anchor line
    (cd "$ADDITIONS/overlay" && find . -type f -print) | while read -r file; do
        [ ! -e "$src/$file" ] || die "QEMU has a file ${file#./} of its own now: rename ours"
        mkdir -p "$(dirname "$src/$file")"
        cp "$ADDITIONS/overlay/$file" "$src/$file"
    done
    while IFS='|' read -r file anchor line; do
        read -r file <<<"$file"
        read -r anchor <<<"$anchor"
        line=${line# }
        case $file in '' | '#'*) continue ;; esac
        register "$src/$file" "$anchor" "$line"
    done <"$ADDITIONS/registrations"
}

# register FILE ANCHOR LINE: see the head of testbed/qemu/registrations.
register() {
    local file=$1 anchor=$2 text
    text=$(printf '%b' "$3")
    [ -f "$file" ] || die "QEMU has no ${file##*/src/} any more: testbed/qemu/registrations needs a look"
    if [ -z "$anchor" ]; then
        printf '\n%s\n' "$text" >>"$file"
        return
    fi
    ANCHOR=$anchor TEXT=$text awk '
        { print }
        !done && index($0, ENVIRON["ANCHOR"]) { print ENVIRON["TEXT"]; done = 1 }
        END { exit !done }' "$file" >"$file.new" ||
        die "${file##*/src/} has no line with $anchor any more: testbed/qemu/registrations needs a look"
    mv "$file.new" "$file"
}

# Ninja's progress: every line on a terminal (overwritten), else one every ten seconds.
progress() {
    if [ -t 2 ]; then
        awk '/^\[[0-9]+\/[0-9]+\]/ { printf "\r\033[K%.100s", $0 > "/dev/stderr"; fflush() }
             END { printf "\r\033[K" > "/dev/stderr" }'
    else
        awk 'BEGIN { srand(); last = srand() }
             /^\[[0-9]+\/[0-9]+\]/ { srand(); now = srand(); if (now - last >= 10) { print $1 > "/dev/stderr"; fflush(); last = now } }'
    fi
}

build() {
    local tmp=$1 log=$1/build.log
    mkdir "$tmp/build"
    # For ninja too: it calls meson again when a build file is newer.
    export PYTHONPATH=$tmp/meson/usr/lib/python3/dist-packages
    say "configuring"
    (cd "$tmp/build" && ../src/configure "${CONFIGURE[@]}") >"$log" 2>&1 || {
        tail -20 "$log" >&2
        die "QEMU's configure failed: see above"
    }
    say "compiling (about $(ninja -C "$tmp/build" -n "${PROGRAMS[@]}" | tail -1 | grep -o '[0-9]*' | head -1) steps on $(nproc) processors)"
    ninja -C "$tmp/build" "${PROGRAMS[@]}" 2>&1 | tee -a "$log" | progress || {
        grep -A15 -m1 '^FAILED' "$log" >&2 || tail -20 "$log" >&2
        die "QEMU does not compile: see above"
    }
    mkdir "$tmp/out/bin"
    strip -o "$tmp/out/bin/qemu-system-aarch64" "$tmp/build/qemu-system-aarch64"
    strip -o "$tmp/out/bin/qemu-system-xtensa" "$tmp/build/qemu-system-xtensa"
}

main() {
    local mode=${1:-build} target
    case $mode in
    --help | -h)
        usage_of "$0"
        return
        ;;
    build | --check | --path) ;;
    # By this script, for a process of its own.
    --from)
        build_from "$2" "$3"
        return
        ;;
    *) die "unknown option $mode: see $0 --help" ;;
    esac

    target=$CACHE/qemu-$(inputs_hash)
    if [ "$mode" = --path ]; then
        printf '%s\n' "$target/bin"
        return
    fi
    if present "$target"; then
        say "QEMU $(cat "$target/version") with our models: present in $target"
        return
    fi
    if [ "$mode" = --check ]; then
        say "QEMU with our models: missing (41 MB to download, a few minutes to build)"
        exit 3
    fi

    check_tools
    lock qemu
    if present "$target"; then
        return
    fi
    rm -rf "$CACHE"/qemu-building.* # of a run that was killed
    local lists candidates candidate suite version tried=' '
    for lists in known fresh; do
        # Lists up to a day old may name what the archive has dropped since.
        [ "$lists" = known ] || papt_outdated
        mapfile -t candidates < <(candidates)
        for candidate in "${candidates[@]}"; do
            read -r suite version <<<"$candidate"
            [[ $tried != *" $version "* ]] || continue
            if ! get_source "$suite" "$version"; then
                [ "$lists" = fresh ] || continue 2
                continue
            fi
            [[ "$suite $version" == "trixie 1:$SERIES".* ]] ||
                warn "Debian trixie's QEMU $SERIES cannot be had or built: trying $version ($suite)"
            tried+="$version "
            if "$0" --from "$FOLDER" "$target"; then return; fi
        done
        break
    done
    die "no QEMU with our models can be had: Debian has no QEMU $SERIES that can be downloaded and built, none is in $CACHE, \
and no newer one does (tried:${tried% }; see above: network?)"
}

# build_from FOLDER TARGET: the emulators, of the packages in FOLDER.
build_from() {
    local folder=$1 target=$2 tmp p
    tmp=$(mktemp -d "$CACHE/qemu-building.XXXXXX")
    # shellcheck disable=SC2064 # the folder of this run, now
    trap "rm -rf '$tmp'" EXIT
    mkdir "$tmp/out" "$tmp/meson"
    say "QEMU $(cat "$folder/version"): unpacking"
    (dpkg-source -x "$folder"/qemu_*.dsc "$tmp/src" && dpkg -x "$folder"/meson_*.deb "$tmp/meson") >"$tmp/source.log" 2>&1 || {
        tail -n 20 "$tmp/source.log" >&2
        die "$folder is damaged: delete it"
    }
    cp "$folder/version" "$tmp/out/version"
    add_models "$tmp/src"
    build "$tmp"
    for p in "${PROGRAMS[@]}"; do
        "$tmp/out/bin/$p" --version >/dev/null || die "$p was built but does not start"
    done
    rm -rf "$target"
    mv "$tmp/out" "$target"
    say "QEMU $(cat "$target/version") with our models: $target"
}

main "$@"
exit
