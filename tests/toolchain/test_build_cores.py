# SPDX-License-Identifier: MIT OR Apache-2.0
"""scripts/build.sh: compiler, target, flags and linker by a board's core and by the kind of toolchain."""

import json

import pytest
from conftest import ROOT
from standins import choices, chosen, esp_compiler

JSON = ROOT / "link/xtensa-hifi4-none-elf.json"
THUMB = {"cortex-m4": "thumbv7em-none-eabihf", "cortex-m7": "thumbv7em-none-eabihf", "cortex-m33": "thumbv8m.main-none-eabihf"}


@pytest.fixture
def esp(toolchains, box):
    """rustup has esp, and a toolchain that is fit for all cores."""
    toolchains.rustup("esp", "1.90.0", src=False)
    toolchains.rustup("nightly", "1.99.0")
    esp_compiler(box)
    return toolchains


def test_esp_comes_first_for_a_hifi4(esp):
    esp.private()
    done = esp.build("one")
    assert done.returncode == 0, done.stderr
    assert chosen(done).startswith("esp (")


def test_hifi4_with_the_esp_toolchain(esp):
    done = esp.build("one")
    assert done.returncode == 0, done.stderr
    (call,) = esp.calls()
    assert call.cargo == f"{esp.folder}/esp/bin/cargo"
    assert call.values("--target") == ["xtensa-esp32s2-none-elf"]
    assert "json-target-spec" not in call.arguments
    linker, flags = call.values("--config")
    assert linker == "target.xtensa-esp32s2-none-elf.linker='/esp/bin/ld'"
    assert flags.startswith("target.xtensa-esp32s2-none-elf.rustflags=")
    assert "-Clinker-flavor=ld" in flags and "-Clink-arg=--no-relax" in flags and "-Clink-arg=--gc-sections" in flags
    assert call.environment["RUSTC"] == f"{esp.folder}/esp/bin/rustc"
    assert call.environment["RUSTC_BOOTSTRAP"] == "1"
    assert call.environment["XTENSA_CC"] == "xtensa-esp-elf-gcc"
    assert "XTENSA_FEATURES" not in call.environment


def test_hifi4_with_unforked_rust(toolchains, box):
    toolchains.private()
    done = toolchains.build("one", RUSTUP_TOOLCHAIN="stable", RUSTFLAGS="-Cfoo")
    assert done.returncode == 0, done.stderr
    (call,) = toolchains.calls()
    assert call.values("--target") == [str(box.tree / "link/xtensa-hifi4-none-elf.json")]
    assert call.values("-Z") == ["build-std=core", "build-std-features=compiler-builtins-mem", "json-target-spec"]
    assert call.environment["RUSTC"] == str(box.cache / "private/bin/rustc")
    assert call.environment["RUSTC_BOOTSTRAP"] == "1"
    assert call.environment["IMX_RPMSG_BOARD"] == "one"
    assert call.environment["XTENSA_FEATURES"] == json.loads(JSON.read_text())["features"]
    assert not {"XTENSA_CC", "RUSTUP_TOOLCHAIN", "RUSTFLAGS"} & call.environment.keys()


@pytest.mark.parametrize("core", THUMB)
def test_cortex_m_never_takes_esp(esp, box, core):
    box.board("arm", core)
    done = esp.build("arm")
    assert done.returncode == 0, done.stderr
    assert chosen(done).startswith("nightly (newest rustup toolchain")
    (call,) = esp.calls()
    assert call.cargo == f"{esp.folder}/nightly/bin/cargo"
    assert call.values("--target") == [THUMB[core]]
    assert call.values("--config") == [f"target.{THUMB[core]}.linker='ld.lld-22'"]
    assert call.values("-Z") == ["build-std=core", "build-std-features=compiler-builtins-mem"]
    assert call.environment["RUSTC"] == f"{esp.folder}/nightly/bin/rustc"
    assert call.environment["IMX_RPMSG_BOARD"] == "arm"
    assert not {"XTENSA_CC", "XTENSA_FEATURES"} & call.environment.keys()


def test_cortex_m_with_esp_alone_takes_the_private_toolchain(toolchains, box):
    toolchains.rustup("esp", "1.99.0")
    toolchains.private()
    box.board("arm", "cortex-m7")
    assert chosen(toolchains.build("arm")).startswith("private (no fit rustup toolchain")


def test_cortex_m_with_esp_asked_for_is_refused(esp, box):
    box.board("arm", "cortex-m33")
    done = esp.build("arm", "--toolchain", "esp")
    assert done.returncode == 1
    assert "'esp' builds for Xtensa cores alone" in done.stderr and "leave --toolchain out" in done.stderr
    assert not esp.record.exists()


