#!/usr/bin/env bash
# Unpacks Debian's newest rustc (1.98 or later), rustdoc, cargo, clippy and rust-src into the cache folder.
#
#   scripts/setup/rust.sh            install unless present
#   scripts/setup/rust.sh --check    exit status 0 when present, 3 when not; changes nothing
#   scripts/setup/rust.sh --path     print the folder that holds rustc, rustdoc and cargo
#
# About 170 MB are downloaded from Debian sid, experimental or trixie's backports, and 0.6 GB used on disk, in
# ~/.cache/imx-rpmsg. When none of them has one that will do, one that an earlier version of this script has unpacked is
# taken. Nothing is installed in the system; rustup and ~/.rustup are not touched.

# SPDX-License-Identifier: MIT OR Apache-2.0
set -euo pipefail
. "$(dirname "$0")/../lib/common.sh"
. "$ROOT/scripts/lib/toolchain.sh"

LIB=usr/lib/x86_64-linux-gnu
LOADER=$LIB/ld-linux-x86-64.so.2

# The linker and C compiler that rustc asks for when it builds for this machine are the machine's own.
write_status() {
    cat <<STATUS
Package: the-compilers-of-this-machine
Status: install ok installed
Version: 1
Architecture: amd64
Maintainer: none
Description: none
Provides: gcc, clang, c-compiler, libc-dev, binutils (= 99)

STATUS
}

# Versions of rustc in Debian, newest first, that are new enough.
candidate_versions() {
    papt_cache experimental amd64 madison rustc | awk -F' *[|] *' '{ print $2 }' | sort -urV |
        while read -r version; do
            if version_at_least "$version" "$RUST_MIN"; then echo "$version"; fi
        done
}

# apt_solve WORK VERSION ARG...: apt-get's own answer to what must be there for rustc to run.
apt_solve() {
    local work=$1 version=$2
    shift 2
    papt experimental amd64 -o Dir::State::status="$work/status" -o Dir::Cache::archives="$work/debs/" \
        install --yes --no-install-recommends "$@" \
        {rustc,cargo,rust-clippy,rust-src,libstd-rust-dev}="$version"
}

# pick_version WORK: the newest version whose LLVM is not newer than ours.
pick_version() {
    local work=$1 version llvm
    for version in $(candidate_versions); do
        llvm=$(apt_solve "$work" "$version" -qq --print-uris 2>"$work/solve.log" |
            sed -n 's/.* libllvm\([0-9]*\)_.*/\1/p') || continue
        if [ -n "$llvm" ] && [ "$llvm" -le "$LLVM_MAJOR" ]; then
            echo "$version"
            return
        fi
    done
    return 1
}

# download WORK: the packages to WORK/debs, the version to WORK/version.
download() {
    local work=$1
    pick_version "$work" >"$work/version" || return
    say "downloading rustc, rustdoc, cargo, clippy and rust-src $(cat "$work/version") from Debian (about 170 MB)"
    apt_solve "$work" "$(cat "$work/version")" -q --download-only >"$work/apt.log" 2>&1
}

# Debian deletes a package when it has a newer one, and our lists may be a day old.
refresh_if_stale() { grep -qs ' 404 ' "$1/apt.log" && papt_outdated; }

# An installation of another recipe that compiles all the same.
older() {
    local dir
    for dir in $(compgen -G "$CACHE/rust-*-????????????????" | sort -rV); do
        if [ ! -L "$dir" ] && works "$dir/usr/bin" 2>/dev/null; then
            printf '%s\n' "$dir"
            return
        fi
    done
    return 1
}

# Takes that one, if there is one.
take_older() {
    local dir name
    dir=$(older) || return
    name=${dir##*/}
    warn "no rustc >= $RUST_MIN with LLVM <= $LLVM_MAJOR can be had from Debian: taking the one in the cache, $name"
    ln -sfn "$name" "${dir%-*}-$(recipe)"
}

# Only what compiling needs: no documentation, no locales, and of rust-src the library alone.
unpack() {
    local work=$1 deb
    for deb in "$work"/debs/*.deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work/tree" --no-wildcards-match-slash \
            --exclude={./usr/share/*,./etc,./usr/lib/*/gconv} \
            --exclude=./usr/src/*/{src,compiler,tests,debian,RELEASES.md}
        rm "$deb"
    done
}

# The programs and libraries were linked against a newer Debian than this one, so they must use the
# loader and the libraries unpacked beside them. FINAL is where the tree is going to be.
relocate() {
    local tree=$1 final=$2 program library
    for program in rustc rustdoc cargo cargo-clippy clippy-driver; do
        patchelf --set-interpreter "$final/$LOADER" --force-rpath \
            --set-rpath "\$ORIGIN/../lib/x86_64-linux-gnu" "$tree/usr/bin/$program"
    done
    for library in "$tree/$LIB"/lib{LLVM,rustc_driver}*.so*; do
        [ -L "$library" ] || patchelf --force-rpath --set-rpath "\$ORIGIN" "$library"
    done
}

# Folders of finished installations made by this recipe, whatever version of rustc they hold.
recipe() { hash_of "$RUST_MIN" "$LLVM_MAJOR" "$(declare -f write_status apt_solve unpack relocate)"; }
installed() {
    local dir newest
    newest=$(for dir in "$CACHE"/rust-*-"$(recipe)"; do
        if [ -x "$dir/usr/bin/rustc" ]; then echo "$dir"; fi
    done | sort -V | tail -n 1)
    [ -n "$newest" ] && echo "$newest"
}

works() { "$1/cargo" -V >/dev/null && [ -z "$(rustc_unfit "$1/rustc")" ]; }

install() {
    local version final
    [ "$(dpkg --print-architecture)" = amd64 ] ||
        die "the private Rust toolchain exists for amd64 only: install rustc $RUST_MIN or later with rust-src through rustup"
    need patchelf patchelf
    lock rust
    if installed >/dev/null; then return; fi
    # Only a run that was killed leaves its folder behind.
    rm -rf "$CACHE"/rust.partial.*
    WORK=$(mktemp -d "$CACHE/rust.partial.XXXXXX")
    trap 'rm -rf "$WORK"' EXIT
    mkdir -p "$WORK"/{debs/partial,tree}
    write_status >"$WORK/status"

    download "$WORK" || { refresh_if_stale "$WORK" && download "$WORK"; } || {
        grep -hsE '^E:' "$WORK"/{solve,apt}.log | head -n 4 >&2 || true
        if take_older; then return; fi
        die "cannot get rustc >= $RUST_MIN with LLVM <= $LLVM_MAJOR from Debian sid, experimental and trixie's backports: \
see above (network?); nothing was installed. A rustup toolchain that is new enough will do (docs/toolchain.md)"
    }
    version=$(cat "$WORK/version")
    final=$CACHE/rust-${version%%+*}-$(recipe)
    say "unpacking into $final (about 0.6 GB)"
    unpack "$WORK"
    relocate "$WORK/tree" "$final"
    mv -T "$WORK/tree" "$final"
    if ! works "$final/usr/bin"; then
        rm -rf "$final"
        die "the unpacked rustc $version does not run on this machine; nothing was installed"
    fi
    say "$("$final/usr/bin/rustc" -V) installed"
}

case ${1:-} in
'') installed >/dev/null || install ;;
--check) installed >/dev/null || exit 3 ;;
--path)
    dir=$(installed) || die "the private Rust toolchain is not installed: run scripts/setup/rust.sh"
    echo "$dir/usr/bin"
    ;;
-h | --help) usage_of "$0" ;;
*) die "unknown argument '$1': see $0 --help" ;;
esac
