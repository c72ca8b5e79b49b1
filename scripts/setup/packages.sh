#!/usr/bin/env bash
# Installs the Debian packages that building, testing and the testbed need, unless they are there.
#
#   scripts/setup/packages.sh            install what is missing with apt-get (sudo unless root); exit status 4 when
#                                        the archive no longer has some of them, and the others are installed
#   scripts/setup/packages.sh --check    name what is missing; exit status 3 when anything is
#   scripts/setup/packages.sh --list     print the names of all of them, one a line

# SPDX-License-Identifier: MIT OR Apache-2.0
set -euo pipefail
. "$(dirname "$0")/../lib/common.sh"

# Each group of packages with what needs it.
GROUPS_OF_PACKAGES=(
    # LLVM and GNU ld for Xtensa, lld for a Cortex-M, the host's C compiler for build scripts, patchelf for the private
    # Rust toolchain, certificates for cargo.
    "building firmware: llvm-22 clang-22 lld-22 binutils-xtensa-lx106 gcc libc6-dev patchelf python3 ca-certificates"
    "QEMU, from its source package: dpkg-dev ninja-build pkg-config flex bison python3-venv libglib2.0-dev libfdt-dev"
    # The drivers that Debian leaves out, the device tree, the guest's helper programs.
    "Linux in the testbed: gcc-aarch64-linux-gnu libc6-dev-arm64-cross make device-tree-compiler kmod xz-utils"
    "tests, lints, benchmarks and fuzzing: python3-pytest shellcheck valgrind g++"
    "scripts/load.sh and scripts/gdb.sh: openssh-client gdb-multiarch"
)

packages() {
    local group
    for group in "${GROUPS_OF_PACKAGES[@]}"; do tr ' ' '\n' <<<"${group#*: }"; done
}

# needed_for PACKAGE: what does not work without it.
needed_for() {
    local group
    for group in "${GROUPS_OF_PACKAGES[@]}"; do
        if [[ " ${group#*: } " == *" $1 "* ]]; then printf '%s\n' "${group%%: *}"; fi
    done
}

missing() {
    local wanted
    mapfile -t wanted < <(packages)
    comm -23 <(printf '%s\n' "${wanted[@]}" | sort) \
        <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
            sed -n 's/^installed //p' | sort)
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Downloads and disk use, in apt's own words.
show_size() {
    LC_ALL=C apt-get install --no-install-recommends --assume-no "$@" 2>/dev/null |
        grep -E '^(Need to get|After this)' >&2 || true
}

install() {
    say "Debian packages to install: $*"
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null 2>&1; then
        die "this needs root, and there is no sudo: as root, run: apt-get update && apt-get install --no-install-recommends $*"
    fi
    as_root apt-get update -qq || die "apt-get update failed: see above (network?)"
    local package gone=() had=()
    for package in "$@"; do
        if in_archive "$package"; then had+=("$package"); else gone+=("$package"); fi
    done
    if [ ${#had[@]} -gt 0 ]; then
        show_size "${had[@]}"
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq --no-install-recommends \
            -o DPkg::Lock::Timeout=60 "${had[@]}" >&2 ||
            die "apt-get could not install these packages: see above; is this Debian 12 with its main and security archives?"
    fi
    [ ${#gone[@]} -gt 0 ] || return 0
    for package in "${gone[@]}"; do warn "the archive has no $package (any more), which is for $(needed_for "$package")"; done
    warn "is this Debian 12 with its main and security archives? The others are installed; what needs none of these works"
    exit 4
}

# Whether apt can get a package. Without apt-cache apt-get will tell.
in_archive() {
    local policy
    policy=$(LC_ALL=C apt-cache policy "$1" 2>/dev/null) || return 0
    grep -q '^  Candidate: [^(]' <<<"$policy"
}

case ${1:-} in
'')
    mapfile -t MISSING < <(missing)
    [ ${#MISSING[@]} -eq 0 ] || install "${MISSING[@]}"
    ;;
--check)
    mapfile -t MISSING < <(missing)
    [ ${#MISSING[@]} -eq 0 ] || {
        printf '%s\n' "${MISSING[@]}"
        exit 3
    }
    ;;
--list) packages ;;
-h | --help) usage_of "$0" ;;
*) die "unknown argument '$1': see $0 --help" ;;
esac
