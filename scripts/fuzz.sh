#!/usr/bin/env bash
# Fuzzes the device side under AddressSanitizer, from the committed seeds (fuzz/seeds).
#
#   scripts/fuzz.sh                        each target for 60 seconds
#   scripts/fuzz.sh --seconds 600 ring     the named targets only, that long each
#   scripts/fuzz.sh --jobs 2               that many targets at a time (default: 1)
#   scripts/fuzz.sh --list                 the targets
#
# What is found along the way is kept in target/fuzz/corpus and used by the next run. Exit status 1
# when an input breaks something; the input and the command that replays it are printed.
#
# Needs g++ (for libFuzzer) and the rustup toolchain that the tests use: its rustc is told to accept the
# sanitizer's unstable option, so neither a nightly nor cargo-fuzz has to be installed.

# SPDX-License-Identifier: MIT OR Apache-2.0
. "$(dirname "$0")/lib/common.sh"

# What the longest input may take, and a target beyond its seconds (start, seeds, the last input).
INPUT_SECONDS=10
GRACE_SECONDS=60

targets() { sed -n 's/^path = "fuzz_targets\/\(.*\)\.rs"$/\1/p' "$ROOT/fuzz/Cargo.toml"; }

check_tools() {
    need cargo rustup
    need g++ g++
    TRIPLE=$(rustc -vV | sed -n 's/^host: //p')
    compgen -G "$(rustc --print target-libdir)/librustc-*_rt.asan.a" >/dev/null ||
        die "$(rustc -V) comes without AddressSanitizer (Debian's does): use rustup's"
}

# As cargo-fuzz builds: coverage that libFuzzer can follow, every check on, AddressSanitizer.
build_targets() {
    local flags=(
        --cfg fuzzing -Zsanitizer=address -Cdebug-assertions -Coverflow-checks -Ccodegen-units=1
        -Cpasses=sancov-module
        -Cllvm-args=-sanitizer-coverage-level=4
        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
        -Cllvm-args=-sanitizer-coverage-pc-table
        -Cllvm-args=-sanitizer-coverage-trace-compares
    )
    # With --target the flags are not for build scripts.
    RUSTC_BOOTSTRAP=1 RUSTFLAGS=${flags[*]} CARGO_TARGET_DIR=$OUT cargo build --quiet --release --locked \
        --manifest-path "$ROOT/fuzz/Cargo.toml" --target "$TRIPLE" --bins
}

# fuzz TARGET: 0 when nothing was found.
fuzz() {
    local target=$1 log=$OUT/$1.log status=0 input
    mkdir -p "$OUT/corpus/$target" "$OUT/artifacts/$target"
    timeout --kill-after=10 $((SECONDS_EACH + GRACE_SECONDS)) \
        "$OUT/$TRIPLE/release/$target" "$OUT/corpus/$target" "$ROOT/fuzz/seeds/$target" \
        -artifact_prefix="$OUT/artifacts/$target/" -max_total_time="$SECONDS_EACH" -timeout="$INPUT_SECONDS" \
        -max_len=4096 -print_final_stats=1 >"$log" 2>&1 || status=$?
    if [ "$status" = 0 ]; then
        printf '%-16s %s executions, %s edges, nothing found\n' "$target" \
            "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
            "$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -1)"
        return 0
    fi
    input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
    # What did not hold, and where; the log has all of it.
    grep -aE -m1 -A24 'panicked at|ERROR: (AddressSanitizer|libFuzzer)' "$log" || tail -n 24 "$log"
    printf '%-16s FAILED (exit status %s), log %s\n' "$target" "$status" "$log"
    if [ -n "$input" ]; then
        printf '  input:  %s\n' "$input"
        printf '  replay: %s %s\n' "$OUT/$TRIPLE/release/$target" "$input"
        printf '  without the sanitizer: cargo run --manifest-path fuzz/Cargo.toml --bin %s -- %s\n' "$target" "$input"
    fi
    return 1
}

SECONDS_EACH=60
JOBS=1
WANTED=()
while [ $# -gt 0 ]; do
    case $1 in
    --seconds)
        SECONDS_EACH=${2:-}
        [[ $SECONDS_EACH =~ ^[1-9][0-9]{0,5}$ ]] || die "--seconds takes a number from 1 up"
        shift
        ;;
    --jobs)
        JOBS=${2:-}
        [[ $JOBS =~ ^[1-9][0-9]?$ ]] || die "--jobs takes a number from 1 to 99"
        shift
        ;;
    --list)
        targets
        exit
        ;;
    -h | --help)
        usage_of "$0"
        exit
        ;;
    -*) die "unknown argument '$1': see $0 --help" ;;
    *)
        targets | grep -qx -- "$1" || die "no fuzz target '$1': there are $(targets | paste -sd' ')"
        WANTED+=("$1")
        ;;
    esac
    shift
done
[ ${#WANTED[@]} -gt 0 ] || mapfile -t WANTED < <(targets)

# rust-toolchain.toml holds for this folder.
cd "$ROOT"
check_tools
OUT=$ROOT/target/fuzz
say "building the fuzz targets"
build_targets >&2 || die "the fuzz targets could not be built: see above"

# Each with its own report, printed whole when it ends.
report() {
    local text status=0
    text=$(fuzz "$1" 2>&1) || status=1
    printf '%s\n' "$text"
    return "$status"
}

say "$JOBS at a time, $SECONDS_EACH s each: ${WANTED[*]}"
FAILED=0 RUNNING=0
for target in "${WANTED[@]}"; do
    if [ "$RUNNING" = "$JOBS" ]; then
        wait -n || FAILED=1
        RUNNING=$((RUNNING - 1))
    fi
    report "$target" &
    RUNNING=$((RUNNING + 1))
done
while [ "$RUNNING" -gt 0 ]; do
    wait -n || FAILED=1
    RUNNING=$((RUNNING - 1))
done
exit "$FAILED"
