#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Prepares Debian's Python for arm64, to be put into the emulated Linux: for the tests of examples/filter and of the
# commands in the documents; and the program that scp asks for on the board.
#
#   (none)     downloads and unpacks it when it is missing (7 MB and some seconds)
#   --check    only reports; exit status 3 when it is missing
#   --path     prints the folder: what goes below / of the guest
#   --help     this text

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

# The interpreter of bookworm, its standard library, the libraries it is linked with, and scp's server.
PACKAGES=(python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libc6 libexpat1 zlib1g openssh-sftp-server)
LIBRARIES=(ld-linux-aarch64.so.1 libc.so.6 libm.so.6 libexpat.so.1 libz.so.1)
# Of the standard library, what no program here asks for.
LEFT_OUT=(test lib2to3 idlelib ensurepip distutils tkinter multiprocessing asyncio xml sqlite3 unittest email http
    pydoc_data ctypes dbm curses wsgiref xmlrpc 'config-*')
# Of its compiled modules, the only ones kept: wave's and typing's.
COMPILED=(audioop _typing)

download() { cd "$1" && papt bookworm arm64 -qq download "${PACKAGES[@]}"; }

build() {
    local tmp name found stdlib older
    need dpkg-deb dpkg
    mkdir -p "$CACHE"
    tmp=$(mktemp -d "$OUT.XXXXXX")
    # shellcheck disable=SC2064 # the folder of this run, now
    trap "rm -rf '$tmp'" EXIT
    mkdir -p "$tmp"/{debs,all} "$tmp"/out/{bin,lib,usr/lib}
    say "Python for the emulated Linux: downloading"
    if ! (download "$tmp/debs" || { rm -f "$tmp"/debs/* && papt_outdated && download "$tmp/debs"; }) >&2; then
        older=$(kept "guest-python-????????????????") ||
            die "cannot download Python for arm64 from Debian: see above (network?), and none is in $CACHE; nothing was installed. \
Without it tests/linux_run/test_filter.py and tests/docs/test_commands.py do not run"
        warn "cannot download Python for arm64 from Debian: see above (network?); taking an earlier one, ${older##*/}"
        cp -a "$older" "$tmp/older" && mv -T "$tmp/older" "$OUT"
        return
    fi
    for name in "$tmp"/debs/*.deb; do dpkg-deb -x "$name" "$tmp/all"; done
    cp "$tmp/all/usr/bin/python3.11" "$tmp/out/bin/python3"
    cp "$tmp/all/usr/lib/openssh/sftp-server" "$tmp/out/usr/lib/sftp-server"
    for name in "${LIBRARIES[@]}"; do
        found=$(find "$tmp/all" -name "$name" | head -1)
        [ -n "$found" ] || die "Debian's packages for Python hold no $name"
        cp -L "$found" "$tmp/out/lib/$name"
    done
    stdlib=$tmp/out/usr/lib/python3.11
    cp -r "$tmp/all/usr/lib/python3.11" "$stdlib"
    # shellcheck disable=SC2086 # patterns
    for name in "${LEFT_OUT[@]}"; do rm -rf "${stdlib:?}"/$name; done
    mkdir "$tmp/compiled"
    for name in "${COMPILED[@]}"; do cp "$stdlib/lib-dynload/$name".*.so "$tmp/compiled/"; done
    rm -rf "$stdlib/lib-dynload"
    mv "$tmp/compiled" "$stdlib/lib-dynload"
    # Links lead out of the tree.
    find "$tmp/out" -type l -delete
    [ -e "$OUT" ] || mv "$tmp/out" "$OUT"
}

OUT=$CACHE/guest-python-$(hash_of "name guest-python.sh" "${BASH_SOURCE[0]}")
case ${1:-} in
--help | -h) usage_of "$0" ;;
--path) printf '%s\n' "$OUT" ;;
--check) [ -e "$OUT" ] || exit 3 ;;
'') [ -e "$OUT" ] || build ;;
*) die "unknown option '$1' (see $0 --help)" ;;
esac
