# SPDX-License-Identifier: MIT OR Apache-2.0
"""Everything that is counted, as one tree of numbers, and what it was counted with."""

import os
import platform
import re
import subprocess
import tempfile
from pathlib import Path

from imxtest import paths
from imxtest.elf import Elf

import anchors
import callgrind
import dsp
import m7
import sizes
import traffic

ROOT = Path(__file__).resolve().parents[2]
HOST = ROOT / "target/bench/release/rpmsg-bench-host"
PLUGIN = ROOT / "target/bench/counts.so"
FIRMWARE = ROOT / "target/firmware/imx8mp-evk-dsp"
CORTEX_M = ROOT / "target/cortex-m/thumbv7em-none-eabi/release"
TOOLS = {"nm": "llvm-nm-22", "symbolizer": "llvm-symbolizer-22"}
VALGRIND = "valgrind"

# The case whose instructions are broken down by function: on the HiFi4, the second of those that call
# measured_copy, in bursts of one.
BROKEN_DOWN = "copy/16/1"


def _first(pattern, *command):
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return re.search(pattern, printed)[1]


def _cpu():
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    return found[1] if found else platform.machine()


def machine():
    release = platform.freedesktop_os_release()
    return {"cpu": _cpu(), "system": release["PRETTY_NAME"], "kernel": platform.release()}


def versions():
    """Compilers and counters. The compilers' decide most of what is counted."""
    return {
        "rustc, host": _first(r"rustc (\S+)", "rustc", "-V"),
        "LLVM of rustc, host": _first(r"LLVM version: (\S+)", "rustc", "-vV"),
        "rustc, firmware": _first(r"rustc (\S+)", os.environ["FIRMWARE_RUSTC"], "-V"),
        "llc, firmware": _first(r"LLVM version (\S+)", "llc-22", "--version"),
        "lld, Cortex-M": _first(r"LLD (\S+)", "ld.lld-22", "--version"),
        "QEMU": _first(r"version (\S+)", str(paths.qemu_bin() / "qemu-system-xtensa"), "--version"),
        "valgrind": _first(r"valgrind-(\S+)", VALGRIND, "--version"),
    }


def _per_message(tree, digits=2):
    return {case: round(value, digits) for case, value in tree.items()}


def count(progress):
    """(figures, breakdowns)."""
    firmware = lambda name: (FIRMWARE / f"{name}.elf").read_bytes()
    figures, breakdowns = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        progress("instructions on the host (callgrind)")
        dumps = callgrind.run(VALGRIND, HOST, folder)
        host = {case: callgrind.total(dump) / messages for case, (messages, dump) in dumps.items()}
        messages, dump = dumps[BROKEN_DOWN]
        functions = callgrind.breakdown(dump, HOST, TOOLS, ROOT)
        breakdowns["x86-64"] = {name: count / messages for name, count in functions.most_common()}

        progress("instructions on the emulated HiFi4")
        hifi4, kicks, link = dsp.instructions(firmware("rpmsg-bench"))
        functions = dsp.breakdown(
            firmware("rpmsg-bench"), FIRMWARE / "rpmsg-bench.debug", PLUGIN, TOOLS, ROOT, folder / "counts",
            skip=messages, calls=messages,
        )  # fmt: skip
        breakdowns["HiFi4"] = {name: count / messages for name, count in functions.most_common()}

        progress("instructions on the emulated Cortex-M7")
        program = CORTEX_M / "rpmsg-bench-m7"
        cortex_m7, m7_kicks, cases = m7.instructions(program, PLUGIN, TOOLS, folder)
        breakdowns["Cortex-M7"] = m7.breakdown(program, PLUGIN, TOOLS, ROOT, folder, cases, BROKEN_DOWN)

    progress("shared memory (lackey)")
    words = traffic.words(VALGRIND, HOST)
    lines = traffic.lines_and_kicks(HOST)
    host_kicks = {case: found["kicks"] for case, found in lines.items()}
    if host_kicks != kicks or host_kicks != m7_kicks:
        raise SystemExit(f"error: host and cores kick differently: {host_kicks} {kicks} {m7_kicks}")

    progress("sizes and stack")
    figures[anchors.HOST] = _per_message(host)
    # The sum of the calls' ticks is good to an instruction in all messages together.
    figures[anchors.HIFI4] = _per_message(hifi4, 1)
    figures[anchors.M7] = _per_message(cortex_m7)
    moved = ("ring", "header", "table")
    figures["words per message without payload"] = _per_message(
        {case: sum(found[part] for part in moved) for case, found in words.items()}
    )
    for part in traffic.PARTS:
        figures[f"words per message, {part}"] = _per_message({case: found[part] for case, found in words.items()})
    figures["words stored into Linux's transmit buffers"] = _per_message(
        {case: found[traffic.STORES] for case, found in words.items()}
    )
    figures["kicks per burst"] = _per_message(kicks)
    for what in ("invalidated", "written back"):
        figures[f"cache lines {what} per message"] = _per_message({case: found[what] for case, found in lines.items()})
    for name in ("rpmsg-echo", "rpmsg-demo"):
        elf = Elf(firmware(name))
        part = sizes.library(elf, FIRMWARE / f"{name}.debug", TOOLS, ROOT)
        figures[f"bytes of the library in {name}"] = {**part, "text": sum(part.values())}
        figures[f"bytes of {name}"] = sizes.image(elf)
    echo = CORTEX_M / "rpmsg-echo-m7"
    part = sizes.library(Elf(echo.read_bytes()), echo, TOOLS, ROOT)
    figures[anchors.M7_LIBRARY] = {**part, "text": sum(part.values())}
    figures["bytes of memory"] = {
        "link with 4 endpoints": link,
        "stack of rpmsg-demo, most used": dsp.stack(firmware("rpmsg-demo")),
    }
    return figures, breakdowns
