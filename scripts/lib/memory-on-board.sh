# shellcheck shell=sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The first part of the script that load.sh sends: whether the board's memory is what the firmware was built for.
#
# What the firmware wants comes in lines (`board memory`), with Linux's addresses:
#
#   carveout ROLE NAME ADDRESS SIZE [own]     own: the core's own memory, no RAM
#   segment ADDRESS SIZE                      of the ELF, outside the core's own memory
#
# Which node is meant is decided by the core's memory-region: two cores may have nodes of one name.
# Lowest address at which an i.MX has RAM.
FIRST_RAM=$((0x40000000))
DT=${DT:-/proc/device-tree}
IOMEM=${IOMEM:-/proc/iomem}

# differs WHAT: says and counts a difference.
differs() {
    echo "$*"
    DIFFERENCES=$((DIFFERENCES + 1))
}

# The bytes of a property as hexadecimal digits, by whichever of the tools the board has.
hex() {
    { od -An -v -tx1 "$1" || hexdump -v -e '1/1 "%02x"' "$1" || xxd -p "$1"; } 2>/dev/null | tr -d ' \n'
}

# The text of a property; nothing without one.
text() { [ ! -e "$1" ] || tr -d '\0' <"$1"; }

# field DIGITS FROM TO: the number that these digits are.
field() { echo "$((0x$(echo "$1" | cut -c"$2-$3")))"; }

address() { printf 0x%08x "$1"; }

span() { echo "$(address "$1") to $(address $(($1 + $2 - 1)))"; }

