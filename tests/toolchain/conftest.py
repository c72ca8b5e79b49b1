# SPDX-License-Identifier: MIT OR Apache-2.0
"""A source tree and a PATH of the tests' own, so that no test depends on what this machine has."""

import importlib.machinery
import importlib.util
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What the scripts call and every Debian has.
BASE_TOOLS = """awk bash basename cat chmod comm cp cut dirname env find flock grep head id ls mkdir mktemp mv
    patchelf rm sed sh sha256sum sort tail tar touch tr uname""".split()


def write_program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


class Box:
    """A copy of the scripts with boards of its own, and a PATH that holds only what a test puts there."""

    def __init__(self, folder):
        self.tree = folder / "tree"
        self.bin = folder / "bin"
        self.cache = folder / "cache"
        self.home = folder / "home"
        for made in (self.bin, self.home, self.tree / "boards", self.tree / "link"):
            made.mkdir(parents=True)
        shutil.copytree(ROOT / "scripts", self.tree / "scripts")
        shutil.copy(ROOT / "link/xtensa-hifi4-none-elf.json", self.tree / "link")
        for board in ("one", "two"):
            self.board(board, "hifi4")
        for tool in BASE_TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool, path="/usr/bin:/bin:/usr/sbin:/sbin"))

    def board(self, name, core, *lines):
        """A board file of as much as build.sh itself reads."""
        (self.tree / f"boards/{name}.toml").write_text("\n".join([f'core = "{core}"', *lines, ""]))

    def program(self, name, text):
        write_program(self.bin / name, text)

    def run(self, script, *arguments, **environment):
        """Runs a script of the tree; the result has returncode, stdout and stderr."""
        return subprocess.run(
            [self.tree / script, *arguments], capture_output=True, text=True, cwd=self.home, env=self._settings(environment))

    def start(self, script, *arguments, **environment):
        """Starts a script of the tree; its streams are pipes."""
        return subprocess.Popen(
            [self.tree / script, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.home,
            env=self._settings(environment))

    def _settings(self, more):
        return {"PATH": str(self.bin), "HOME": str(self.home), "IMX_RPMSG_CACHE": str(self.cache), **more}


@pytest.fixture
def box(tmp_path):
    return Box(tmp_path)


@pytest.fixture
def toolchains(box):
    """No Rust at all yet, but what all builds need beside it."""
    from standins import Toolchains

    for tool in ("llc-22", "clang-22", "xtensa-lx106-elf-ld", "ld.lld-22", "cc"):
        box.program(tool, "exit 0")
    box.program("xtensa-lx106-elf-strip", 'cp "$3" "$2"')
    box.program("llvm-strip-22", 'cp "$3" "$2"')
    box.program("llvm-objcopy-22", 'case $1 in --update-section) echo "$(cat "${2#*=}") as ${2%=*} of $(cat "$3")" ;; *) echo "$1 $2 $(cat "$3")" ;; esac >"$4"')
    write_program(box.tree / "scripts/setup/rust.sh", "exit 1")
    return Toolchains(box)


@pytest.fixture(scope="session")
def xtensa_link():
    """scripts/xtensa-link as a module."""
    path = ROOT / "scripts/xtensa-link"
    loader = importlib.machinery.SourceFileLoader("xtensa_link", str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("xtensa_link", loader))
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = written
    return module