def test_several_boards_in_one_call_pick_each_its_own(esp, box):
    box.board("arm", "cortex-m7")
    done = esp.build("one", "arm", "two")
    assert done.returncode == 0, done.stderr
    assert [call.values("--target") for call in esp.calls()] == [
        ["xtensa-esp32s2-none-elf"], [THUMB["cortex-m7"]], ["xtensa-esp32s2-none-elf"]]
    assert [call.environment["IMX_RPMSG_BOARD"] for call in esp.calls()] == ["one", "arm", "two"]
    assert [choice.split()[0] for choice in choices(done)] == ["esp", "nightly", "esp"]
    assert done.stdout.splitlines() == [
        str(box.tree / f"target/firmware/{board}/rpmsg-demo.elf") for board in ("one", "arm", "two")]


def test_one_toolchain_for_all_is_said_once(toolchains, box):
    toolchains.private()
    box.board("arm", "cortex-m4")
    done = toolchains.build("one", "arm", "two")
    assert done.returncode == 0, done.stderr
    assert chosen(done).startswith("private (")


@pytest.mark.parametrize("board", ["one", "--all"])
def test_esp_without_its_c_compiler_says_how_to_get_it(toolchains, board):
    toolchains.rustup("esp", "1.90.0", src=False)
    done = toolchains.build(board)
    assert done.returncode == 1
    assert "'xtensa-esp-elf-gcc' is missing" in done.stderr
    assert "export-esp.sh" in done.stderr and "--toolchain private" in done.stderr
    assert not toolchains.record.exists()


@pytest.mark.parametrize("core, tool, package", [
    ("hifi4", "llc-22", "llvm-22"), ("hifi4", "clang-22", "clang-22"),
    ("hifi4", "xtensa-lx106-elf-ld", "binutils-xtensa-lx106"), ("hifi4", "cc", "gcc"),
    ("cortex-m7", "ld.lld-22", "lld-22"), ("cortex-m7", "clang-22", "clang-22"),
    ("cortex-m7", "llvm-strip-22", "llvm-22"), ("cortex-m7", "llvm-objcopy-22", "llvm-22"),
    ("cortex-m7", "cc", "gcc")])
def test_missing_tool_names_its_package(toolchains, box, core, tool, package):
    toolchains.private()
    box.board("board", core)
    (box.bin / tool).unlink()
    done = toolchains.build("board")
    assert done.returncode == 1
    assert f"'{tool}' is missing: install the Debian package '{package}'" in done.stderr


def test_cortex_m_needs_no_xtensa_tools(toolchains, box):
    toolchains.private()
    box.board("arm", "cortex-m7")
    for tool in ("llc-22", "xtensa-lx106-elf-ld", "xtensa-lx106-elf-strip"):
        (box.bin / tool).unlink()
    assert toolchains.build("arm").returncode == 0


def left(box, board):
    return {path.name for path in (box.tree / "target/firmware" / board).iterdir()}


def test_a_cortex_m_has_a_flat_image_beside_its_elf(toolchains, box):
    toolchains.private()
    box.board("arm", "cortex-m33")
    assert toolchains.build("arm").returncode == 0
    assert left(box, "arm") == {"rpmsg-demo.elf", "rpmsg-demo.debug", "rpmsg-demo.bin"}
    assert (box.tree / "target/firmware/arm/rpmsg-demo.bin").read_text() == "-O binary flat as .loaded_as of elf\n"


def test_a_hifi4_has_none(toolchains, box):
    toolchains.private()
    assert toolchains.build("one").returncode == 0
    assert left(box, "one") == {"rpmsg-demo.elf", "rpmsg-demo.debug"}


def test_uboots_commands_lie_beside_them_where_uboot_starts_the_core(toolchains, box):
    toolchains.private()
    box.board("arm", "cortex-m33", "[uboot]")
    box.program("cargo", 'echo "uboot of: $*"')
    done = toolchains.build("arm")
    assert done.returncode == 0, done.stderr
    folder = box.tree / "target/firmware/arm"
    assert (folder / "rpmsg-demo.uboot").read_text() == (
        "uboot of: run -p imx-rpmsg-board --bin board -- uboot arm rpmsg-demo.bin\n")
    assert done.stdout == f"{folder / 'rpmsg-demo.elf'}\n"


@pytest.mark.parametrize("core", ["", "hifi5"])
def test_a_core_that_is_unknown_is_explained_by_the_board_tool(toolchains, box, core):
    toolchains.private()
    box.board("odd", core)
    box.program("cargo", 'echo "boards/odd.toml:1: core: no such" >&2; echo "asked: $*" >&2; exit 1')
    done = toolchains.build("odd")
    assert done.returncode == 1
    assert "boards/odd.toml:1: core: no such" in done.stderr
    assert "asked: run -p imx-rpmsg-board --bin board -- show odd" in done.stderr
    assert "boards/odd.toml is refused" in done.stderr
    assert not toolchains.record.exists()


def test_a_core_that_is_unknown_is_explained_without_a_cargo_of_the_machine(toolchains, box):
    """The private toolchain's cargo runs the board tool then."""
    toolchains.private()
    box.board("odd", "hifi5")
    done = toolchains.build("odd")
    assert done.returncode == 1
    (call,) = toolchains.calls()
    assert call.arguments[-2:] == ["show", "odd"]
