# shellcheck shell=bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Sourced after common.sh and toolchain.sh: the board files, and the tools of the tree that read them.

boards() {
    local file
    for file in "$ROOT"/boards/*.toml; do
        [ -e "$file" ] && basename "$file" .toml
    done
}

require_board() {
    [ -e "$ROOT/boards/$1.toml" ] || die "no board '$1'; the boards are: $(boards | tr '\n' ' ')"
}

# The machine's own cargo builds the checker, as it does the tests; without one the firmware's does.
host_cargo() {
    if command -v cargo >/dev/null 2>&1; then
        cargo "$@"
    else
        # A board file may be looked at before there is a board to choose for.
        [ -n "${TOOLCHAIN_CARGO:-}" ] || pick_toolchain ''
        RUSTC=$TOOLCHAIN_RUSTC "$TOOLCHAIN_CARGO" "$@"
    fi
}

# board_tool ARG...: what tools/board tells of the board files.
board_tool() { (cd "$ROOT" && host_cargo run -q -p imx-rpmsg-board --bin board -- "$@"); }

# desk_check BOARD ELF
desk_check() {
    if [ ! -e "$ROOT/tools/check-elf/Cargo.toml" ]; then
        warn "tools/check-elf is missing: $2 was not checked against the loader's rules"
        return
    fi
    (cd "$ROOT" && host_cargo run -q -p check-elf -- --board "$1" "$2") >&2 ||
        die "the ELF of $1 breaks the loader's rules: see above"
}

