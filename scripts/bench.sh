#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Counts what a message costs (docs/performance.md): instructions on this machine and on an emulated HiFi4 and
# Cortex-M7, words and cache lines of shared memory, kicks, sizes. Nothing is timed: results repeat.
#
#   scripts/bench.sh            count, and write docs/performance.json, the tables of docs/performance.md and the
#                               figures in the documents' sentences (benches/harness/prose.py)
#   scripts/bench.sh --check    count, and fail where a figure is more than 3 % worse than the committed one; without
#                               comparing where compilers or counters are of other versions than there
#   scripts/bench.sh --show     count, and show the instructions by function too; write nothing

set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$ROOT/scripts/lib/toolchain.sh"

case ${1:-} in
'' | --check | --show) ;;
-h | --help)
    usage_of "$0"
    exit
    ;;
*) die "unknown argument '$1': see $0 --help" ;;
esac

need valgrind valgrind
need llvm-symbolizer-22 llvm-22
need gcc gcc
cd "$ROOT"
"$ROOT/scripts/setup.sh" >&2

say "building what is counted"
for program in rpmsg-bench rpmsg-echo rpmsg-demo; do
    log=$(scripts/build.sh --bin "$program" imx8mp-evk-dsp 2>&1) || die "$program does not build: $log"
done
cargo build --quiet --release --locked --manifest-path benches/host/Cargo.toml --target-dir target/bench
scripts/build-cortex-m.sh
gcc -O2 -Wall -Wextra -Werror -shared -fPIC -o target/bench/counts.so benches/harness/counts.c

pick_toolchain
export FIRMWARE_RUSTC=$TOOLCHAIN_RUSTC
exec /usr/bin/python3 -B benches/harness "$@"
