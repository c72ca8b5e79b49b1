# SPDX-License-Identifier: MIT OR Apache-2.0
"""scripts/build.sh: which toolchain it takes, how it calls it, and what it says to bad input."""

import json

import pytest
from conftest import ROOT, write_program

JSON = ROOT / "link/xtensa-hifi4-none-elf.json"

# Notes how it was called, and leaves an "ELF" where cargo does.
CARGO = r"""
{
    printf 'cargo %s\n' "$0"
    printf 'arg %s\n' "$@"
    env | grep -E '^(RUSTC|RUSTC_BOOTSTRAP|IMX_RPMSG_BOARD|XTENSA_[A-Z]+|RUSTUP_[A-Z_]+|RUSTFLAGS)='
} >>"$RECORD"
while [ $# -gt 0 ]; do
    case $1 in
    --target) target=$(basename "$2" .json) ;;
    --target-dir) folder=$2 ;;
    --profile) profile=$2 ;;
    --bin) bin=$2 ;;
    esac
    shift
done
[ "$profile" != dev ] || profile=debug
mkdir -p "$folder/$target/$profile"
echo elf >"$folder/$target/$profile/$bin"
"""


def rustc(sysroot, version, llvm):
    return f"""
case $1 in
-V) echo "rustc {version} (0123 2026-01-01)" ;;
-vV) printf 'rustc {version}\\nLLVM version: {llvm}.1.0\\n' ;;
--print) echo {sysroot} ;;
esac
"""


class Toolchains:
    """Stand-ins of rustup, its toolchains and the private one."""

    def __init__(self, box):
        self.box = box
        self.names = []
        self.folder = box.home / ".rustup/toolchains"
        self.record = box.home / "record"

    def make(self, folder, version, llvm, src):
        write_program(folder / "bin/cargo", CARGO)
        write_program(folder / "bin/rustc", rustc(folder, version, llvm))
        if src:
            (folder / "lib/rustlib/src/rust/library/core").mkdir(parents=True)

    def rustup(self, name, version, llvm=22, src=True):
        self.names.append(name)
        self.make(self.folder / name, version, llvm, src)
        self.write_rustup()

    def write_rustup(self):
        listing = "\n".join(self.names) or "no installed toolchains"
        self.box.program("rustup", f"""
case $1-$2 in
toolchain-list) echo "{listing}" ;;
which---toolchain) [ -e {self.folder}/$3/bin/$4 ] && echo {self.folder}/$3/bin/$4 ;;
*) echo "rustup was told to $*" >&2; exit 9 ;;
esac""")

    def private(self):
        folder = self.box.cache / "private"
        self.make(folder, "1.98.1", 22, True)
        write_program(self.box.tree / "scripts/setup/rust.sh", f'[ "$1" = --path ] && echo {folder}/bin')

    def build(self, *arguments, **environment):
        return self.box.run("scripts/build.sh", *arguments, RECORD=str(self.record), **environment)

    def recorded(self, key):
        return [line.split(" ", 1)[1] for line in self.record.read_text().splitlines() if line.startswith(key + " ")]

    def environment(self):
        return dict(line.split("=", 1) for line in self.record.read_text().splitlines() if not line.startswith(("arg ", "cargo ")))


@pytest.fixture
def toolchains(box):
    for tool in ("llc-22", "clang-22", "xtensa-lx106-elf-ld", "cc"):
        box.program(tool, "exit 0")
    box.program("xtensa-lx106-elf-strip", 'cp "$3" "$2"')
    write_program(box.tree / "scripts/setup/rust.sh", "exit 1")
    return Toolchains(box)


def chosen(done):
    (line,) = (line for line in done.stderr.splitlines() if "toolchain: " in line)
    return line.split("toolchain: ", 1)[1]


def esp_compiler(box):
    box.program("xtensa-esp-elf-gcc", "[ $1 = -print-prog-name=ld ] && echo /esp/bin/ld")
    box.program("xtensa-esp-elf-strip", 'cp "$3" "$2"')


def test_esp_comes_first(toolchains, box):
    toolchains.rustup("esp", "1.90.0", src=False)
    toolchains.rustup("nightly", "1.99.0")
    toolchains.private()
    esp_compiler(box)
    done = toolchains.build("one")
    assert done.returncode == 0, done.stderr
    assert chosen(done).startswith("esp (")


