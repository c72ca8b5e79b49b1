# SPDX-License-Identifier: MIT OR Apache-2.0
"""cargo check-elf against the loader itself: damaged ELFs are started, and Linux prints what check-elf quotes of it."""

import re
import struct
import subprocess

import pytest
from imxtest import built
from imxtest.elf import Elf
from imxtest.linux import KERNELS, REMOTEPROC, TRACE, Testbed
from imxtest.paths import ROOT

PHDR_BYTES = 32
PADDR, FILESZ, MEMSZ = 12, 16, 20


class Spoiled:
    """An ELF to damage; the resource table has a virtio device and a log."""

    def __init__(self, data):
        self.data = bytearray(data)
        self.elf = Elf(data)
        self.table = self.elf.section(".resource_table").offset
        self.vdev, self.trace = (self.table + struct.unpack_from("<I", data, self.table + 16 + 4 * i)[0] for i in range(2))
        (self.phoff,) = struct.unpack_from("<I", data, 28)

    def word(self, offset, value):
        struct.pack_into("<I", self.data, offset, value)

    def segment(self, index, field, value):
        self.word(self.phoff + PHDR_BYTES * index + field, value)

    def bss(self, address, size=0x20):
        """Moves what is only cleared, of the segment of .bss."""
        index = next(i for i, s in enumerate(self.elf.segments) if s.type == 1 and s.memsz > s.filesz == 0 and s.flags == 6
                     and s.vaddr != self.elf.section(".trace").addr)
        self.segment(index, PADDR, address)
        self.segment(index, MEMSZ, size)

    def text(self):
        """The index of the segment of .text."""
        return max((s.filesz, i) for i, s in enumerate(self.elf.segments))[1]

    def rename_table(self):
        at = self.data.rindex(b".resource_table\0")
        self.data[at : at + 2] = b".x"


def not_an_elf(e):
    e.data[0] = 0


def another_class(e):
    e.data[4] = 7


def big_endian(e):
    e.data[5] = 2


def no_program_headers(e):
    struct.pack_into("<H", e.data, 44, 0)


def more_in_file_than_in_memory(e):
    e.segment(0, MEMSZ, e.elf.segments[0].filesz - 4)


def cut_short(e):
    index = e.text()
    e.segment(index, FILESZ, 0x10000)
    e.segment(index, MEMSZ, 0x10000)


def vendor_entry_that_is_none(e):
    e.word(e.trace, 128)


def no_code_to_start_with(e):
    """Neither at the reset vector nor at the others, which would lead to a report."""
    for segment in e.elf.segments[:2]:
        e.data[segment.offset : segment.offset + segment.filesz] = bytes(segment.filesz)


OF_BOTH = {
    "no-table": Spoiled.rename_table,
    "table-version": lambda e: e.word(e.table, 2),
    "table-reserved": lambda e: e.word(e.table + 8, 1),
    "table-incomplete": lambda e: e.word(e.table + 4, 200),
    "table-offset": lambda e: e.word(e.table + 16, 0x1000),
    "entry-devmem": lambda e: e.word(e.trace, 1),
    "entry-type": lambda e: e.word(e.trace, 9),
    "vendor": vendor_entry_that_is_none,
    "trace-reserved": lambda e: e.word(e.trace + 12, 1),
    "vdev-reserved": lambda e: e.data.__setitem__(e.vdev + 26, 1),
    "vdev-vrings": lambda e: e.data.__setitem__(e.vdev + 25, 3),
    "vdev-truncated": lambda e: e.word(e.vdev + 20, 0x1000),
    "vring-num": lambda e: e.word(e.vdev + 28 + 8, 0),
    "vring-size": lambda e: e.word(e.vdev + 28 + 4, 0x10000),
    "vring-address": lambda e: e.word(e.vdev + 28, 0x45000000),
    "not-an-elf": not_an_elf,
    "class": another_class,
    "endian": big_endian,
    "no-segments": no_program_headers,
    "more-in-file": more_in_file_than_in_memory,
    "cut-short": cut_short,
}
OF_M7 = OF_BOTH | {
    "in-reserved-ddr": lambda e: e.bss(0x80000000),
    "up-to-the-end-of-reserved-ddr": lambda e: e.bss(0x80FFFFE0),
    "in-reserved-ddr-by-its-alias": lambda e: e.bss(0x10000000 + 0x550ff000 - 0x40000000 - 0x100),
    "behind-reserved-ddr": lambda e: e.bss(0x81000000),
    "over-the-end-of-reserved-ddr": lambda e: e.bss(0x80FFFFF0),
    "in-no-row": lambda e: e.bss(0x1FFE0000),
    "row-end": lambda e: e.bss(0x1FFE0),
    "log-up-to-the-end": lambda e: e.word(e.trace + 4, 0x2001E000),
    "no-reset-vector": lambda e: e.word(e.elf.segments[0].offset + 4, 0x400),
}
OF_DSP = OF_BOTH | {
    "in-no-row": lambda e: e.segment(e.text(), PADDR, 0x1FFE0000),
    "odd-address": lambda e: e.segment(4, PADDR, e.elf.segments[4].paddr + 2),
    "odd-clearing": lambda e: e.segment(5, FILESZ, e.elf.segments[5].filesz - 2),
    "no-code": no_code_to_start_with,
}


@pytest.fixture(scope="session", name="checker")
def checker_fixture():
    """What check-elf finds in a file: {rule: what Linux does}, and whether the ELF is fit."""

    def run(board, path):
        done = subprocess.run(["cargo", "check-elf", "--board", board, path], cwd=ROOT, capture_output=True, text=True, timeout=600)
        found = re.findall(r"^(?:error|note)\[(.*?)\].*\n    Linux: (.*)$", done.stdout + done.stderr, re.MULTILINE)
        return dict(found), done.returncode == 0

    return run


# The drivers of two kernels
@pytest.mark.parametrize("name, series, cases", [
    ("imx8mp-evk-m7", KERNELS[0], OF_M7), ("imx8mp-evk-dsp", KERNELS[1], OF_DSP)], ids=["m7", "dsp"])  # fmt: skip
def test_linux_prints_what_is_quoted(checker, tmp_path, name, series, cases):
    good = built.path(name).read_bytes()
    for case, spoil in cases.items():
        elf = Spoiled(good)
        spoil(elf)
        (tmp_path / f"{case}.elf").write_bytes(elf.data)
    files = {f"lib/firmware/{path.name}": path.read_bytes() for path in tmp_path.glob("*.elf")}
    wrong = []
    with Testbed(series, built.path(name), name, extra_files=files) as board:
        for case in cases:
            predicted, fit = checker(name, tmp_path / f"{case}.elf")
            board.check(f"dmesg -c >/dev/null; echo -n {case}.elf > {REMOTEPROC}/firmware")
            refused = board.run(f"echo start > {REMOTEPROC}/state").rc != 0
            said = "" if refused else board.run(f"cat {TRACE}").out
            if not refused:
                board.check(f"echo stop > {REMOTEPROC}/state")
            said += board.check("dmesg | grep -E 'proc|virtio' || true")
            quoted = re.findall(r'"(.*?)"', "\n".join(predicted.values()))
            missing = [quote for quote in quoted if quote not in said]
            if missing or refused != any("Boot failed" in quote for quote in quoted) or (refused and fit):
                wrong.append(f"{case}: {'refused' if refused else 'taken'}, and predicted: {predicted}\n{said}")
    assert not wrong, "\n".join(wrong)
