#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Usage: scripts/demo.sh [--board NAME] [--kernel 6.12|7.x|6.1] [--attach] [--firmware ELF | --app DIR]
#                        [--put FILE]... [--shell] [--verbose] [--help] [-- COMMAND ...]
#
# Builds a board's firmware, boots an unmodified Linux on the emulated board, starts the firmware from
# that Linux and lets the kernel's own RPMsg sample talk to it, showing what is typed and what Linux and
# the firmware print. The first run gets and builds all that is needed (see scripts/setup.sh); after
# that it takes less than a minute.
#
#   --board NAME      imx8mp-evk-dsp (default), imx8mp-evk-m7 or imx8ulp-evk-dsp
#   --kernel SERIES   the kernel: 6.12 (default), 7.x, the newest 7 that Debian has, or a 7.N, or 6.1 for a DSP
#   --attach          start the Cortex-M first, as U-Boot does, and let Linux attach to it
#   --firmware ELF    run this firmware instead of building the board's: any, of this tree or not
#   --app DIR         build the firmware of the package in DIR (scripts/new-app.sh makes one) and run it
#   --put FILE        put a program, script or any other file of your own into that Linux, at /usr/bin/FILE's name,
#                     executable: a COMMAND by its name. A program must be for aarch64, and static
#   --shell           after the start, give that Linux's console to this terminal; Ctrl-] ends it. The
#                     demo's firmware then has a shell too, on /dev/ttyRPMSG0
#   -- COMMAND ...    after the start, run each of these in that Linux and show what it prints, up to the
#                     first that fails
#   --verbose         show Linux's boot too
#   --help            this text
#
# With a firmware other than the demo's, and no COMMAND: its channels, Hello to its tty if it has one, its log.

set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

board=imx8mp-evk-dsp kernel=6.12 firmware='' app='' attach='' shell='' put=() session=() commands=()

# The boards and kernels of testbed/linux/BOARD-KERNEL.dts.
emulated() { (cd "$ROOT/testbed/linux" && printf '%s\n' *-[0-9]*.dts | sed 's/\.dts$//'); }
emulated_boards() { emulated | sed 's/-[^-]*$//' | sort -u | paste -sd ' '; }
kernels_of() { emulated | sed -n "s/^$1-//p" | sort -V | paste -sd ' '; }

# fit_for_linux FILE: ends with an error if it is a program that the emulated Linux cannot run. That has no shared
# libraries, and its shell as the only interpreter.
fit_for_linux() {
    local kind how="The emulated Linux runs scripts of busybox's sh, and static programs for aarch64: aarch64-linux-gnu-gcc -static (Debian's \
gcc-12-aarch64-linux-gnu has aarch64-linux-gnu-gcc-12), or cargo build --target aarch64-unknown-linux-musl"
    [ -f "$1" ] || die "there is no file $1"
    [[ $(basename "$1") =~ ^[A-Za-z0-9._+-]+$ ]] || die "rename $1: letters, digits and . _ + - alone"
    kind=$(/usr/bin/python3 -B "$ROOT/testbed/imxtest/program.py" "$1") || die "$1: $kind. $how"
}

while [ $# -gt 0 ]; do
    case $1 in
    --board | --kernel | --firmware | --app | --put)
        [ $# -ge 2 ] || die "$1 needs a value (see $0 --help)"
        case $1 in
        --board) board=$2 ;;
        --kernel) kernel=$2 ;;
        --firmware) firmware=$2 ;;
        --app) app=$2 session+=(--app) ;;
        --put) put+=("$2") ;;
        esac
        shift
        ;;
    --attach) attach=yes session+=(--attach) ;;
    --shell) shell=yes session+=(--shell) ;;
    --verbose) session+=(--verbose) ;;
    --help | -h)
        usage_of "$0"
        exit 0
        ;;
    --)
        shift
        [ $# -gt 0 ] || die "which command, after --? (see $0 --help)"
        commands=(-- "$@")
        break
        ;;
    *) die "unknown option '$1' (see $0 --help)" ;;
    esac
    shift
done

# All that can be wrong with what was asked for, before minutes are spent on it.
[ -z "$firmware" ] || [ -z "$app" ] || die "--firmware or --app, not both (see $0 --help)"
[ -z "$firmware" ] || [ -f "$firmware" ] || die "there is no file $firmware"
[ -z "$app" ] || [ -f "$app/Cargo.toml" ] || die "there is no package in $app: scripts/new-app.sh makes one"
if [ -z "$(kernels_of "$board")" ]; then
    [ ! -e "$ROOT/boards/$board.toml" ] ||
        die "there is no emulated Linux beside the core of $board (docs/testbed.md), only on: $(emulated_boards). \
scripts/build.sh $board builds its firmware, which the tests run beside a Linux of Python"
    die "there is no board '$board'; those with an emulated Linux are: $(emulated_boards)"
fi
# Each 7.N has the device tree of 7.x.
[ -e "$ROOT/testbed/linux/$board-$kernel.dts" ] || [[ $kernel =~ ^7\.[0-9]+$ && -e $ROOT/testbed/linux/$board-7.x.dts ]] ||
    die "there is no Linux '$kernel' for $board; there are: $(kernels_of "$board")"
for file in "${put[@]}"; do
    fit_for_linux "$file"
    session+=(--put "$(realpath "$file")")
done
case $attach,$board in
yes,*-dsp) die "--attach is for a Cortex-M: Linux itself starts the DSP of $board (see $0 --help)" ;;
esac

trap 'echo "demo: stopped"; exit 130' INT
"$ROOT/scripts/setup.sh" --kernel "$kernel" >&2
if [ -z "$firmware" ]; then
    what=(${app:+--app "$app"})
    [ -z "$shell" ] || [ -n "$app" ] || what=(--features shell)
    firmware=$("$ROOT/scripts/build.sh" "${what[@]}" "$board" | tail -1)
fi
firmware=$(realpath "$firmware")
cd "$ROOT/testbed"
exec /usr/bin/python3 -B -m imxtest.demo --board "$board" --kernel "$kernel" "${session[@]}" "$firmware" "${commands[@]}"
