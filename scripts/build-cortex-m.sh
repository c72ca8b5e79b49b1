#!/usr/bin/env bash
# Builds the programs for the emulated Cortex-M7 (benches/cortex-m): benchmark, README's echo, selftest. Compiles
# examples/another-core.rs, the library without a board, for such a core too.
#
#   scripts/build-cortex-m.sh
#
# The ELFs, which have symbols and debug information, are put into
# target/cortex-m/thumbv7em-none-eabi/release. The compiler is that of scripts/build.sh.

# SPDX-License-Identifier: MIT OR Apache-2.0
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$ROOT/scripts/lib/toolchain.sh"

case ${1:-} in
'') ;;
-h | --help)
    usage_of "$0"
    exit
    ;;
*) die "unknown argument '$1': see $0 --help" ;;
esac

need ld.lld-22 lld-22
need cc gcc
pick_toolchain
# The folder's .cargo/config.toml has target, linker and what of the standard library is built.
cd "$ROOT/benches/cortex-m"
unset RUSTUP_TOOLCHAIN RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER CARGO_ENCODED_RUSTFLAGS
export RUSTC=$TOOLCHAIN_RUSTC RUSTC_BOOTSTRAP=1 RUSTFLAGS='-D warnings'
"$TOOLCHAIN_CARGO" build --quiet --release --locked --target-dir "$ROOT/target/cortex-m"
"$TOOLCHAIN_CARGO" build --quiet --release --locked --target-dir "$ROOT/target/cortex-m" \
    --manifest-path "$ROOT/Cargo.toml" --example another-core
