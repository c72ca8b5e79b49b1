#!/usr/bin/env bash
# gdb on a firmware that runs on an emulated core, beside a fake Linux that plays the reference sample.
#
#   scripts/gdb.sh [--app DIR] BOARD [NAME] [-- ARGUMENT...]
#
# NAME is the program (default: rpmsg-demo) that scripts/build.sh has built for BOARD, NAME+FEATURE with features; with
# --app the program of the package in DIR (scripts/new-app.sh makes one). What follows "--" goes to gdb.
# The core waits before its first instruction: set breakpoints, then "continue". docs/debugging.md has an example.
# For a Cortex-M it is Debian's gdb-multiarch; that knows no Xtensa, so the first time with a HiFi4 builds a gdb that
# does (scripts/setup/gdb.sh).

# SPDX-License-Identifier: MIT OR Apache-2.0
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$ROOT/scripts/lib/toolchain.sh"
. "$ROOT/scripts/lib/boards.sh"

BOARD='' NAME='' APP=''
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help)
        usage_of "$0"
        exit
        ;;
    --)
        shift
        break
        ;;
    --app)
        [ $# -ge 2 ] || die "--app needs a value: see $0 --help"
        APP=$2
        shift
        ;;
    -*) die "unknown option '$1': see $0 --help" ;;
    *) if [ -z "$BOARD" ]; then BOARD=$1; elif [ -z "$NAME" ]; then NAME=$1; else die "one board and one program: see $0 --help"; fi ;;
    esac
    shift
done
PACKAGE=$ROOT how=()
if [ -n "$APP" ]; then
    PACKAGE=$(package_in "$APP") || exit
    NAME=${NAME:-$(package_name "$PACKAGE")}
    how=(--app "$APP")
fi
NAME=${NAME:-rpmsg-demo}
[ -n "$BOARD" ] || die "which board? The boards are: $(boards | tr '\n' ' ')"
require_board "$BOARD"
ELF=$PACKAGE/target/firmware/$BOARD/$NAME.elf
if [ ! -f "$ELF" ]; then
    [ -n "$APP" ] || how=(--bin "${NAME%%+*}")
    case $NAME in *+*) how+=(--features "$(tr + , <<<"${NAME#*+}")") ;; esac
    die "$ELF is missing: scripts/build.sh $BOARD ${how[*]}"
fi
if grep -q '^core *= *"hifi4"' "$ROOT/boards/$BOARD.toml"; then
    "$ROOT/scripts/setup/gdb.sh"
    GDB=$("$ROOT/scripts/setup/gdb.sh" --path)
else
    need gdb-multiarch gdb-multiarch
    GDB=gdb-multiarch
fi

PORT=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
LOG=$(mktemp)
# A day: whoever debugs takes his time.
(cd "$ROOT/testbed" && exec /usr/bin/python3 -B -m imxtest.fakelinux "$ELF" --board "$BOARD" --gdb "$PORT" --freeze \
    --linger --timeout 86400) >"$LOG" 2>&1 &
LINUX=$!
trap 'kill $LINUX 2>/dev/null || true; wait $LINUX 2>/dev/null || true; rm -f "$LOG"' EXIT
# Ctrl-C is gdb's.
trap : INT
until (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; do
    kill -0 $LINUX 2>/dev/null || die "the emulator did not start: $(cat "$LOG")"
done
cd "$ROOT"
WIDTH=()
# Lines for a program to read are not broken.
[ -t 1 ] || WIDTH=(-ex "set width 0")
"$GDB" -q "${ELF%.elf}.debug" "${WIDTH[@]}" -ex "target remote 127.0.0.1:$PORT" "$@"
