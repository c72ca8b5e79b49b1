# shellcheck shell=bash
# Sourced by every script here: messages, the cache folder, and a private apt.
#
# Nothing in this file changes the user's system. The private apt keeps its lists and its
# downloads under the cache folder, verifies signatures with the Debian keyring of this machine,
# and takes the mirror from the machine's own apt sources.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Without HOME, as in a cron job, the shell knows the user's folder all the same.
CACHE=${IMX_RPMSG_CACHE:-${XDG_CACHE_HOME:-~/.cache}/imx-rpmsg}

say() {
    if [ -t 2 ]; then printf '\033[1m==>\033[0m %s\n' "$*"; else printf '==> %s\n' "$*"; fi >&2
}
warn() { printf 'warning: %s\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# usage_of FILE: prints the comment block at the head of a script, which is its --help text.
usage_of() { sed -n '2,/^[^#]/{/^#/!d;/^# SPDX/d;s/^# \{0,1\}//;p}' "$1"; }

# need COMMAND PACKAGE: dies with the name of the Debian package when COMMAND is missing.
need() {
    command -v "$1" >/dev/null 2>&1 ||
        die "'$1' is missing: install the Debian package '$2' (scripts/setup.sh does it)"
}

# lock NAME: until this process ends no other one is past its own `lock NAME` in this cache folder.
lock() {
    mkdir -p "$CACHE"
    exec 9>"$CACHE/$1.lock"
    flock --nonblock 9 || {
        say "$1: waiting for another run of this script"
        flock 9
    }
}

# hash_of ARG...: 16 hex digits over the arguments; files among them count by content.
hash_of() {
    local a
    for a in "$@"; do
        if [ -f "$a" ]; then
            sha256sum <"$a"
        else
            printf '%s\n' "$a" | sha256sum
        fi
    done | sha256sum | cut -c1-16
}

# The mirror that the machine's own apt uses for Debian's main archive.
debian_mirror() {
    local site
    site=$(apt-get indextargets --format '$(SITE) $(CODENAME)' 2>/dev/null |
        awk '$2 ~ /^(bookworm|trixie)$/ { print $1; exit }')
    [ -n "$site" ] || die "apt knows no Debian archive: check /etc/apt/sources.list and run apt-get update"
    printf '%s\n' "$site"
}

# kept PATTERN: of what is in the cache folder and matches, the newest by its name; fails when there is nothing.
kept() { compgen -G "$CACHE/$1" | sort -V | tail -n 1 | grep .; }

# papt SUITE ARCH ARG...: apt-get with lists of one suite of Debian's archive only.
# SUITE is bookworm, trixie, trixie-backports, trixie-all (both), sid or experimental (with sid and trixie-backports). The
# lists are fetched at first use and when older than a day or papt_outdated. Lists that cannot be read again are used as they are.
papt() { papt_run apt-get "$@"; }
papt_cache() { papt_run apt-cache "$@"; }
# Has all lists read again at their next use.
papt_outdated() {
    local fresh
    for fresh in "$CACHE"/apt/*/fresh; do [ ! -e "$fresh" ] || touch -d @0 "$fresh"; done
}

# papt_sources SUITE MIRROR: the lines of sources.list.
papt_sources() {
    local suite=$1 mirror=$2 opts="[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
    case $suite in
    bookworm | trixie)
        printf 'deb%s %s %s main\n' "" "$opts $mirror" "$suite" "-src" "$opts $mirror" "$suite"
        printf 'deb%s %s %s main\n' "" "$opts $mirror-security" "$suite-security" "-src" "$opts $mirror-security" "$suite-security"
        ;;
    trixie-backports) printf 'deb %s %s main\n' "$opts $mirror" "$suite" ;;
    trixie-all)
        printf 'deb %s %s main\n' "$opts $mirror" trixie "$opts $mirror" trixie-backports
        printf 'deb-src %s trixie-backports main\n' "$opts $mirror"
        ;;
    sid) printf 'deb%s %s sid main\n' "" "$opts $mirror" "-src" "$opts $mirror" ;;
    experimental)
        printf 'deb %s %s main\n' "$opts $mirror" sid "$opts $mirror" experimental "$opts $mirror" trixie-backports
        ;;
    *) die "papt: unknown suite $suite" ;;
    esac
}

papt_run() {
    local tool=$1 suite=$2 arch=$3 dir mirror
    shift 3
    dir=$CACHE/apt/$suite-$arch
    mkdir -p "$dir"/{state/lists/partial,cache/archives/partial,etc}
    if [ ! -e "$dir/fresh" ] || [ -n "$(find "$dir/fresh" -mmin +1440)" ]; then
        mirror=$(debian_mirror)
        papt_sources "$suite" "$mirror" >"$dir/etc/sources.list"
        : >"$dir/state/status"
        cat >"$dir/etc/apt.conf" <<CONF
Dir::State "$dir/state";
Dir::State::status "$dir/state/status";
Dir::Cache "$dir/cache";
Dir::Etc::sourcelist "$dir/etc/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Get::AllowUnauthenticated "false";
CONF
        say "reading the package lists of Debian $suite ($arch)"
        if APT_CONFIG=$dir/etc/apt.conf apt-get update -qq --error-on=any -o Debug::NoLocking=1 >"$dir/update.log" 2>&1; then
            touch "$dir/fresh"
        else
            cat "$dir/update.log" >&2
            [ -e "$dir/fresh" ] || die "cannot read the package lists of Debian $suite: see above (network?)"
            warn "cannot read the package lists of Debian $suite: see above (network?); those of an earlier day have to do"
            # For an hour.
            touch -d '-23 hours' "$dir/fresh"
        fi
    fi
    APT_CONFIG=$dir/etc/apt.conf "$tool" -o Debug::NoLocking=1 "$@"
}
