#!/usr/bin/env bash
# Makes a package for a firmware of your own: a program of under 30 lines that answers what Linux writes to
# /dev/ttyRPMSG0, and the Cargo.toml that it needs.
#
#   scripts/new-app.sh NAME [DIR]    DIR is NAME beside this tree by default; it must not exist, or be empty
#
# Then, of this tree:
#
#   scripts/build.sh --app DIR BOARD    build it, and check it against the loader's rules
#   scripts/demo.sh --app DIR           build it, and run it under an emulated Linux
#
# The package depends on this tree by its path: a tree that has moved must be named anew in DIR/Cargo.toml, in
# DIR/.cargo/config.toml, which has what a cargo of its own needs, and in DIR/.vscode/settings.json, which has what
# rust-analyzer needs (docs/write-an-app.md).

# SPDX-License-Identifier: MIT OR Apache-2.0
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"

manifest() {
    cat <<TOML
[package]
name = "$NAME"
version = "0.1.0"
edition = "2024"
publish = false

[dependencies]
imx-rpmsg = { path = "$LIBRARY", features = ["firmware"] }
log = { version = "0.4", default-features = false }

[features]
# The log goes to the board's UART too.
uart = ["imx-rpmsg/uart"]

# Of no workspace but its own, wherever it lies.
[workspace]

TOML
    # The same compiler settings as the library's own programs have.
    sed -n '/^\[profile\.release\]/,$p' "$ROOT/Cargo.toml"
}

program() {
    cat <<RUST
//! $NAME: what Linux writes to \`/dev/ttyRPMSG0\` comes back.
#![no_std]
#![no_main]

use imx_rpmsg::firmware::{Board, Deadline, watch};
use imx_rpmsg::rpmsg::Address;

imx_rpmsg::entry!(main);

fn main(mut board: Board) -> ! {
    log::info!("$NAME on {}, waiting for Linux", imx_rpmsg::board::NAME);
    let (link, mailbox) = board.link::<4>();
    let _tty = link.open("rpmsg-tty", Address::Dynamic).unwrap();
    mailbox.ready();
    let mut forever = Deadline::never(mailbox);
    watch(2000);
    loop {
        match link.receive_with_grants_until::<1>(&mut forever) {
            Ok((message, [mut reply])) => {
                let len = message.len();
                if reply.copy(0, &message, 0, len).is_ok() {
                    let _ = message.reply(reply, len);
                }
            }
            Err(event) => log::info!("{event}"),
        }
    }
}
RUST
}

# Names the linker and its scripts for a plain `cargo build` in DIR. Below this tree cargo reads the tree's own file too,
# and would pass each script twice.
cargo_config() {
    sed "1,/^\[target/{/^\[target/!d};s|\"scripts/xtensa-link\"|\"$LIBRARY/scripts/xtensa-link\"|" "$ROOT/.cargo/config.toml"
}

# The board's core decides what of the library there is; code for a Cortex-M differs from a HiFi4's in nothing that an
# app sees, and any rust-analyzer knows the target.
editor() {
    local check="[\"$ROOT/scripts/build.sh\", \"--check\", \"--app\", \"$DIR\", \"imx8mp-evk-m7\"]"
    cat <<JSON
{
    "rust-analyzer.cargo.target": "thumbv7em-none-eabihf",
    "rust-analyzer.cargo.buildScripts.overrideCommand": $check,
    "rust-analyzer.check.overrideCommand": $check
}
JSON
}

NAME='' DIR=''
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help)
        usage_of "$0"
        exit
        ;;
    -*) die "unknown option '$1': see $0 --help" ;;
    *) if [ -z "$NAME" ]; then NAME=$1; elif [ -z "$DIR" ]; then DIR=$1; else die "one name and one folder: see $0 --help"; fi ;;
    esac
    shift
done
[ -n "$NAME" ] || die "what is its name? See $0 --help"
[[ $NAME =~ ^[a-z][a-z0-9_-]*$ ]] ||
    die "'$NAME' is no name for a package: small letters, digits, - and _, a letter first"
# Cargo takes neither a package of a dependency's name nor one of the names that rustc has.
case $NAME in
imx-rpmsg | imx_rpmsg | log | core | std | alloc | test | proc-macro | proc_macro)
    die "'$NAME' is the name of a library: choose another" ;;
esac
DIR=${DIR:-$ROOT/../$NAME}
[ ! -e "$DIR" ] || { [ -d "$DIR" ] && [ -z "$(ls -A "$DIR")" ]; } || die "$DIR is there already"
case $ROOT in *[\"\\]*) die "cargo cannot be told of a path with \" or \\: $ROOT" ;; esac

mkdir -p "$DIR/src"
DIR=$(cd "$DIR" && pwd)
LIBRARY=$(realpath --relative-to="$DIR" "$ROOT")
manifest >"$DIR/Cargo.toml"
program >"$DIR/src/main.rs"
mkdir "$DIR/.vscode"
editor >"$DIR/.vscode/settings.json"
case $DIR/ in
"$ROOT"/*) ;;
*)
    mkdir "$DIR/.cargo"
    cargo_config >"$DIR/.cargo/config.toml"
    ;;
esac
echo /target >"$DIR/.gitignore"
# The versions that the library is tested with; cargo adds the app's own line.
cp "$ROOT/Cargo.lock" "$DIR/Cargo.lock"

say "$DIR/src/main.rs is the program; to build it, and to run it under an emulated Linux:"
printf '    %q --app %q%s\n' "$ROOT/scripts/build.sh" "$DIR" " imx8mp-evk-dsp" "$ROOT/scripts/demo.sh" "$DIR" ""
