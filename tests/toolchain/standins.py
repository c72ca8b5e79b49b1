# SPDX-License-Identifier: MIT OR Apache-2.0
"""Stand-ins of rustup, its toolchains and the C compilers, which note how they are called."""

from typing import NamedTuple

from conftest import write_program

# Notes how it was called, and leaves an "ELF" where cargo does.
CARGO = r"""
{
    printf 'cargo %s\n' "$0"
    printf 'arg %s\n' "$@"
    env | grep -E '^(RUSTC|RUSTDOC|RUSTC_BOOTSTRAP|IMX_RPMSG_BOARD|XTENSA_[A-Z]+|RUSTUP_[A-Z_]+|RUSTFLAGS)='
} >>"$RECORD"
[ "$1" = build ] || exit 0
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


class Call(NamedTuple):
    cargo: str  # the path of what was called
    arguments: list
    environment: dict  # of the variables that choose a compiler

    def values(self, option):
        """What follows each `option`."""
        return [self.arguments[i + 1] for i, a in enumerate(self.arguments) if a == option]


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

    def calls(self):
        """What cargo was told at each call, as `Call`s."""
        calls = []
        for line in self.record.read_text().splitlines():
            if line.startswith("cargo "):
                calls.append(Call(line.removeprefix("cargo "), [], {}))
            elif line.startswith("arg "):
                calls[-1].arguments.append(line.removeprefix("arg "))
            else:
                calls[-1].environment.update([line.split("=", 1)])
        return calls


def choices(done):
    """The toolchains that a build says it takes, in order."""
    return [line.split("toolchain: ", 1)[1] for line in done.stderr.splitlines() if "toolchain: " in line]


def chosen(done):
    (one,) = choices(done)
    return one


def esp_compiler(box):
    box.program("xtensa-esp-elf-gcc", "[ $1 = -print-prog-name=ld ] && echo /esp/bin/ld")
    box.program("xtensa-esp-elf-strip", 'cp "$3" "$2"')
