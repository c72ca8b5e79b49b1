#!/usr/bin/env bash
# Line coverage of the layers that face Linux (src/shm, wire, vring, rpmsg), as the host tests of the
# library give it. Fails below 95 % in total.
#
#   scripts/coverage.sh              a table by file and the total
#   scripts/coverage.sh --missing    and the lines that no test reaches
#   scripts/coverage.sh --least 97   another bar

# SPDX-License-Identifier: MIT OR Apache-2.0
. "$(dirname "$0")/lib/common.sh"

# The LLVM that rustc is built with has to be read by tools of the same major version.
LLVM=22
LEAST=95
MISSING=
while [ $# -gt 0 ]; do
    case $1 in
    --missing) MISSING=yes ;;
    --least)
        LEAST=${2:-}
        [[ $LEAST =~ ^[0-9]+(\.[0-9]+)?$ ]] || die "--least takes a number of per cent"
        shift
        ;;
    -h | --help)
        usage_of "$0"
        exit
        ;;
    *) die "unknown argument '$1': see $0 --help" ;;
    esac
    shift
done

cd "$ROOT"
need cargo rustup
need "llvm-profdata-$LLVM" "llvm-$LLVM"
need "llvm-cov-$LLVM" "llvm-$LLVM"
OWN=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
[ "$OWN" -le "$LLVM" ] || die "this rustc is built with LLVM $OWN: llvm-cov-$LLVM cannot read its profiles; set LLVM in $0 to $OWN"

# Its own folder: instrumented objects are of no use to other builds.
OUT=$ROOT/target/coverage
rm -rf "$OUT/profiles"
mkdir -p "$OUT/profiles"
export CARGO_TARGET_DIR=$OUT RUSTFLAGS="-C instrument-coverage" LLVM_PROFILE_FILE=$OUT/profiles/%p-%m.profraw
say "building and running the instrumented tests"
cargo test -p imx-rpmsg --lib --tests --features driver-role --locked --no-run --message-format=json >"$OUT/build.json" ||
    die "the tests could not be built: see above"
cargo test -p imx-rpmsg --lib --tests --features driver-role --locked >"$OUT/tests.log" 2>&1 || {
    tail -40 "$OUT/tests.log" >&2
    die "a test failed: see above"
}

"llvm-profdata-$LLVM" merge -sparse "$OUT"/profiles/*.profraw -o "$OUT/all.profdata" ||
    die "the profiles could not be read: is llvm-$LLVM that of this rustc?"
mapfile -t OBJECTS < <(sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' "$OUT/build.json")
[ ${#OBJECTS[@]} -gt 0 ] || die "cargo named no test programs"
ARGUMENTS=("${OBJECTS[0]}")
for object in "${OBJECTS[@]:1}"; do ARGUMENTS+=(-object "$object"); done
ARGUMENTS+=(-instr-profile "$OUT/all.profdata")
mapfile -t SOURCES < <(find src/shm* src/wire* src/vring* src/rpmsg* -name '*.rs' | sort)
# Line by line in lcov's form: a file's own tests do not count.
"llvm-cov-$LLVM" export "${ARGUMENTS[@]}" -format=lcov --sources "${SOURCES[@]/#/$ROOT/}" >"$OUT/lcov.info"
/usr/bin/python3 scripts/lib/coverage.py "$OUT/lcov.info" "$LEAST" ${MISSING:+--missing}