def test_features_go_to_cargo_and_into_the_name(toolchains, box):
    toolchains.private()
    done = toolchains.build("one", "--features", "uart,other")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(box.tree / "target/firmware/one/rpmsg-demo+uart+other.elf")
    arguments = toolchains.recorded("arg")
    assert arguments[arguments.index("--features") + 1] == "firmware,uart,other"


def test_then_the_newest_rustup_toolchain_that_can(toolchains):
    toolchains.rustup("stable", "1.99.0")
    toolchains.rustup("nightly", "1.100.0-nightly")
    toolchains.rustup("old", "1.95.0")
    toolchains.private()
    done = toolchains.build("one")
    assert done.returncode == 0, done.stderr
    assert chosen(done).startswith("nightly (newest rustup toolchain")
    assert toolchains.recorded("cargo") == [f"{toolchains.folder}/nightly/bin/cargo"]


@pytest.mark.parametrize("toolchain, reason", [
    (("1.97.0",), "is 1.97.0, older than 1.98"),
    (("1.98.0", 22, False), "has no rust-src component"),
    (("1.99.0", 23), "has LLVM 23, newer than the LLVM 22"),
])
def test_then_the_private_one_with_the_reason(toolchains, toolchain, reason):
    toolchains.rustup("stable", *toolchain)
    toolchains.private()
    done = toolchains.build("one")
    assert done.returncode == 0, done.stderr
    assert chosen(done).startswith("private (no fit rustup toolchain: ")
    assert f"rustup's 'stable' {reason}" in chosen(done)


def test_private_without_any_rustup(toolchains):
    toolchains.private()
    done = toolchains.build("one")
    assert done.returncode == 0, done.stderr
    assert chosen(done) == "private (no fit rustup toolchain)"


def test_rustup_with_no_toolchain_is_as_none(toolchains):
    toolchains.write_rustup()
    toolchains.private()
    assert chosen(toolchains.build("one")) == "private (no fit rustup toolchain)"


def test_none_at_all_names_setup(toolchains):
    done = toolchains.build("one")
    assert done.returncode == 1
    assert "no Rust compiler for Xtensa" in done.stderr and "scripts/setup.sh" in done.stderr


def test_option_overrides(toolchains):
    toolchains.rustup("nightly", "1.99.0")
    toolchains.rustup("mine", "1.98.0")
    toolchains.private()
    assert chosen(toolchains.build("one", "--toolchain", "private")) == "private (asked for by --toolchain)"
    assert chosen(toolchains.build("one", "--toolchain", "mine")) == "mine (asked for by --toolchain)"


def test_option_with_an_unfit_toolchain_says_why(toolchains):
    toolchains.rustup("stable", "1.95.0")
    done = toolchains.build("one", "--toolchain", "stable")
    assert done.returncode == 1
    assert "toolchain 'stable' is 1.95.0, older than 1.98" in done.stderr


def test_option_with_an_unknown_toolchain_lists_them(toolchains):
    toolchains.rustup("stable", "1.99.0")
    done = toolchains.build("one", "--toolchain", "nope")
    assert done.returncode == 1
    assert "no toolchain 'nope': there are: stable and 'private'" in done.stderr


def test_option_private_when_absent_names_setup(toolchains):
    toolchains.rustup("nightly", "1.99.0")
    done = toolchains.build("one", "--toolchain", "private")
    assert done.returncode == 1
    assert "scripts/setup.sh" in done.stderr


def test_call_with_unforked_rust(toolchains, box):
    toolchains.private()
    done = toolchains.build("one", RUSTUP_TOOLCHAIN="stable", RUSTFLAGS="-Cfoo")
    assert done.returncode == 0, done.stderr
    arguments, environment = toolchains.recorded("arg"), toolchains.environment()
    assert arguments[arguments.index("--target") + 1] == str(box.tree / "link/xtensa-hifi4-none-elf.json")
    assert [arguments[i + 1] for i, a in enumerate(arguments) if a == "-Z"] == [
        "build-std=core", "build-std-features=compiler-builtins-mem", "json-target-spec"]
    assert environment["RUSTC"] == str(box.cache / "private/bin/rustc")
    assert environment["RUSTC_BOOTSTRAP"] == "1"
    assert environment["IMX_RPMSG_BOARD"] == "one"
    assert environment["XTENSA_FEATURES"] == json.loads(JSON.read_text())["features"]
    assert not {"XTENSA_CC", "RUSTUP_TOOLCHAIN", "RUSTFLAGS"} & environment.keys()


