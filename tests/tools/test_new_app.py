# SPDX-License-Identifier: MIT OR Apache-2.0
"""scripts/new-app.sh: a package of the user's own, of few lines, that builds, is checked and runs."""

import shutil
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
@pytest.mark.parametrize("board, folder", [("imx8mp-evk-dsp", "outside"), ("imx8mp-evk-m7", "inside")], indirect=["folder"])
def test_it_builds_is_checked_and_echoes(script, folder, board):
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


def test_demo_runs_it_under_linux(script, tmp_path):
    make(script, tmp_path / "blinky")
    done = script("demo.sh", "--app", "blinky", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "~ # echo -n blinky.elf > " in done.stdout
    assert "creating channel rpmsg-tty addr 0x400\n" in done.stdout
    assert "demo: OK: channels rpmsg-tty, the tty answered 'Hello'" in done.stdout
