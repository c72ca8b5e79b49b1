# shellcheck shell=bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Sourced after common.sh: which Rust compiler builds the firmware.
#
# Every function here only reads: nothing is installed, and rustup is asked, never told.

# Older rustc has no Xtensa inline assembly and another idea of the data layout.
RUST_MIN=1.98
# LLVM reads the bitcode of its own and of older versions only, so a rustc with a newer LLVM than
# the llc that scripts/xtensa-link runs is of no use.
LLVM_MAJOR=22

# rustup fetches a missing toolchain of its own accord unless told otherwise.
export RUSTUP_AUTO_INSTALL=0

# version_at_least HAVE WANT: dotted numbers; 1.100 is newer than 1.98.
version_at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

rustc_version() { RUSTC_BOOTSTRAP=1 "$1" -V 2>/dev/null | awk '{ sub(/-.*/, "", $2); print $2 }'; }
rustc_llvm() { "$1" -vV 2>/dev/null | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p'; }
rustc_has_src() {
    local sysroot
    sysroot=$("$1" --print sysroot 2>/dev/null) && [ -e "$sysroot/lib/rustlib/src/rust/library/core" ]
}

# rustc_unfit RUSTC: why RUSTC cannot build for Xtensa with unforked LLVM; nothing when it can.
rustc_unfit() {
    local version llvm
    version=$(rustc_version "$1")
    llvm=$(rustc_llvm "$1")
    if [ -z "$version" ]; then
        echo "does not run"
    elif ! version_at_least "$version" "$RUST_MIN"; then
        echo "is $version, older than $RUST_MIN"
    elif [ -n "$llvm" ] && [ "$llvm" -gt "$LLVM_MAJOR" ]; then
        echo "has LLVM $llvm, newer than the LLVM $LLVM_MAJOR that scripts/xtensa-link uses"
    elif ! rustc_has_src "$1"; then
        echo "has no rust-src component"
    fi
}

# Names of the installed rustup toolchains, one a line; none without rustup.
rustup_toolchains() {
    command -v rustup >/dev/null 2>&1 || return 0
    rustup toolchain list 2>/dev/null | awk 'NF && !/^no installed/ { print $1 }'
}

# rustup_tool NAME TOOL: the path of a toolchain's own program, not of rustup's proxy.
rustup_tool() { rustup which --toolchain "$1" "$2" 2>/dev/null; }

# Bin folder of the compiler that scripts/setup/rust.sh unpacked; empty when there is none.
private_rust() { "$ROOT/scripts/setup/rust.sh" --path 2>/dev/null || true; }

# choose NAME KIND BIN WHY: the answer of pick_toolchain, in TOOLCHAIN_* for the caller.
choose() {
    TOOLCHAIN_NAME=$1 TOOLCHAIN_KIND=$2 TOOLCHAIN_RUSTC=$3 TOOLCHAIN_CARGO=$4 TOOLCHAIN_WHY=$5
}

choose_private() {
    local bin
    bin=$(private_rust)
    [ -n "$bin" ] || return 1
    choose private unforked "$bin/rustc" "$bin/cargo" "$1"
}

# choose_rustup NAME WHY: refuses a toolchain without rustc or cargo.
choose_rustup() {
    local rustc cargo kind=unforked
    [ "$1" = esp ] && kind=esp
    rustc=$(rustup_tool "$1" rustc) && cargo=$(rustup_tool "$1" cargo) || return 1
    choose "$1" "$kind" "$rustc" "$cargo" "$2"
}

# The newest rustup toolchain that is fit; the unfit ones are added to REJECTED, with the reason.
choose_newest_rustup() {
    local name rustc version reason best='' best_version=0
    while read -r name; do
        [ "$name" != esp ] || continue
        rustc=$(rustup_tool "$name" rustc) || continue
        reason=$(rustc_unfit "$rustc")
        if [ -n "$reason" ]; then
            REJECTED+=("rustup's '$name' $reason")
            continue
        fi
        version=$(rustc_version "$rustc")
        if ! version_at_least "$best_version" "$version"; then
            best=$name best_version=$version
        fi
    done < <(rustup_toolchains)
    [ -n "$best" ] && choose_rustup "$best" "newest rustup toolchain with rust-src and rustc $RUST_MIN or later ($best_version)"
}

# pick_toolchain [NAME] [unforked]: NAME is private, esp or any rustup toolchain; without it the first of esp,
# a fit rustup toolchain, private. "unforked" leaves esp out: it is for Xtensa cores alone.
# Sets TOOLCHAIN_{NAME,KIND,RUSTC,CARGO,WHY}; KIND is esp or unforked.
pick_toolchain() {
    local wanted=${1:-} only=${2:-} reason
    REJECTED=()
    case $wanted in
    '')
        if [ -z "$only" ] && rustup_toolchains | grep -qx esp && choose_rustup esp "rustup has a toolchain named esp"; then return; fi
        if choose_newest_rustup; then return; fi
        if choose_private "no fit rustup toolchain"; then
            [ ${#REJECTED[@]} -eq 0 ] || TOOLCHAIN_WHY+=": $(join_by '; ' "${REJECTED[@]}")"
            return
        fi
        die "no Rust compiler for the firmware (rustc $RUST_MIN or later with rust-src): run scripts/setup.sh"
        ;;
    private)
        choose_private "asked for by --toolchain" ||
            die "the private Rust toolchain is not installed: run scripts/setup.sh"
        ;;
    *)
        choose_rustup "$wanted" "asked for by --toolchain" ||
            die "rustup has no toolchain '$wanted': there are: $(rustup_toolchains | tr '\n' ' ')and 'private'"
        if [ "$TOOLCHAIN_KIND" = esp ]; then
            [ -z "$only" ] || die "toolchain 'esp' builds for Xtensa cores alone: leave --toolchain out, or use private"
            return
        fi
        reason=$(rustc_unfit "$TOOLCHAIN_RUSTC")
        [ -z "$reason" ] || die "toolchain '$wanted' $reason: choose another, or run scripts/setup.sh and use --toolchain private"
        ;;
    esac
}

# join_by SEPARATOR ARG...
join_by() {
    local separator=$1 first=$2
    shift 2
    printf '%s' "$first" "${@/#/$separator}"
}
