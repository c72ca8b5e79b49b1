#!/usr/bin/env bash
# Gets and caches all that the firmware, its tests and the demo need. Says first what it will do;
# does nothing when all is there.
#
#   scripts/setup.sh                    install what is missing
#   scripts/setup.sh --check            only report; exit status 3 when something is missing
#   scripts/setup.sh --no-testbed       what the firmware needs, without QEMU and Linux
#   scripts/setup.sh --kernel SERIES    of the kernels only this one, 6.12, 7.x, 6.1 or a 7.N: what the demo needs
#
# This is for Debian 12 on x86-64. Debian packages are installed with apt-get (sudo unless root). All
# else goes to the cache folder: $IMX_RPMSG_CACHE, or ~/.cache/imx-rpmsg; remove that folder to undo it.
# The parts can be run one by one, see scripts/setup/*.sh --help. A part that Debian no longer has is taken
# from the cache, or in another version that will do. Where neither is possible, the other parts are set up, and the end
# says what is lacking.

# SPDX-License-Identifier: MIT OR Apache-2.0
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$ROOT/scripts/lib/host.sh"

PARTS=(packages rust)
TESTBED=(qemu linux-6.12 linux-7.x linux-6.1)

# run_part PART [ARG]
run_part() {
    case $1 in
    linux-*) "$ROOT/scripts/setup/linux.sh" "${1#linux-}" "${@:2}" ;;
    *) "$ROOT/scripts/setup/$1.sh" "${@:2}" ;;
    esac
}

about() {
    case $1 in
    packages) echo "Debian packages" ;;
    rust) echo "rustc, rustdoc, cargo, clippy and rust-src from Debian" ;;
    qemu) echo "QEMU with our models of the cores and their mailboxes" ;;
    linux-*) echo "Debian's Linux ${1#linux-} for arm64 and its drivers" ;;
    esac
}

# What does not work without a part, and what does.
without() {
    case $1 in
    packages) echo "the packages that Debian no longer has are named above, with what needs them" ;;
    rust) echo "no firmware can be built, but with a rustup toolchain that is new enough (docs/toolchain.md)" ;;
    qemu) echo "no scripts/demo.sh, and of scripts/test.sh no --core and no --linux; scripts/build.sh works, and scripts/test.sh --host and --fuzz" ;;
    linux-*) echo "no tests under it and no scripts/demo.sh --kernel ${1#linux-}; other kernels work, and scripts/test.sh --host, --fuzz and --core" ;;
    esac
}

# Rough figures, for 2 cores and a fast mirror.
cost() {
    case $1 in
    packages) echo "up to 265 MB to download, 1.1 GB on disk, 5 min" ;;
    rust) echo "170 MB to download, 0.6 GB on disk, 1 min" ;;
    qemu) echo "41 MB to download and kept, 2 GB on disk while building, some minutes" ;;
    linux-*) echo "300 MB to download, 100 MB on disk, 1 min" ;;
    esac
}

# Whether the cache folder can be made, or written when it is there.
cache_can_be_written() {
    local folder=$CACHE
    while [ ! -e "$folder" ]; do folder=$(dirname "$folder"); done
    [ -d "$folder" ] && [ -w "$folder" ]
}

# Prints the state of each part and collects those to do in TODO.
plan() {
    local part lacking
    TODO=()
    for part in "${PARTS[@]}"; do
        if lacking=$(run_part "$part" --check 2>/dev/null); then
            printf '  %-11s present   %s\n' "$part" "$(about "$part")" >&2
        else
            TODO+=("$part")
            printf '  %-11s missing   %s: %s\n' "$part" "$(about "$part")" "$(cost "$part")" >&2
            if [ "$part" = packages ]; then printf '  %-11s           %s\n' '' "${lacking//$'\n'/ }" >&2; fi
        fi
    done
}

CHECK='' WITH_TESTBED=yes
while [ $# -gt 0 ]; do
    case $1 in
    --check) CHECK=yes ;;
    --no-testbed) WITH_TESTBED='' ;;
    --kernel)
        [[ " ${TESTBED[*]} " == *" linux-${2:-} "* || ${2:-} =~ ^7\.[0-9]+$ ]] ||
            die "--kernel is followed by 6.12, 7.x, 6.1 or a 7.N: see $0 --help"
        TESTBED=(qemu "linux-$2")
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
if [ -n "$WITH_TESTBED" ]; then PARTS+=("${TESTBED[@]}"); fi

require_host
say "setup, with $CACHE as the cache folder:"
plan
if [ ${#TODO[@]} -eq 0 ]; then exit; fi
cache_can_be_written || die "$CACHE cannot be written: IMX_RPMSG_CACHE in the environment names another cache folder"
if [ -n "$CHECK" ]; then exit 3; fi
LACKING=()
for part in "${TODO[@]}"; do
    say "$part: $(about "$part")"
    status=0
    run_part "$part" || status=$?
    [ $status -ne 0 ] || continue
    LACKING+=("$part")
    case $part,$status in
    packages,4) ;; # only some of them, and what needs those will say so
    packages,* | rust,*) break ;;
    esac
done
if [ ${#LACKING[@]} -gt 0 ]; then
    for part in "${LACKING[@]}"; do warn "$part could not be set up: see above. Without it: $(without "$part")"; done
    die "not all could be set up; run this again to go on from here"
fi
say "setup is complete"
