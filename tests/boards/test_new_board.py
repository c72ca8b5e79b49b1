# SPDX-License-Identifier: MIT OR Apache-2.0
"""Adding a board is adding one file: it is listed, built, checked and runs; a wrong one is refused with the line
and what to write. In a copy of the tree, with the real compilers."""

import re
import shutil
import subprocess
from typing import NamedTuple

import pytest
from imxtest import copied
from imxtest.boards import BOARDS, Region
from imxtest.fakelinux import FakeLinux, play_sample, play_tty
from imxtest.paths import ROOT


class MadeUp(NamedTuple):
    """A board that is like one of ours but for some addresses."""

    like: str
    changes: dict  # in the text of its file
    regions: tuple  # of the device tree that goes with it


DSP = MadeUp(
    "imx8ulp-evk-dsp",
    {
        'name = "imx8ulp-evk-dsp"': 'name = "made-up"',
        "NXP i.MX 8ULP EVK, HiFi4 DSP": "A made-up board",
        "address = 0x1a000000\nsize = 0x1000000": "address = 0x1a400000\nsize = 0x400000",
        "linux = 0x8fef0000": "linux = 0x8d000000",
        "linux = 0x8fef8000": "linux = 0x8d008000",
        "linux = 0x8ff00000": "linux = 0x92000000",
        'name = "imx-rpmsg log"': 'name = "made-up log"',
    },
    (
        Region("vdev0buffer", 0x92000000, 0x100000),
        Region("vdev0vring0", 0x8D000000, 0x8000),
        Region("vdev0vring1", 0x8D008000, 0x8000),
        Region("dsp", 0x8E400000, 0x400000),
    ),
)

CORTEX_M = MadeUp(
    "imx8mp-evk-m7",
    {
        'name = "imx8mp-evk-m7"': 'name = "made-up"',
        "NXP i.MX 8M Plus EVK, Cortex-M7": "A made-up board",
        "linux = 0x55000000": "linux = 0x60000000",
        "linux = 0x55008000": "linux = 0x60008000",
        "linux = 0x55400000": "linux = 0x61000000",
        "linux = 0x550ff000": "linux = 0x600ff000",
        'name = "imx-rpmsg log"': 'name = "made-up log"',
    },
    (
        Region("vdevbuffer", 0x61000000, 0x100000),
        Region("vdev0vring0", 0x60000000, 0x8000),
        Region("vdev0vring1", 0x60008000, 0x8000),
        Region("rsc-table", 0x600FF000, 0x1000),
    ),
)


class Tree(copied.Tree):
    """A copy of the sources, to which boards are added."""

    def add(self, text):
        (self.root / "boards/made-up.toml").write_text(text)

    def build(self, *arguments):
        shutil.rmtree(self.root / "target/firmware", ignore_errors=True)
        return subprocess.run(
            [self.root / "scripts/build.sh", *arguments], cwd=self.root, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def tree():
    return Tree()


def like(board, changes):
    """The text of a board file with some of it changed."""
    text = (ROOT / f"boards/{board}.toml").read_text()
    for old, new in changes.items():
        assert old in text, f"{board}.toml has no {old!r} any more"
        text = text.replace(old, new)
    return text


def test_it_is_listed(tree):
    tree.add(like(DSP.like, DSP.changes))
    done = tree.build("--list")
    assert sorted(done.stdout.split()) == sorted([*(p.stem for p in (ROOT / "boards").glob("*.toml")), "made-up"])


@pytest.mark.parametrize("made_up", [DSP, CORTEX_M], ids=lambda m: m.like)
def test_it_is_built_and_checked_and_runs(tree, made_up):
    tree.add(like(made_up.like, made_up.changes))
    done = tree.build("made-up")
    assert done.returncode == 0, done.stderr
    assert "was not checked" not in done.stderr
    elf = tree.root / "target/firmware/made-up/rpmsg-demo.elf"
    assert done.stdout.splitlines()[-1] == str(elf)
    # Its core and SoC are those of the board that it is like.
    with FakeLinux(elf.read_bytes(), BOARDS[made_up.like]._replace(regions=made_up.regions)) as linux:
        linux.boot()
        play_sample(linux.probe(), 100)
        assert play_tty(linux.bus) == "TTY 0x0401: Hello"
        assert "on made-up\n" in linux.trace()
        assert linux.rproc.table.traces[0].name == "made-up log"


# What is wrong: of which board, for what of its text (a regular expression), what; the field, and what to write.
WRONG = {
    "missing field": (DSP, "num = 256\n", "", "vring.num", "add num = 256"),
    "missing field of a Cortex-M": (CORTEX_M, r"^interrupts = .*\n", "", "cortex_m.interrupts", "add interrupts ="),
    "overlapping regions": (DSP, "linux = 0x8d008000", "linux = 0x8d004000", "carveout[1].linux", "copy addresses and sizes from the device tree"),
    "memory over memory": (CORTEX_M, "address = 0x20004000", "address = 0x20003000", "memory[2].address", "move or shrink"),
    "odd alignment": (DSP, "align = 4096", "align = 100", "vring.align", "write "),
    "unknown MU": (CORTEX_M, "mu_version = 1", "mu_version = 3", "mailbox.mu_version", "write "),
    "unknown core": (CORTEX_M, 'core = "cortex-m7"', 'core = "cortex-m9"', "core", "write core = "),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_refused_with_the_line_and_what_to_write(tree, case):
    made_up, old, new, field, instead = WRONG[case]
    good = like(made_up.like, made_up.changes)
    (place,) = re.finditer(old, good, re.MULTILINE)
    line = 1 + good.count("\n", 0, place.start())
    tree.add(good[: place.start()] + new + good[place.end() :])
    done = tree.build("made-up")
    assert done.returncode != 0
    said = re.search(rf"boards/made-up\.toml:(\d+): {re.escape(field)}: .*; .*{re.escape(instead)}", done.stderr)
    assert said, done.stderr
    # A field that is not there is missed at its table.
    assert 0 <= line - int(said[1]) <= (4 if "missing" in case else 0)
    assert done.stdout == ""
    assert not (tree.root / "target/firmware").exists()


def test_feature_uart_of_a_board_without_one_is_refused(tree):
    good = like(DSP.like, DSP.changes)
    tree.add(re.sub(r"(?ms)^\[uart\].*?(?=^\[)", "", good))
    done = tree.build("made-up", "--features", "uart")
    assert done.returncode != 0
    assert "made-up" in done.stderr and "[uart]" in done.stderr, done.stderr
    assert not (tree.root / "target/firmware").exists()
