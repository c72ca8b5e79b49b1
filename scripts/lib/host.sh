# shellcheck shell=bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Sourced after common.sh: whether this machine is one that the set-up is made for.

OS_RELEASE=/etc/os-release

# This machine in words: "Ubuntu 24.04 LTS on x86_64".
host_name() {
    local name
    name=$(sed -n 's/^PRETTY_NAME="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$OS_RELEASE" 2>/dev/null) || true
    printf '%s on %s\n' "${name:-$(uname -s)}" "$(uname -m)"
}

is_debian_12() {
    [ "$(uname -s) $(uname -m)" = "Linux x86_64" ] &&
        grep -qsx 'ID="\{0,1\}debian"\{0,1\}' "$OS_RELEASE" && grep -qsx 'VERSION_ID="\{0,1\}12"\{0,1\}' "$OS_RELEASE"
}

# Dies on another machine, with what to do there.
require_host() {
    if is_debian_12 || [ -n "${IMX_RPMSG_ANY_HOST:-}" ]; then return; fi
    die "this is $(host_name); the set-up is made for Debian 12 on x86-64, with its packages, and was run nowhere else.
  In a virtual machine or container with Debian 12 it needs nothing but git. With Docker (not tried by us), in this folder:
    docker run --rm -it -v \"\$PWD\":/work -w /work debian:12 bash -c 'apt-get update && apt-get install --yes git ca-certificates && scripts/demo.sh'
  IMX_RPMSG_ANY_HOST=1 in the environment goes on all the same."
}
