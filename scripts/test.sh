#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# All tests, as CI runs them; the first run sets up what they need (scripts/setup.sh).
#
#   scripts/test.sh            everything
#   scripts/test.sh --quick    everything but fuzzing
#   scripts/test.sh --host     only what needs no firmware: format, lints, documentation, host tests
#   scripts/test.sh --fuzz     only the fuzz targets, a minute each
#   scripts/test.sh --core     only the firmware of all boards on emulated cores, with a fake Linux
#   scripts/test.sh --linux    only the firmware under a real Linux
. "$(dirname "$0")/lib/common.sh"

PARTS=()
for argument in "$@"; do
    case $argument in
    --host | --fuzz | --core | --linux) PARTS+=("${argument#--}") ;;
    --quick) PARTS+=(host core linux) ;;
    -h | --help)
        usage_of "$0"
        exit
        ;;
    *) die "unknown argument '$argument': see $0 --help" ;;
    esac
done
[ ${#PARTS[@]} -gt 0 ] || PARTS=(host fuzz core linux)

# Bytecode files would be written beside the sources.
export PYTHONDONTWRITEBYTECODE=1

pytest() { /usr/bin/python3 -m pytest -p no:cacheprovider "$@"; }

# build ARG...: warnings are errors.
build() {
    local log=$ROOT/target/test-build.log
    mkdir -p "$ROOT/target"
    scripts/build.sh "$@" 2>&1 | tee "$log"
    if grep -q '^warning' "$log"; then die "the build of $* has warnings: see above"; fi
}

firmware() {
    [ -z "${FIRMWARE_BUILT:-}" ] || return 0
    say "building the firmware"
    build --all
    build --features uart imx8mp-evk-dsp imx8ulp-evk-dsp imx8mp-evk-m7 imx93-evk-m33
    build --features shell imx8mp-evk-dsp imx8mp-evk-m7
    build --features nxp-names imx8mp-evk-dsp imx8mp-evk-m7
    for program in rpmsg-echo rpmsg-selftest rpmsg-wait rpmsg-halves rpmsg-filter; do
        build --bin "$program" imx8mp-evk-dsp imx8mp-evk-m7
    done
    # One core of each make, for its faults.
    build --bin rpmsg-selftest imx8ulp-evk-dsp imx8qm-mek-m4 imx93-evk-m33
    build --features embassy --bin rpmsg-embassy imx8mp-evk-dsp imx8mp-evk-m7
    FIRMWARE_BUILT=yes
}

test_host() {
    say "format, lints, documentation"
    cargo fmt --all --check
    # Files that are sourced set variables for others (SC2034).
    git ls-files -z '*.sh' .ci/run |
        xargs -0 shellcheck --external-sources --source-path=SCRIPTDIR --severity=warning --exclude=SC2034
    cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo clippy --all-targets --features driver-role,shell --locked -- -D warnings
    # One core of each instruction set and mailbox, with all that a program may ask for.
    for program in rpmsg-{demo,echo,selftest,wait,halves,filter,embassy}; do
        scripts/build.sh --lint --features uart,shell,embassy,nxp-names --bin "$program" imx8mp-evk-dsp imx8mp-evk-m7 imx93-evk-m33
    done
    # What features leave out is other code.
    scripts/build.sh --lint imx8mp-evk-dsp
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --features driver-role,shell --locked
    for board in imx8mp-evk-dsp imx8mp-evk-m7; do RUSTDOCFLAGS="-D warnings" scripts/doc.sh $board; done
    say "host tests"
    cargo test --workspace --features driver-role,shell --locked
    say "seeds and past findings of the fuzzers"
    CARGO_TARGET_DIR=target/fuzz-seeds cargo test --locked --manifest-path fuzz/Cargo.toml
    say "line coverage of the core"
    scripts/coverage.sh
    say "tests of the scripts"
    pytest tests/toolchain
    pytest tests/filter
    say "what the documents name"
    pytest tests/docs --ignore tests/docs/test_commands.py
}

test_fuzz() {
    say "fuzzing the device side under AddressSanitizer"
    scripts/fuzz.sh --seconds 60 --jobs "$(nproc)"
}

test_core() {
    firmware
    say "the emulated cores"
    pytest tests/dsp_boot tests/dsp_selftest tests/boards
    say "the Cortex-M's parts"
    scripts/build-cortex-m.sh
    pytest tests/cortex_m
    say "what is counted, against docs/performance.json"
    pytest benches/test_harness.py
    scripts/bench.sh --check
}

test_linux() {
    firmware
    scripts/setup/guest-python.sh
    say "the firmware under a real Linux"
    pytest tests/linux_run
    say "the scripts for users"
    scripts/setup/gdb.sh
    pytest tests/tools
    say "the commands in the documents"
    pytest tests/docs/test_commands.py
}

cd "$ROOT"
case " ${PARTS[*]} " in
*\ core\ * | *\ linux\ *) scripts/setup.sh ;;
*) scripts/setup.sh --no-testbed ;;
esac
for part in "${PARTS[@]}"; do "test_$part"; done
say "all tests passed"
