#!/usr/bin/env bash
# Builds the firmware of one or more boards and checks each ELF against the loader's rules.
#
#   scripts/build.sh BOARD...       the boards by name: boards/NAME.toml
#   scripts/build.sh --all          every board
#   scripts/build.sh --list         the names of the boards
#
#   --toolchain NAME    esp, private, or a rustup toolchain; else the first of: esp (HiFi4 boards alone), the
#                       newest rustup toolchain that can (rustc 1.98 or later with rust-src), private
#   --profile NAME      release (default) or dev
#   --bin NAME          the program to build: rpmsg-demo (default), rpmsg-echo, rpmsg-wait, rpmsg-halves, rpmsg-filter,
#                       rpmsg-embassy (with feature embassy), rpmsg-selftest, rpmsg-bench
#   --features LIST     cargo features beside "firmware", with commas: uart, shell, nxp-names, embassy, driver-role
#   --app DIR           build the package in DIR (scripts/new-app.sh makes one): --bin is its name by default,
#                       --features are its own
#
# Instead of a build, with unforked toolchains alone:
#
#   --check             look for errors, and print them as cargo's JSON on standard output, as editors want it
#                       (docs/write-an-app.md)
#   --lint              run clippy on the library and the program, every finding an error
#   --doc               make the library's manual (scripts/doc.sh); its first page is the last line on standard output
#
# The ELF is put at target/firmware/BOARD/NAME.elf of this tree or of the app (NAME+FEATURE.elf with features), as
# small as it is loaded, and beside it NAME.debug with symbols for gdb and addr2line; for a Cortex-M also NAME.bin, the flat
# image, and where U-Boot can start the core NAME.uboot, the commands for it. The ELF's path is the last line on
# standard output.

# SPDX-License-Identifier: MIT OR Apache-2.0
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$ROOT/scripts/lib/toolchain.sh"
. "$ROOT/scripts/lib/boards.sh"

TARGET_JSON=$ROOT/link/xtensa-hifi4-none-elf.json
ESP_TARGET=xtensa-esp32s2-none-elf
# A folder of its own: the host's builds and the firmware's use different compilers and must not
# wait for each other's lock.
BUILD_DIR=$ROOT/target/boards

# target_of BOARD: the target for the board's core. A board file that names none is refused as the build
# would refuse it, with the line and what to write.
target_of() {
    local core
    core=$(sed -n "s/^core *= *[\"']\\([^\"']*\\)[\"'].*/\\1/p" "$ROOT/boards/$1.toml")
    case $core in
    hifi4) echo xtensa-hifi4-none-elf ;;
    cortex-m4 | cortex-m7) echo thumbv7em-none-eabihf ;;
    cortex-m33) echo thumbv8m.main-none-eabihf ;;
    *)
        board_tool show "$1" >&2 || die "boards/$1.toml is refused: see above"
        die "there is no target for core '$core' of boards/$1.toml"
        ;;
    esac
}

target_features() {
    /usr/bin/python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["features"])' "$TARGET_JSON"
}

# An app asks for "firmware" itself.
cargo_features() { if [ "$PACKAGE" = "$ROOT" ]; then echo "firmware${FEATURES:+,$FEATURES}"; else echo "$FEATURES"; fi; }