# reserved: a line "PHANDLE NAME ADDRESS SIZE MAPPED" for each range of each enabled node. MAPPED: yes without no-map.
reserved() {
    a=$((8 * $(field "$(hex "$DT/reserved-memory/#address-cells")" 1 8)))
    s=$((8 * $(field "$(hex "$DT/reserved-memory/#size-cells")" 1 8)))
    for node in "$DT"/reserved-memory/*/; do
        node=${node%/}
        [ -e "$node/reg" ] || continue
        case $(text "$node/status") in '' | ok | okay) ;; *) continue ;; esac
        name=${node##*/} mapped=yes
        [ ! -e "$node/no-map" ] || mapped=no
        reg=$(hex "$node/reg")
        while [ ${#reg} -ge $((a + s)) ]; do
            echo "$(hex "$node/phandle") ${name%%@*} $(field "$reg" 1 $a) $(field "$reg" $((a + 1)) $((a + s))) $mapped"
            reg=$(echo "$reg" | cut -c$((a + s + 1))-)
        done
    done
}

# of_core NODE: the lines of `reserved` in its memory-region, in that order.
of_core() {
    handles=$(hex "$1/memory-region")
    while [ -n "$handles" ]; do
        echo "$RESERVED" | grep "^$(echo "$handles" | cut -c1-8) "
        handles=$(echo "$handles" | cut -c9-)
    done
}

# holder LINES ADDRESS SIZE: the first of the lines whose range has all of it.
holder() {
    echo "$1" | while read -r handle name start size mapped; do
        if [ $(($2)) -ge "${start:-0}" ] && [ $(($2 + $3)) -le $((start + size)) ]; then
            echo "$handle $name $start $size $mapped"
        fi
    done | head -n 1
}

# same_place WHAT NAME ADDRESS SIZE: compares with `start`, `size` and `mapped` of the node that Linux takes.
same_place() {
    if [ "$start" -ne $(($3)) ]; then
        differs "reserved-memory: $1 is at $(address "$start"), the board file says $(address $(($3)))"
    elif [ "$size" -lt $(($4)) ] || { [ "$role" = buffer ] && [ "$size" -ne $(($4)) ]; }; then
        # Linux may place buffers anywhere in theirs, a ring at the start of its own.
        differs "reserved-memory: $1 has $(address "$size") bytes, the board file says $(address $(($4)))"
    fi
    not_mapped "$1" "$3" "$mapped"
}

# not_mapped WHAT ADDRESS MAPPED: the driver maps it with attributes that are impossible for memory that Linux has mapped
# as RAM.
not_mapped() {
    if [ "$3" = yes ] && [ $(($2)) -ge $FIRST_RAM ]; then
        differs "reserved-memory: $1 has no property no-map: Linux's driver cannot map it"
    fi
}

# in_iomem WHAT ADDRESS SIZE: whether Linux uses it as its own RAM, or the board has no RAM there.
in_iomem() {
    if [ -z "$RAM" ] || [ $(($2)) -lt $FIRST_RAM ]; then return; fi
    kept=$(($2)) last=$(($2 + $3 - 1)) used=no end=0
    while IFS= read -r line; do
        what_it_is=${line#* : } range=${line%% : *}
        range=${range##* }
        start=$((0x${range%-*})) stop=$((0x${range#*-}))
        case $line in ' '*) ;; *) end=$stop ;; esac
        case $what_it_is in
        System\ RAM) if [ $start -le $last ] && [ $stop -ge $(($2)) ]; then used=yes; fi ;;
        *) if [ $start -le $kept ] && [ $stop -ge $kept ]; then kept=$((stop + 1)); fi ;;
        esac
    done <<EOF
$RAM
EOF
    if [ $(($2)) -gt $end ]; then
        differs "iomem: $1, $(span "$2" "$3"), is no RAM of this board: it ends at $(address $end)"
    elif [ $used = yes ] && [ $kept -le $last ]; then
        differs "iomem: $1, $(span "$2" "$3"), is RAM that Linux uses itself"
    fi
}

# Compares a carveout, which is in `role`, `name`, `at`, `bytes` and `own`.
carveout() {
    if [ "$role" = buffer ]; then
        # Of several, Linux takes the first, whatever it is called.
        found=$(echo "$CORES" | head -n 1)
    else
        found=$(echo "$CORES" | grep -m 1 "^[^ ]* $name ")
    fi
    if [ -n "$found" ]; then
        read -r _ called start size mapped <<EOF
$found
EOF
        what=$name
        [ "$called" = "$name" ] || what="$called, the first memory-region of the core, for $name,"
        same_place "$what" "$name" "$at" "$bytes"
    elif [ "$role" != rsc-table ] && [ -n "$POOLS" ]; then
        echo "reserved-memory: the core has no $name: Linux takes other memory, which the board file allows in $POOLS"
        return
    elif [ "$role" = rsc-table ] && [ -n "$(holder "$RESERVED" "$at" "$bytes")" ]; then
        echo "reserved-memory: the core has no $name, but $(address $((at))) is set aside under another name"
        return
    else
        differs "reserved-memory: the core has no $name; the board file says $(address $((at)))"
    fi
    [ -n "$own" ] || in_iomem "$name" "$at" "$bytes"
}

# segment ADDRESS SIZE: looks for a segment of the image.
segment() {
    found=$(holder "$CORES" "$1" "$2")
    if [ -z "$found" ]; then
        differs "reserved-memory: the image, $(span "$1" "$2"), is in no memory-region of the core"
    else
        not_mapped "the image's $(echo "$found" | cut -d ' ' -f 2)" "$1" "${found##* }"
    fi
    in_iomem "the image" "$1" "$2"
}

# compare MEMORY NODE: false if what the firmware was built for differs from what is there. NODE is the core's.
compare() {
    DIFFERENCES=0
    if [ ! -d "$2" ] || [ ! -d "$DT/reserved-memory" ]; then
        echo "reserved-memory: not compared, as this kernel shows no device tree"
        return
    fi
    if [ -z "$(hex "$DT/reserved-memory/#address-cells")" ]; then
        echo "reserved-memory: not compared, as there is none of od, hexdump and xxd on the board"
        return
    fi
    RESERVED=$(reserved)
    CORES=$(of_core "$2")
    POOLS=$(echo "$1" | sed -n 's/^carveout pool \([^ ]*\) .*/\1/p' | tr '\n' ' ')
    POOLS=${POOLS% }
    # Without the capability to see them, all addresses are 0.
    RAM=$(grep -i -E ' : (system ram|reserved)$' "$IOMEM" 2>/dev/null | grep -v -E '^ *0+-0+ ')
    [ -n "$RAM" ] || echo "iomem: not compared, as $IOMEM shows no addresses"
    while read -r kind role name at bytes own; do
        case $kind in
        carveout) [ "$role" = pool ] || carveout ;;
        segment)
            segment "$role" "$name"
            ;;
        esac
    done <<EOF
$1
EOF
    [ "$DIFFERENCES" -eq 0 ]
}
