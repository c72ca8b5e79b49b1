#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Usage: scripts/demo.sh [--board NAME] [--kernel 6.12|7.2|6.1] [--attach] [--firmware ELF | --app DIR]
#                        [--verbose] [--help]
#
# Builds a board's firmware, boots an unmodified Linux on the emulated board, starts the firmware from
# that Linux and lets the kernel's own RPMsg sample talk to it, showing what is typed and what Linux and
# the firmware print. The first run gets and builds all that is needed (see scripts/setup.sh); after
# that it takes less than a minute.
#
#   --board NAME      imx8mp-evk-dsp (default), imx8mp-evk-m7 or imx8ulp-evk-dsp
#   --kernel SERIES   the kernel: 6.12 (default), 7.2, or 6.1 for a DSP
#   --attach          start the Cortex-M first, as U-Boot does, and let Linux attach to it
#   --firmware ELF    run this firmware instead of building the board's
#   --app DIR         build the firmware of the package in DIR (scripts/new-app.sh makes one), start it, say Hello
#                     to its tty if it has one, and show its log
#   --verbose         show Linux's boot too
#   --help            this text

set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

board=imx8mp-evk-dsp kernel=6.12 firmware='' app='' session=()

while [ $# -gt 0 ]; do
    case $1 in
    --board | --kernel | --firmware | --app)
        [ $# -ge 2 ] || die "$1 needs a value (see $0 --help)"
        case $1 in
        --board) board=$2 ;;
        --kernel) kernel=$2 ;;
        --firmware) firmware=$2 ;;
        --app) app=$2 session+=(--app) ;;
        esac
        shift
        ;;
    --attach | --verbose) session+=("$1") ;;
    --help | -h)
        usage_of "$0"
        exit 0
        ;;
    *) die "unknown option '$1' (see $0 --help)" ;;
    esac
    shift
done

[ -z "$firmware" ] || [ -z "$app" ] || die "--firmware or --app, not both (see $0 --help)"
[ -z "$firmware" ] || [ -f "$firmware" ] || die "there is no file $firmware"
[ -e "$ROOT/testbed/linux/$board-$kernel.dts" ] ||
    die "there is no emulated '$board' for Linux '$kernel'; there are: $(cd "$ROOT/testbed/linux" && echo *-[0-9]*.dts)"

"$ROOT/scripts/setup.sh" >&2
if [ -z "$firmware" ]; then
    firmware=$("$ROOT/scripts/build.sh" ${app:+--app "$app"} "$board" | tail -1)
fi
firmware=$(realpath "$firmware")
cd "$ROOT/testbed"
exec /usr/bin/python3 -B -m imxtest.demo --board "$board" --kernel "$kernel" "${session[@]}" "$firmware"
