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

# package_in DIR: the absolute path of an app's folder.
package_in() {
    (cd "$1" 2>/dev/null && [ -e Cargo.toml ] && pwd) || die "there is no package in $1: scripts/new-app.sh makes one"
}

# package_name DIR: the name of the package there, and of its program.
package_name() { sed -n '/^\[package\]/,/^\[[^p]/s/^name *= *"\(.*\)".*/\1/p' "$1/Cargo.toml"; }

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

# host_run ARG...: `cargo run` in this tree. Without -q, which would also hide that cargo compiles, or waits for another
# cargo's lock.
host_run() {
    { (cd "$ROOT" && host_cargo run "$@") 2>&1 >&3 | sed -u '/^ *\(Finished\|Running\) /d' >&2; } 3>&1
}

# board_tool ARG...: what tools/board tells of the board files.
board_tool() { host_run -p imx-rpmsg-board --bin board -- "$@"; }

# desk_check BOARD ELF
desk_check() {
    if [ ! -e "$ROOT/tools/check-elf/Cargo.toml" ]; then
        warn "tools/check-elf is missing: $2 was not checked against the loader's rules"
        return
    fi
    host_run -p check-elf -- --board "$1" "$2" >&2 ||
        die "the ELF of $1 breaks the loader's rules: see above"
}

