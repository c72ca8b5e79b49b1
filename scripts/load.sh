#!/usr/bin/env bash
# Loads a firmware into a board's core over ssh: checks the ELF here, finds the core's remoteproc there, copies the
# file, stops what runs, starts it, and shows what kernel and firmware say. When Linux refuses: why, and what to do.
#
#   scripts/load.sh [--board BOARD] [--dry-run] [--force] user@host firmware.elf
#
#   --board BOARD       one of scripts/build.sh --list; by default the name of the folder that the ELF is in
#   --dry-run           check the ELF and look at the board, change nothing
#   --force             load it although the board's memory is not what the firmware was built for
#   --watch SECONDS     go on showing what both say for so long after the start (2)
#   --remoteproc N      which /sys/class/remoteproc/remoteprocN, where several cores have one driver
#   --sudo              be root on the board by sudo, which must not ask for a password
#   -o OPTION           an option for ssh, as ssh has it
#
# One ssh connection is made; nothing is needed on the board but a shell, dmesg and modprobe. Exit status 0: it runs.

# SPDX-License-Identifier: MIT OR Apache-2.0
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$ROOT/scripts/lib/toolchain.sh"
. "$ROOT/scripts/lib/boards.sh"
. "$ROOT/scripts/lib/refusals.sh"

# quoted ARG...: for the shell on the board.
quoted() {
    local argument
    for argument in "$@"; do printf "'%s' " "${argument//\'/\'\\\'\'}"; done
}

board_property() { board_tool show "$BOARD" | sed -n "s/^$1=//p"; }

BOARD='' MODE=load WATCH=2 FORCE=no NUMBER='' SUDO=() SSH=(ssh -T) HOST='' ELF=''
while [ $# -gt 0 ]; do
    case $1 in
    --board | --watch | --remoteproc | -o)
        [ $# -ge 2 ] || die "$1 needs a value: see $0 --help"
        case $1 in
        --board) BOARD=$2 ;;
        --watch) WATCH=$2 ;;
        --remoteproc) NUMBER=$2 ;;
        -o) SSH+=(-o "$2") ;;
        esac
        shift
        ;;
    --dry-run) MODE=look ;;
    --force) FORCE=yes ;;
    --sudo) SUDO=(sudo -n) ;;
    -h | --help)
        usage_of "$0"
        exit
        ;;
    -*) die "unknown option '$1': see $0 --help" ;;
    *) if [ -z "$HOST" ]; then HOST=$1; elif [ -z "$ELF" ]; then ELF=$1; else die "one board and one ELF: see $0 --help"; fi ;;
    esac
    shift
done
[ -n "$ELF" ] || die "which board, and which firmware? See $0 --help"
if [ ! -f "$ELF" ]; then
    [ ! -f "$HOST" ] || die "first the board, then the ELF: $0 $ELF $HOST"
    die "there is no file $ELF; scripts/build.sh BOARD makes target/firmware/BOARD/rpmsg-demo.elf"
fi
for number in "$WATCH" "${NUMBER:-0}"; do
    [[ $number =~ ^[0-9]+$ ]] || die "'$number' is no number: see $0 --help"
done
need ssh openssh-client
ELF=$(realpath "$ELF")
[[ $(basename "$ELF") =~ ^[A-Za-z0-9._+-]+$ ]] || die "rename $ELF: letters, digits and . _ + - alone"
if [ -z "$BOARD" ]; then
    BOARD=$(basename "$(dirname "$ELF")")
    [ -e "$ROOT/boards/$BOARD.toml" ] || die "for which board is $ELF? --board, one of: $(boards | tr '\n' ' ')"
fi
require_board "$BOARD"
desk_check "$BOARD" "$ELF"
[ "$(board_property linux_starts)" = yes ] || die "Linux cannot start the core of $BOARD: its boot loader does"
DRIVER=$(board_property loader)

memory=$(board_tool memory "$BOARD" "$ELF") || die "no memory of $BOARD to compare with: see above"

script=$(cat "$ROOT"/scripts/lib/{memory,kernel,load}-on-board.sh | grep -v '^#')
# The script comes before the file, as dropbear takes no command of more than 9000 bytes. dd takes no byte more.
# shellcheck disable=SC2016
start='script=$(dd bs=1 count="$1" 2>/dev/null); shift; eval "$script"'
command=$(quoted "${SUDO[@]}" sh -c "$start" load-on-board "${#script}" \
    "$MODE" "${DRIVER//_/-}" "$(basename "$ELF")" "$(stat -c %s "$ELF")" "$WATCH" "$memory" "$FORCE" $NUMBER)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
say "$HOST: $(basename "$ELF") for $BOARD"
status=0
# A board that dies meanwhile must not be waited for; of two values ssh takes the first.
SSH+=(-o ConnectTimeout=30 -o ServerAliveInterval=10 -o ServerAliveCountMax=6)
input=$ELF
[ "$MODE" = load ] || input=/dev/null
{ printf %s "$script" && cat "$input"; } | "${SSH[@]}" "$HOST" "$command" 2>&1 | tee "$log" || status=$?
[ "$status" -ne 0 ] || exit 0
explain "$BOARD" "$DRIVER" "$log" >&2 || case $status in
255) die "no connection to $HOST: see above" ;;
*) die "$HOST gave exit status $status: see above" ;;
esac
exit 1
