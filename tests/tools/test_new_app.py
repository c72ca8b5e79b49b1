# SPDX-License-Identifier: MIT OR Apache-2.0
"""scripts/new-app.sh: a package of the user's own, of few lines, that builds, is checked and runs."""

import os
import re
import shutil
import subprocess
import tomllib

import pytest
from imxtest.fakelinux import FakeLinux
from imxtest.paths import ROOT


@pytest.fixture(params=["outside", "inside"])
def folder(request, tmp_path):
    """Where no package is yet: outside the tree, and in the midst of its workspace."""
    if request.param == "outside":
        yield tmp_path / "blinky"
        return
    inside = ROOT / "target/test-app"
    shutil.rmtree(inside, ignore_errors=True)
    yield inside
    shutil.rmtree(inside)


def make(script, folder):
    done = script("new-app.sh", "blinky", str(folder))
    assert done.returncode == 0, done.stderr
    return done


def test_it_is_short_and_asks_for_what_the_library_is_tested_with(script, folder):
    done = make(script, folder)
    assert f"scripts/build.sh --app {folder}" in done.stdout and f"scripts/demo.sh --app {folder}" in done.stdout
    assert len((folder / "src/main.rs").read_text().splitlines()) < 30
    ours, theirs = (tomllib.loads((root / "Cargo.toml").read_text()) for root in (ROOT, folder))
    assert theirs["profile"] == ours["profile"]
    assert theirs["package"]["name"] == "blinky"
    assert (folder / theirs["dependencies"]["imx-rpmsg"]["path"]).resolve() == ROOT


# A core of each architecture, by the two links
@pytest.mark.parametrize("board, folder, memory", [
    ("imx8mp-evk-dsp", "outside", "ddr"), ("imx8mp-evk-m7", "inside", "itcm")], indirect=["folder"])  # fmt: skip
def test_it_builds_is_checked_and_echoes(script, folder, board, memory):
    make(script, folder)
    done = script("build.sh", "--app", str(folder), board)
    assert done.returncode == 0, done.stderr
    elf = folder / f"target/firmware/{board}/blinky.elf"
    assert done.stdout.splitlines()[-1] == str(elf)
    assert f"{elf}: fit for {board}" in done.stderr
    with FakeLinux(elf.read_bytes(), board) as linux:
        linux.boot()
        bus = linux.probe()
        peer = bus.wait_channel("rpmsg-tty")
        assert bus.endpoint().exchange(peer, b"is anybody there?") == b"is anybody there?"
        assert f"blinky on {board}, waiting for Linux\n" in linux.trace()
        assert "link up (Table): vring0 256 at 0x" in linux.trace()

    # The linker speaks of memory as the board file does.
    with (folder / "src/main.rs").open("a") as program:
        program.write("#[used]\nstatic LARGE: [u8; 0x110_0000] = [0; _];\n")
    done = script("build.sh", "--app", str(folder), board)
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if "overflowed" in line]
    assert said and all(re.search(rf"region [`']{memory}'", line) for line in said), done.stderr


def compiler():
    """The environment by which a cargo of the user's own builds for a Cortex-M, and that cargo."""
    picked = subprocess.run(
        ["bash", "-c", '. "$0/lib/common.sh"; . "$0/lib/toolchain.sh"; pick_toolchain "" unforked; '
         'echo "$TOOLCHAIN_CARGO"; echo "$TOOLCHAIN_RUSTC"', ROOT / "scripts"], capture_output=True, text=True, check=True)
    cargo, rustc = picked.stdout.split()
    settings = {name: value for name, value in os.environ.items() if name not in ("RUSTFLAGS", "RUSTUP_TOOLCHAIN")}
    return cargo, {**settings, "RUSTC": rustc, "RUSTC_BOOTSTRAP": "1", "IMX_RPMSG_BOARD": "imx8mp-evk-m7"}


def test_a_plain_cargo_builds_it_too_or_is_refused(script, tmp_path):
    make(script, tmp_path / "blinky")
    cargo, settings = compiler()
    target = "thumbv7em-none-eabihf"
    # The rest is as in build.sh, so that nothing but the program is built anew.
    command = [cargo, "build", "--release", "--target", target, "--target-dir", str(ROOT / "target/boards"),
               "-Zbuild-std=core", "-Zbuild-std-features=compiler-builtins-mem"]  # fmt: skip

    def build(linker):
        linker = {"CARGO_TARGET_THUMBV7EM_NONE_EABIHF_LINKER": linker}
        return subprocess.run(command, cwd=tmp_path / "blinky", env={**settings, **linker}, capture_output=True, text=True, timeout=600)

    done = build("ld.lld-22")
    assert done.returncode == 0, done.stderr
    elf = ROOT / "target/boards" / target / "release/blinky"
    checked = subprocess.run(
        ["cargo", "check-elf", "--board", "imx8mp-evk-m7", elf], cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert checked.returncode == 0, checked.stdout + checked.stderr

    # As when RUSTFLAGS hides what the configuration says, without building all anew.
    elf.unlink()
    without = tmp_path / "without-script"
    without.write_text('#!/bin/bash\nfor a; do [ "$a" = -Tcortex-m.x ] || set -- "$@" "$a"; shift; done\nexec ld.lld-22 "$@"\n')
    without.chmod(0o755)
    done = build(str(without))
    assert done.returncode != 0 and not elf.exists()
    assert "undefined symbol: linker_script_cortex_m_x_is_missing__use_scripts_build_sh" in done.stderr


def test_demo_runs_it_under_linux(script, tmp_path):
    make(script, tmp_path / "blinky")
    done = script("demo.sh", "--app", "blinky", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "~ # echo -n blinky.elf > " in done.stdout
    assert "creating channel rpmsg-tty addr 0x400\n" in done.stdout
    assert "demo: OK: channels rpmsg-tty, the tty answered 'Hello'" in done.stdout
