# shellcheck shell=sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The last part of the script that load.sh sends, after memory-on-board.sh and kernel-on-board.sh, for whatever sh is on
# the board:
#
#   sh -c EVAL-THIS load-on-board LENGTH load|look RPROC FILE SIZE SECONDS MEMORY yes|no [N]
#
# Standard input has LENGTH bytes of script, which EVAL-THIS reads, and then the firmware.
# RPROC is the name of the rproc's driver, N the number of the one that is meant. MEMORY is what the firmware was built
# for; with "yes" it is loaded although that differs from what is there. "look" changes nothing. A line
# "refused: WORD ..." and exit status 10 when it cannot be done; scripts/lib/refusals.sh knows the words.
MODE=$1 RPROC=$2 FILE=$3 SIZE=$4 SECONDS_TO_WATCH=$5 MEMORY=$6 FORCE=$7 NUMBER=${8:-}
DRIVER=$(echo "$RPROC" | tr - _)
CLASS=/sys/class/remoteproc
NEWLINE='
'

refuse() {
    echo "refused: $*"
    exit 10
}

# The driver of a remoteproc: imx_rproc of Linux 7.x does not give its own name to the rproc.
driver_of() {
    driver=$(readlink "$1/device/driver")
    echo "${driver##*/}"
}

# rprocs [DRIVER]: the folders of the remoteprocs of that driver, or of all.
rprocs() {
    for folder in "$CLASS"/remoteproc*; do
        [ -e "$folder/name" ] || continue
        if [ -z "${1:-}" ] || [ "$(driver_of "$folder")" = "$1" ]; then echo "$folder"; fi
    done
}

# present BUS DRIVER MODULE: whether the driver is there, or its module can be loaded.
present() {
    [ -e "/sys/bus/$1/drivers/$2" ] && return
    if [ "$MODE" = look ]; then modprobe -n "$3" 2>/dev/null; else modprobe "$3" 2>/dev/null; fi
}

find_rproc() {
    if [ -n "$NUMBER" ]; then
        FOUND=$CLASS/remoteproc$NUMBER
        [ "$(driver_of "$FOUND")" = "$RPROC" ] || refuse "no-remoteproc $RPROC with number $NUMBER"
        return
    fi
    FOUND=$(rprocs "$RPROC")
    if [ -z "$FOUND" ]; then
        # What the driver said when it looked at the device tree is the reason.
        dmesg | grep -i "$RPROC" | tail -n 20
        refuse "no-remoteproc $RPROC; there are: $(rprocs | while read -r other; do cat "$other/name"; done | tr '\n' ' ')"
    fi
    [ "$(echo "$FOUND" | wc -l)" -eq 1 ] || refuse "several $RPROC:" $FOUND
}

# Puts what comes by standard input where the kernel looks for firmware first.
store() {
    mkdir -p "$FOLDER" && cat >"$FOLDER/.$FILE.new" || refuse "no-write $FOLDER"
    got=$(wc -c <"$FOLDER/.$FILE.new")
    [ "$got" -eq "$SIZE" ] || refuse "short-copy: $got of $SIZE bytes"
    mv "$FOLDER/.$FILE.new" "$FOLDER/$FILE" || refuse "no-write $FOLDER/$FILE"
}

# The kernel's lines since the mark.
since() { dmesg | sed "1,/$MARK/d"; }

# The firmware's whole lines, beginning with the oldest one that is left: a full log has the newest lines before the seam
# (src/console/trace.rs).
SEAM='^~~~~ older lines follow ~~~~$'
trace() {
    log=$(cat "/sys/kernel/debug/remoteproc/${FOUND##*/}/trace0" 2>/dev/null && echo .) || return 0
    log=${log%.}
    if printf %s "$log" | grep -q "$SEAM"; then
        printf %s "$log" | sed "1,/$SEAM/d"
        printf %s "$log" | sed "/$SEAM/,\$d"
    else
        printf %s "${log%"${log##*"$NEWLINE"}"}"
    fi | grep .
}

# watch SECONDS: shows what kernel and firmware say that was not shown yet.
watch() {
    lines=0 last='' left=$1
    while :; do
        since | tail -n +$((lines + 1)) >/tmp/load-on-board.$$
        lines=$((lines + $(wc -l </tmp/load-on-board.$$)))
        cat /tmp/load-on-board.$$
        trace >/tmp/load-on-board.$$
        shown=$(grep -nxFe "$last" /tmp/load-on-board.$$ | tail -n 1)
        tail -n +$((${shown%%:*} + 1)) /tmp/load-on-board.$$ | sed 's/^/firmware: /'
        last=$(tail -n 1 /tmp/load-on-board.$$)
        rm -f /tmp/load-on-board.$$
        [ "$left" -gt 0 ] || break
        left=$((left - 1))
        sleep 1
    done
}

[ "$(id -u)" = 0 ] || refuse not-root
say_kernel "$RPROC"
[ -d "$CLASS" ] || refuse no-remoteproc-at-all
present platform "$RPROC" "$DRIVER" || [ -n "$(rprocs "$RPROC")" ] || refuse "no-driver $DRIVER"
present virtio virtio_rpmsg_bus virtio_rpmsg_bus || refuse "no-module virtio_rpmsg_bus"
find_rproc
STATE=$(cat "$FOUND/state")
FOLDER=$(cat /sys/module/firmware_class/parameters/path 2>/dev/null)
FOLDER=${FOLDER:-/lib/firmware}
echo "$FOUND is $RPROC, $STATE"
case $STATE in detached | suspended) refuse "$STATE" ;; esac
if ! compare "$MEMORY" "$FOUND/device/of_node"; then
    [ "$FORCE" = yes ] || refuse "other-memory: differences: $DIFFERENCES"
    echo "loaded nevertheless, as --force says"
fi
if [ "$MODE" = look ]; then
    echo "would write $FOLDER/$FILE, $SIZE bytes"
    [ "$STATE" = offline ] || echo "would stop $FOUND"
    echo "would start $FOUND with it"
    exit
fi

store
[ -d /sys/kernel/debug/remoteproc ] || mount -t debugfs debug /sys/kernel/debug 2>/dev/null
MARK="load.sh $$: $FILE"
echo "$MARK" >/dev/kmsg
if [ "$STATE" != offline ]; then
    { echo stop >"$FOUND/state"; } 2>&1 || refuse "no-stop, it is $(cat "$FOUND/state")"
fi
{ printf %s "$FILE" >"$FOUND/firmware"; } 2>&1 || refuse "start: the name $FILE"
if ! { echo start >"$FOUND/state"; } 2>&1; then
    since
    refuse "start: the core is $(cat "$FOUND/state")"
fi
watch "$SECONDS_TO_WATCH"
STATE=$(cat "$FOUND/state")
[ "$STATE" = running ] || refuse "not-running: it is $STATE"
if since | grep -q 'kick: failed .*err:-62'; then refuse "no-answer"; fi
echo "$FOUND is running $FILE"
