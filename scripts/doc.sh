#!/usr/bin/env bash
# Makes the manual of the whole API as HTML: also of what needs a board, which a plain "cargo doc" leaves out (firmware,
# board, mailbox::mu, arch of the board's core, entry!).
#
#   scripts/doc.sh [BOARD]    of the features firmware, shell, embassy and driver-role, for the board's core
#                             (default: imx8mp-evk-m7)
#
#   --toolchain NAME          as for scripts/build.sh; it must have rustdoc
#
# The path of the first page is the last line on standard output. RUSTDOCFLAGS is rustdoc's.

# SPDX-License-Identifier: MIT OR Apache-2.0
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"

BOARD='' OPTIONS=()
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help)
        usage_of "$0"
        exit
        ;;
    --toolchain)
        [ $# -ge 2 ] || die "$1 needs a value: see $0 --help"
        OPTIONS+=("$1" "$2")
        shift
        ;;
    -*) die "unknown option '$1': see $0 --help" ;;
    *)
        [ -z "$BOARD" ] || die "one board: see $0 --help"
        BOARD=$1
        ;;
    esac
    shift
done
BOARD=${BOARD:-imx8mp-evk-m7}
exec "$ROOT/scripts/build.sh" --doc --features shell,embassy,driver-role "${OPTIONS[@]}" "$BOARD"
