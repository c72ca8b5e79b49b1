#!/usr/bin/env bash
# Builds gdb for the HiFi4: Debian's gdb-multiarch knows no Xtensa. From Debian's source package, with the registers
# that the emulated core has (testbed/gdb); kept in the cache folder under a hash of everything that went into it.
# Nothing to do when it is there. Download 25 MB, which are kept, 1 GB of disk while building, a few minutes.
#
#   scripts/setup/gdb.sh            build it when it is missing
#   scripts/setup/gdb.sh --check    only report: exit status 3 when it is missing
#   scripts/setup/gdb.sh --path     print the program (whether present or not)
#
# scripts/gdb.sh calls this the first time that it is asked for a HiFi4.

# SPDX-License-Identifier: MIT OR Apache-2.0
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

# The configuration's form is this series'; which point release Debian serves does not matter.
SERIES=13
SUITE=bookworm
CONFIGURATION=$ROOT/testbed/gdb/xtensa-config.c
REGISTERS=$ROOT/testbed/qemu/overlay/target/xtensa/imx_hifi4_registers.h.inc
# What gdb cannot do without: linked statically, from packages that are unpacked and not installed.
LIBRARIES=(libgmp-dev libncurses-dev)
CONFIGURE=(
    --target=xtensa-none-elf --program-prefix=
    --disable-binutils --disable-gas --disable-ld --disable-gprof --disable-gprofng --disable-sim --disable-gdbserver
    --disable-nls --disable-werror --disable-plugins --disable-source-highlight --disable-inprocess-agent
    --disable-unit-tests --disable-tui --without-python --without-guile --without-expat --without-mpfr --without-lzma
    --without-zstd --without-xxhash --without-debuginfod --without-babeltrace --without-intel-pt
)
# It is built where it runs, and once: not optimized, it compiles in half the time.
FLAGS="-O0 -w"

