# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tiny programs for an emulated HiFi4: a few instructions, and a report of how they ended.

The program around the snippet catches every vector. It leaves what it saw at REPORT and raises the
ready doorbell, so that a test waits for an event.
"""

import contextlib
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from imxtest import qemu
from imxtest.drivers import remoteproc
from imxtest.mulink import MuLink
from imxtest.socs import SOCS

# Where the report is behind the code.
REPORT = 0x100000

FEATURES = (
    "windowed density loop mul16 mul32 mul32high div32 minmax sext nsa clamps fp miscsr exception interrupt "
    "highpriinterrupts highpriinterrupts-level3 highpriinterrupts-level4 highpriinterrupts-level5 timers2 "
    "rvector prid debug coprocessor regprotect"
)

# offset from VECBASE: name
VECTORS = {
    0x17C: "level2",
    0x19C: "level3",
    0x1BC: "debug",
    0x1DC: "nmi",
    0x1FC: "kernel",
    0x21C: "user",
    0x23C: "double",
}

_FRAME = """
    .section .reset, "ax"
    j 1f
    .align 4
start_address: .long start
1:  l32r a2, start_address
    jx a2

    .section .vectors, "ax"
{vectors}

    .section .text, "ax"
    .align 4
report: .long {report:#x}
request: .long {request:#x}
gir0: .long {gir0:#x}
    .global caught
    .align 4
caught:                     # a2: offset of the vector
    l32r a3, report
    s32i a2, a3, 0
    rsr.exccause a4
    s32i a4, a3, 4
    rsr.excvaddr a4
    s32i a4, a3, 8
    rsr.epc1 a4
    s32i a4, a3, 12
    rsr.interrupt a4
    s32i a4, a3, 16
    s32i a5, a3, 20
done:
    memw
    l32r a3, request
    l32r a4, gir0
    l32i a6, a3, 0
    or a4, a4, a6
    s32i a4, a3, 0
1:  waiti 15
    j 1b
    .align 4
return: .long caught
    .global start
start:
    movi a1, 0
    wsr.intenable a1
    wsr.ps a1               # no EXCM, no UM: exceptions take the kernel vector
    rsync
    movi a5, 0
{snippet}
    movi a2, -1             # nothing was caught
    l32r a4, return
    jx a4
"""

_VECTOR = """
    .org {before:#x}
to_caught_{offset}: .long caught
    .org {offset:#x}
    movi a2, {offset:#x}
    l32r a4, to_caught_{offset}
    jx a4
"""

_SCRIPT = """
ENTRY(reset)
SECTIONS {{
    .reset {reset:#x} : {{ reset = .; *(.reset) . = ALIGN(4); }} :reset
    .vectors {vecbase:#x} : {{ *(.vectors) . = ALIGN(4); }} :vectors
    .text {code:#x} : {{ *(.text) . = ALIGN(4); }} :text
    /DISCARD/ : {{ *(*) }}
}}
PHDRS {{ reset PT_LOAD; vectors PT_LOAD; text PT_LOAD; }}
"""


class Outcome(NamedTuple):
    vector: str  # of VECTORS, or "" when the snippet ran to its end
    cause: int
    address: int
    pc: int
    interrupts: int
    a5: int


def assemble(hifi4, snippet):
    """The ELF file of the frame with `snippet` in it, for a `hifi4.Hifi4`."""
    vectors = "".join(_VECTOR.format(before=offset - 4, offset=offset) for offset in VECTORS)
    frame = _FRAME.format(
        vectors=vectors, report=hifi4.code + REPORT, request=hifi4.mu.request, gir0=1 << hifi4.mu.gir[0], snippet=snippet
    )
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "probe.s").write_text(frame)
        (folder / "probe.ld").write_text(_SCRIPT.format(reset=hifi4.reset, vecbase=hifi4.vecbase, code=hifi4.code))
        features = ",".join(f"+{name}" for name in FEATURES.split())
        subprocess.run(
            ["llvm-mc-22", "--triple=xtensa", f"--mattr={features}", "--filetype=obj", "probe.s", "-o", "probe.o"],
            cwd=folder,
            check=True,
        )
        subprocess.run(
            ["xtensa-lx106-elf-ld", "--no-relax", "-T", "probe.ld", "probe.o", "-o", "probe.elf"], cwd=folder, check=True
        )
        return (folder / "probe.elf").read_bytes()


class Core:
    """An emulated core to run snippets on, one after the other. A context manager."""

    def __init__(self, hifi4, **core):
        self.hifi4 = hifi4
        soc = SOCS[hifi4.board]
        with contextlib.ExitStack() as undo:
            self.memory = undo.enter_context(qemu.SharedMemory(soc))
            ours, theirs = socket.socketpair()
            self.link = undo.enter_context(contextlib.closing(MuLink(self.memory, ours)))
            self.emulator = undo.enter_context(qemu.start_core(soc, self.memory, theirs, **core))
            self._stack = undo.pop_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stack.close()

    def run(self, snippet):
        """Resets the core, runs the snippet and says how it ended."""
        rproc = remoteproc(self.hifi4.board, self.memory, self.link, assemble(self.hifi4, snippet))
        rproc.load()
        rproc.start()
        report = rproc.da_to_linux(self.hifi4.code + REPORT, 24)
        vector, cause, address, pc, interrupts, a5 = (self.memory.read32(report + 4 * i) for i in range(6))
        rproc.stop()
        return Outcome(VECTORS.get(vector, ""), cause, address, pc, interrupts, a5)