# cargo_build TARGET ARG...: what both kinds of toolchain have in common. Cargo is called by path and
# told its compiler, so rustup's proxies and rust-toolchain.toml have no say (its subcommand clippy is found by
# PATH); it is called in this tree, so that .cargo/config.toml holds for an app too.
cargo_build() {
    local target=$1 verb=(build --bin "$BIN") lints=() output=2 library=()
    shift
    # An app is a program alone.
    if [ "$PACKAGE" = "$ROOT" ]; then library=(--lib); fi
    case $VERB in
    lint) verb=(clippy "${library[@]}" --bin "$BIN") lints=(-- -D warnings) ;;
    check) verb=(check "${library[@]}" --bin "$BIN" --message-format=json) output=1 ;;
    doc) verb=(doc --lib --no-deps) ;;
    esac
    (
        cd "$ROOT"
        PATH=$(dirname "$TOOLCHAIN_CARGO"):$PATH
        unset RUSTUP_TOOLCHAIN RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
        export RUSTC=$TOOLCHAIN_RUSTC RUSTDOC=${TOOLCHAIN_RUSTC%/*}/rustdoc RUSTC_BOOTSTRAP=1
        "$TOOLCHAIN_CARGO" "${verb[@]}" --manifest-path "$PACKAGE/Cargo.toml" --target "$target" \
            --target-dir "$BUILD_DIR" --profile "$PROFILE" --features "$(cargo_features)" -Z build-std=core \
            -Z build-std-features=compiler-builtins-mem "$@" "${lints[@]}" >&$output 9>&-
    )
}

build_xtensa_unforked() {
    need /usr/bin/python3 python3
    need llc-22 llvm-22
    need clang-22 clang-22
    need xtensa-lx106-elf-ld binutils-xtensa-lx106
    need xtensa-lx106-elf-strip binutils-xtensa-lx106
    need cc gcc
    STRIP=xtensa-lx106-elf-strip
    XTENSA_FEATURES=$(target_features) cargo_build "$TARGET_JSON" -Z json-target-spec
}

# Espressif's LLVM writes right objects, so neither our target description nor xtensa-link is
# wanted. Its GNU ld gets the same arguments as ours, and build.rs finds its C compiler in XTENSA_CC.
build_xtensa_esp() {
    local gcc=xtensa-esp-elf-gcc ld
    command -v "$gcc" >/dev/null 2>&1 ||
        die "'$gcc' is missing: it comes with the esp toolchain (source the export-esp.sh of espup), or use --toolchain private"
    ld=$("$gcc" -print-prog-name=ld)
    TARGET=$ESP_TARGET STRIP=xtensa-esp-elf-strip
    XTENSA_CC=$gcc cargo_build "$ESP_TARGET" \
        --config "target.$ESP_TARGET.linker='$ld'" \
        --config "target.$ESP_TARGET.rustflags=['-Clinker-flavor=ld', '-Clink-arg=--no-relax', '-Clink-arg=--gc-sections']"
}

build_thumb_unforked() {
    need ld.lld-22 lld-22
    need clang-22 clang-22
    need llvm-strip-22 llvm-22
    need llvm-objcopy-22 llvm-22
    need cc gcc
    STRIP="llvm-strip-22"
    cargo_build "$TARGET" --config "target.$TARGET.linker='ld.lld-22'"
}

# The flat image of a Cortex-M's ELF, and U-Boot's commands where it can start the core: flat_image BOARD ELF
# By the section .loaded_as the firmware knows whether a boot loader has started it: only then it writes its resource table.
flat_image() {
    local bin=${2%.elf}.bin
    printf flat >"$bin.mark"
    # In two steps: with -O binary llvm-objcopy leaves the section as it is.
    llvm-objcopy-22 --update-section ".loaded_as=$bin.mark" "$2" "$bin.elf" && llvm-objcopy-22 -O binary "$bin.elf" "$bin" ||
        die "no flat image can be made of $2: see above"
    rm "$bin.mark" "$bin.elf"
    grep -q '^\[uboot\]' "$ROOT/boards/$1.toml" || return 0
    board_tool uboot "$1" "$(basename "$bin")" >"${2%.elf}.uboot" || die "boards/$1.toml is refused: see above"
    say "for U-Boot: $bin, by the commands in ${bin%.bin}.uboot"
}

print_size() {
    local size
    size=$(command -v llvm-size-22 || command -v size) || return 0
    "$size" -A "$1" | awk '
        $1 ~ /^\.(debug|comment|xt|xtensa|symtab|strtab|shstrtab|ARM)/ { next }
        $2 ~ /^[0-9]+$/ && $2 > 0 && $1 != "Total" { printf "    %-18s %8d  at 0x%x\n", $1, $2, $3 }' >&2
}

# choose_toolchain TARGET: says what it takes when that is another one than for the board before.
choose_toolchain() {
    local only='' before=${TOOLCHAIN_NAME:-}
    case $1 in thumb*) only=unforked ;; esac
    pick_toolchain "$TOOLCHAIN" $only
    [ "$TOOLCHAIN_NAME" = "$before" ] || say "toolchain: $TOOLCHAIN_NAME ($TOOLCHAIN_WHY)"
}

# What cargo leaves in BUILD_DIR has neither board nor package in its path, so a build there keeps all others out until its
# ELF is copied.
hold_build_dir() {
    mkdir -p "$BUILD_DIR"
    exec 9>"$BUILD_DIR/build.lock"
    flock --nonblock 9 || {
        say "another build is under way in $BUILD_DIR: waiting for it"
        flock 9
    }
}

# compile BOARD: leaves BUILD_DIR held; sets TARGET and STRIP to what the board's core needs.
compile() {
    local family=xtensa
    # Set anew by a kind of build that has another.
    TARGET=$(target_of "$1") || exit
    case $TARGET in thumb*) family=thumb ;; esac
    choose_toolchain "$TARGET"
    [ $VERB != lint ] || [ -x "$(dirname "$TOOLCHAIN_CARGO")/cargo-clippy" ] ||
        die "toolchain $TOOLCHAIN_NAME has no clippy: add rustup's component clippy to it, or use --toolchain private"
    [ $VERB = build ] || [ "$TOOLCHAIN_KIND" = unforked ] ||
        die "toolchain $TOOLCHAIN_NAME builds and does no more: use --toolchain private"
    case $VERB in
    doc) say "making the manual for $1" ;;
    *) say "${VERB}ing $BIN for $1" ;;
    esac
    export IMX_RPMSG_BOARD=$1
    hold_build_dir
    "build_${family}_$TOOLCHAIN_KIND" || die "the $VERB of $BIN for $1 failed: see above"
}

# build_board BOARD: prints the path of the ELF.
build_board() {
    local board=$1 folder=$PROFILE
    local elf=$PACKAGE/target/firmware/$1/$BIN${FEATURES:+"+${FEATURES//,/+}"}.elf
    compile "$board"
    if [ "$PROFILE" = dev ]; then folder=debug; fi
    mkdir -p "$(dirname "$elf")"
    cp "$BUILD_DIR/$TARGET/$folder/$BIN" "${elf%.elf}.debug"
    "$STRIP" -o "$elf.new" "${elf%.elf}.debug"
    mv "$elf.new" "$elf"
    exec 9>&-
    desk_check "$board" "$elf"
    if [[ $TARGET = thumb* ]]; then flat_image "$board" "$elf"; fi
    print_size "$elf"
    echo "$elf"
}

# use_app DIR: the app's folder in PACKAGE, and its name in BIN unless that is chosen.
use_app() {
    local library
    PACKAGE=$(package_in "$1") || exit
    # Library and board files would be of the one tree, linker's flags and the desk check of the other.
    library=$(sed -n 's/^imx-rpmsg *=.*path *= *"\([^"]*\)".*/\1/p' "$PACKAGE/Cargo.toml")
    [ -z "$library" ] || [ "$(cd "$PACKAGE" && cd "$library" 2>/dev/null && pwd -P)" = "$(cd "$ROOT" && pwd -P)" ] ||
        die "$PACKAGE/Cargo.toml names another imx-rpmsg, $library: name this tree there, $ROOT, or use the scripts of that one"
    [ -n "$BIN" ] || BIN=$(package_name "$PACKAGE")
}

BOARDS=() TOOLCHAIN='' PROFILE=release BIN='' FEATURES='' PACKAGE=$ROOT APP='' VERB=build
while [ $# -gt 0 ]; do
    case $1 in
    --list)
        boards
        exit
        ;;
    --all) mapfile -t BOARDS < <(boards) ;;
    --lint | --check | --doc) VERB=${1#--} ;;
    --toolchain | --profile | --bin | --features | --app)
        [ $# -ge 2 ] || die "$1 needs a value: see $0 --help"
        case $1 in
        --toolchain) TOOLCHAIN=$2 ;;
        --profile) PROFILE=$2 ;;
        --bin) BIN=$2 ;;
        --features) FEATURES=$2 ;;
        --app) APP=$2 ;;
        esac
        shift
        ;;
    -h | --help)
        usage_of "$0"
        exit
        ;;
    -*) die "unknown option '$1': see $0 --help" ;;
    *) BOARDS+=("$1") ;;
    esac
    shift
done
[ ${#BOARDS[@]} -gt 0 ] || die "which board? The boards are: $(boards | tr '\n' ' ')(or --all)"
case $PROFILE in release | dev) ;; *) die "no profile '$PROFILE': there are release and dev" ;; esac
for board in "${BOARDS[@]}"; do require_board "$board"; done
if [ -n "$APP" ]; then use_app "$APP"; fi
BIN=${BIN:-rpmsg-demo}

for board in "${BOARDS[@]}"; do
    if [ $VERB = build ]; then build_board "$board"; else compile "$board"; fi
    if [ $VERB = doc ]; then echo "$BUILD_DIR/$TARGET/doc/imx_rpmsg/index.html"; fi
done