# get_source FOLDER: the source into FOLDER/src and the libraries into FOLDER/libraries; from the archive, or else from the
# cache, where the packages stay.
get_source() {
    local log=$1/source.log version kept
    # || true: without a network, or on the day when Debian has the package no more.
    version=$( (papt_cache $SUITE amd64 showsrc --only-source gdb || true) |
        sed -n "s/^Version: \($SERIES\.[^ ]*\)$/\1/p" | sort -V | tail -1)
    if [ -z "$version" ] || ! fetch "$1" "$version"; then
        kept=$(kept "source-gdb-$SERIES.*") ||
            die "no source of gdb $SERIES can be had from Debian $SUITE (see above: network?), and none is in $CACHE. \
Without it there is no scripts/gdb.sh for a HiFi4; for a Cortex-M it works"
        version=${kept##*/source-gdb-}
        warn "no gdb $SERIES can be had from Debian $SUITE: taking the one in the cache, $version"
    fi
    kept=$CACHE/source-gdb-$version
    (cd "$1" && dpkg-source -x "$kept"/gdb_*.dsc src && mkdir libraries &&
        for package in "$kept"/*.deb; do dpkg-deb -x "$package" libraries; done) >"$log" 2>&1 || {
        tail -20 "$log" >&2
        die "$kept is damaged: delete it"
    }
    printf '%s\n' "$version" >"$1/out/version"
}

# fetch FOLDER VERSION: the packages to the cache, unless they are there.
fetch() {
    [ ! -e "$CACHE/source-gdb-$2" ] || return 0
    say "gdb $2 from Debian $SUITE: downloading"
    mkdir -p "$1/packages"
    if (cd "$1/packages" && papt $SUITE amd64 source --download-only "gdb=$2" &&
        papt $SUITE "$(dpkg --print-architecture)" download "${LIBRARIES[@]}") >"$1/download.log" 2>&1; then
        mv -T "$1/packages" "$CACHE/source-gdb-$2"
    else
        tail -20 "$1/download.log" >&2
        return 1
    fi
}

# One correction: gdb takes any frame for the outermost whose next instruction is an ENTRY, as it is behind the call of
# a function that does not return.
TAKEN='if (safe_read_memory_integer (pc, 1, byte_order, &op1)$'
CORRECTED='if (frame_relative_level (this_frame) == 0 \&\& safe_read_memory_integer (pc, 1, byte_order, \&op1)'

# The core: ours but for the instructions, which are those that every Xtensa has.
configure_core() {
    local core=$1/include/xtensa-config.h frames=$1/gdb/xtensa-tdep.c
    grep -q '^#define XCHAL_NUM_AREGS[[:space:]]*32$' "$core" &&
        grep -q '^#define XSHAL_ABI[[:space:]]*XTHAL_ABI_WINDOWED$' "$core" ||
        die "gdb's ${core##*/} is another core's than it was: needs a look"
    sed -i 's/^#define XCHAL_HAVE_BE[[:space:]].*/#define XCHAL_HAVE_BE 0/' "$core"
    cp "$CONFIGURATION" "$REGISTERS" "$1/gdb/"
    [ "$(grep -c "$TAKEN" "$frames")" = 1 ] || die "gdb's ${frames##*/} is not what it was: needs a look"
    sed -i "s/$TAKEN/$CORRECTED/" "$frames"
}

# Every ten seconds how many files have been compiled.
progress() {
    awk 'BEGIN { srand(); last = srand() }
         /^  (CXX|CC) / { done++; srand(); now = srand()
                          if (now - last >= 10) { printf "[%d files]\n", done > "/dev/stderr"; fflush("/dev/stderr"); last = now } }'
}

build() {
    local tmp=$1 log=$1/build.log libraries
    libraries=$tmp/libraries/usr
    mkdir "$tmp/build"
    say "compiling on $(nproc) processors (about 450 files)"
    (
        cd "$tmp/build"
        multiarch=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
        export CPPFLAGS="-I$libraries/include -I$libraries/include/$multiarch" LDFLAGS="-s -L$libraries/lib/$multiarch"
        export CFLAGS=$FLAGS CXXFLAGS=$FLAGS
        ../src/configure "${CONFIGURE[@]}" --with-libgmp-prefix="$libraries" --with-gmp="$libraries" &&
            make -j"$(nproc)" all-gdb MAKEINFO=true
    ) 2>&1 | tee "$log" | progress || {
        grep -m1 -A5 ' [Ee]rror[: ]' "$log" >&2 || tail -20 "$log" >&2
        die "gdb does not compile: see above"
    }
    # Without the data folder that "make install" would make: it would hold Python's part alone.
    cp "$tmp/build/gdb/gdb" "$tmp/out/gdb"
    [ "$("$tmp/out/gdb" -nx -batch -ex 'show architecture' -ex 'show endian' 2>&1 | grep -c 'xtensa\|little endian')" = 2 ] ||
        die "gdb was built, but not for a little-endian Xtensa"
}

main() {
    local target=$CACHE/gdb-hifi4-$1 mode=${2:-build}
    case $mode in
    --help | -h) usage_of "$0" ;;
    --path) printf '%s\n' "$target/gdb" ;;
    --check) [ -x "$target/gdb" ] || exit 3 ;;
    build)
        [ ! -x "$target/gdb" ] || return 0
        local tool
        for tool in "cc gcc" "c++ g++" "make make" "dpkg-source dpkg-dev" "flex flex" "bison bison"; do
            # shellcheck disable=SC2086 # two words
            need $tool
        done
        lock gdb
        [ ! -x "$target/gdb" ] || return 0
        rm -rf "$CACHE"/gdb-building.* # of a run that was killed
        tmp=$(mktemp -d "$CACHE/gdb-building.XXXXXX")
        trap 'rm -rf "$tmp"' EXIT
        mkdir "$tmp/out"
        get_source "$tmp"
        configure_core "$tmp/src"
        build "$tmp"
        rm -rf "$target"
        mv "$tmp/out" "$target"
        say "gdb $(cat "$target/version") for the HiFi4: $target"
        ;;
    *) die "unknown option '$mode' (see $0 --help)" ;;
    esac
}

main "$(hash_of "$SERIES $SUITE ${CONFIGURE[*]} $FLAGS $CORRECTED" "$(uname -m)" "$CONFIGURATION" "$REGISTERS")" "$@"