def test_call_with_the_esp_toolchain(toolchains, box):
    toolchains.rustup("esp", "1.90.0", src=False)
    esp_compiler(box)
    done = toolchains.build("one")
    assert done.returncode == 0, done.stderr
    arguments, environment = toolchains.recorded("arg"), toolchains.environment()
    assert arguments[arguments.index("--target") + 1] == "xtensa-esp32s2-none-elf"
    assert "json-target-spec" not in arguments
    configs = [arguments[i + 1] for i, a in enumerate(arguments) if a == "--config"]
    assert configs[0] == "target.xtensa-esp32s2-none-elf.linker='/esp/bin/ld'"
    assert "-Clink-arg=--no-relax" in configs[1]
    assert environment["XTENSA_CC"] == "xtensa-esp-elf-gcc"
    assert "XTENSA_FEATURES" not in environment


def test_esp_toolchain_without_its_c_compiler(toolchains):
    toolchains.rustup("esp", "1.90.0", src=False)
    done = toolchains.build("one")
    assert done.returncode == 1
    assert "'xtensa-esp-elf-gcc' is missing" in done.stderr and "--toolchain private" in done.stderr


def test_output_and_last_line(toolchains, box):
    toolchains.private()
    done = toolchains.build("--all", "--profile", "dev", "--bin", "other")
    assert done.returncode == 0, done.stderr
    elfs = [box.tree / f"target/firmware/{board}/other.elf" for board in ("one", "two")]
    assert done.stdout.splitlines() == [str(elf) for elf in elfs]
    assert all(elf.read_text() == "elf\n" for elf in elfs)


def test_desk_check_is_run_and_believed(toolchains, box):
    toolchains.private()
    (box.tree / "tools/check-elf").mkdir(parents=True)
    (box.tree / "tools/check-elf/Cargo.toml").touch()
    box.program("cargo", 'echo "checker: $*"; exit 1')
    done = toolchains.build("one")
    elf = box.tree / "target/firmware/one/rpmsg-demo.elf"
    assert done.returncode == 1
    assert f"checker: run -q -p check-elf -- --board one {elf}" in done.stderr
    assert "breaks the loader's rules" in done.stderr
    assert done.stdout == ""


def test_desk_check_that_is_missing_is_said(toolchains):
    toolchains.private()
    assert "was not checked" in toolchains.build("one").stderr


def test_failed_build(toolchains, box):
    toolchains.private()
    write_program(box.cache / "private/bin/cargo", "exit 101")
    done = toolchains.build("one")
    assert done.returncode == 1
    assert "the build of rpmsg-demo for one failed" in done.stderr
    assert not (box.tree / "target/firmware").exists()


@pytest.mark.parametrize("tool, package", [
    ("llc-22", "llvm-22"), ("clang-22", "clang-22"), ("xtensa-lx106-elf-ld", "binutils-xtensa-lx106"), ("cc", "gcc")])
def test_missing_tool_names_its_package(toolchains, box, tool, package):
    toolchains.private()
    (box.bin / tool).unlink()
    done = toolchains.build("one")
    assert done.returncode == 1
    assert f"'{tool}' is missing: install the Debian package '{package}'" in done.stderr


def test_list(box):
    done = box.run("scripts/build.sh", "--list")
    assert (done.returncode, done.stdout) == (0, "one\ntwo\n")


@pytest.mark.parametrize("arguments, message", [
    (["three"], "no board 'three'; the boards are: one two"),
    (["one", "three"], "no board 'three'; the boards are: one two"),
    ([], "which board? The boards are: one two"),
    (["one", "--profile", "fast"], "no profile 'fast': there are release and dev"),
    (["one", "--frob"], "unknown option '--frob'"),
    (["one", "--bin"], "--bin needs a value"),
])
def test_bad_input(box, arguments, message):
    done = box.run("scripts/build.sh", *arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stdout == ""
