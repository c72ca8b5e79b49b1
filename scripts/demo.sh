#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Usage: scripts/demo.sh [--kernel 6.12|6.1] [--firmware ELF] [--verbose] [--help]
#
# Builds the HiFi4 firmware, boots an unmodified Linux on an emulated i.MX 8M Plus EVK, starts the
# firmware from that Linux and lets the kernel's own RPMsg sample talk to it, showing what is typed
# and what Linux and the firmware print. The first run gets and builds all that is needed (see
# scripts/setup.sh); after that it takes less than a minute.
#
#   --kernel SERIES   the kernel: 6.12 (default) or 6.1
#   --firmware ELF    run this firmware instead of building the board's
#   --verbose         show Linux's boot too
#   --help            this text

set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

BOARD=imx8mp-evk-dsp
kernel=6.12 firmware='' verbose=()

while [ $# -gt 0 ]; do
    case $1 in
    --kernel)
        [ $# -ge 2 ] || die "--kernel needs a series: 6.12 or 6.1"
        kernel=$2
        shift
        ;;
    --firmware)
        [ $# -ge 2 ] || die "--firmware needs a file"
        firmware=$2
        shift
        ;;
    --verbose) verbose=(--verbose) ;;
    --help | -h)
        usage_of "$0"
        exit 0
        ;;
    *) die "unknown option '$1' (see $0 --help)" ;;
    esac
    shift
done

case $kernel in 6.12 | 6.1) ;; *) die "unknown kernel series '$kernel': 6.12 or 6.1" ;; esac
[ -z "$firmware" ] || [ -f "$firmware" ] || die "there is no file $firmware"

"$ROOT/scripts/setup.sh" >&2
if [ -z "$firmware" ]; then
    firmware=$("$ROOT/scripts/build.sh" "$BOARD" | tail -1)
fi
firmware=$(realpath "$firmware")
cd "$ROOT/testbed"
exec /usr/bin/python3 -B -m imxtest.demo --kernel "$kernel" "${verbose[@]}" "$firmware"
