#!/usr/bin/env bash
# Fuzzes the device side under AddressSanitizer, from the committed seeds (fuzz/seeds).
#
#   scripts/fuzz.sh                        each target for 60 seconds
#   scripts/fuzz.sh --seconds 600 ring     the named targets only, that long each
#   scripts/fuzz.sh --list                 the targets
#
# What is found along the way is kept in target/fuzz/corpus and used by the next run. Exit status 1
# when an input breaks something; the input and the command that replays it are printed.
#
# Needs a nightly toolchain of rustup (for the sanitizer) and g++ (for libFuzzer). cargo-fuzz is built
# into the cache folder at first use.

# SPDX-License-Identifier: MIT OR Apache-2.0
. "$(dirname "$0")/lib/common.sh"

CARGO_FUZZ_VERSION=0.13.2
# What the longest input may take, and a target beyond its seconds (start, seeds, the last input).
INPUT_SECONDS=10
GRACE_SECONDS=60

targets() { sed -n 's/^path = "fuzz_targets\/\(.*\)\.rs"$/\1/p' "$ROOT/fuzz/Cargo.toml"; }

check_tools() {
    need cargo "rustup"
    need rustup "rustup"
    rustup run nightly rustc --version >/dev/null 2>&1 ||
        die "fuzzing needs a nightly toolchain for AddressSanitizer: rustup toolchain install nightly --profile minimal"
    need g++ g++
}

cargo_fuzz() {
    local root=$CACHE/cargo-fuzz
    # Of this machine's own choice, or ours.
    if [ ! -x "$root/bin/cargo-fuzz" ] && ! command -v cargo-fuzz >/dev/null 2>&1; then
        say "building cargo-fuzz $CARGO_FUZZ_VERSION into $root (once, about a minute)"
        CARGO_TARGET_DIR=$root/build cargo install cargo-fuzz --version "$CARGO_FUZZ_VERSION" --locked --quiet \
            --root "$root" >&2 || die "cargo-fuzz could not be built: see above (network?)"
        rm -rf "$root/build"
    fi
    PATH=$root/bin:$PATH
}

# fuzz TARGET: 0 when nothing was found.
fuzz() {
    local target=$1 log=$OUT/$1.log status=0 input
    mkdir -p "$OUT/corpus/$target" "$OUT/artifacts/$target"
    say "$target: $SECONDS_EACH s"
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
    # libFuzzer's own report, without the corpus it went through.
    grep -vE '^#[0-9]+' "$log" | tail -60 >&2
    printf '%-16s FAILED (exit status %s), log %s\n' "$target" "$status" "$log"
    if [ -n "$input" ]; then
        printf '  input:  %s\n' "$input"
        printf '  replay: %s %s\n' "$OUT/$TRIPLE/release/$target" "$input"
        printf '  without the sanitizer: cargo run --manifest-path fuzz/Cargo.toml --bin %s -- %s\n' "$target" "$input"
    fi
    return 1
}

SECONDS_EACH=60
WANTED=()
while [ $# -gt 0 ]; do
    case $1 in
    --seconds)
        SECONDS_EACH=${2:-}
        [[ $SECONDS_EACH =~ ^[1-9][0-9]{0,5}$ ]] || die "--seconds takes a number from 1 up"
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

check_tools
cargo_fuzz
OUT=$ROOT/target/fuzz
TRIPLE=$(rustup run nightly rustc -vV | sed -n 's/^host: //p')
say "building the fuzz targets"
(cd "$ROOT/fuzz" && CARGO_TARGET_DIR=$OUT cargo +nightly fuzz build --target "$TRIPLE") >&2 ||
    die "the fuzz targets could not be built: see above"

FAILED=0
for target in "${WANTED[@]}"; do fuzz "$target" || FAILED=1; done
exit "$FAILED"
