# SPDX-License-Identifier: MIT OR Apache-2.0
"""What scripts/load.sh says of a board's memory and kernel, by device trees and /proc/iomem made here; tests/tools has
what an emulated Linux has."""

import os
import struct
import subprocess
from typing import NamedTuple

import pytest
from conftest import ROOT

LIB = ROOT / "scripts/lib"

# As `board memory` prints it.
MEMORY = """\
carveout vring0 vdev0vring0 0x942f0000 0x8000
carveout vring1 vdev0vring1 0x942f8000 0x8000
carveout buffer vdev0buffer 0x94300000 0x100000
segment 0x92400000 0x24000
"""
M7 = """\
carveout vring0 vdev0vring0 0x55000000 0x8000
carveout vring1 vdev0vring1 0x55008000 0x8000
carveout buffer vdevbuffer 0x55400000 0x100000
carveout rsc-table rsc-table 0x550ff000 0x1000
"""
POOL = "carveout pool linux,cma 0xc0000000 0x20000000\n"


class Node(NamedTuple):
    name: str
    address: int
    size: int
    of_core: bool = True  # in the core's memory-region
    mapped: bool = False
    status: str = ""


BUFFER, RING0, RING1, IMAGE = DSP = (
    Node("vdev0buffer", 0x94300000, 0x100000),
    Node("vdev0vring0", 0x942F0000, 0x8000),
    Node("vdev0vring1", 0x942F8000, 0x8000),
    Node("dsp", 0x92400000, 0x1000000),
)
M7_NODES = (
    Node("vdevbuffer", 0x55400000, 0x100000),
    Node("vdev0vring0", 0x55000000, 0x8000),
    Node("vdev0vring1", 0x55008000, 0x8000),
    Node("rsc-table", 0x550FF000, 0x1000),
)

# Of 6 GB; what has no-map is a range of its own, the rest that is reserved is inside one.
IOMEM = """\
00000000-0001ffff : 7e0000.memory
40000000-54ffffff : System RAM
  40210000-41ffffff : Kernel code
  42000000-4248ffff : reserved
55000000-5500ffff : reserved
55010000-550fefff : System RAM
550ff000-550fffff : reserved
55100000-553fffff : System RAM
55400000-554fffff : reserved
55500000-923fffff : System RAM
92400000-933fffff : reserved
93400000-942effff : System RAM
942f0000-943fffff : reserved
94400000-ffffffff : System RAM
  fe000000-ffffffff : reserved
"""
ONE_GIGABYTE = "40000000-7fffffff : System RAM\n  7c000000-7fffffff : reserved\n"


class Machine:
    """A folder that is a board's /proc as far as the script looks."""

    def __init__(self, folder):
        self.folder = folder
        self.shell = "sh"
        self.path = os.environ["PATH"]

    def boot(self, nodes, iomem=IOMEM, cells=2):
        tree = self.folder / "device-tree/reserved-memory"
        tree.mkdir(parents=True)
        for name in ("#address-cells", "#size-cells"):
            (tree / name).write_bytes(struct.pack(">I", cells))
        handles = []
        for handle, node in enumerate(nodes, start=0x10):
            folder = tree / f"{node.name}@{node.address:x}"
            folder.mkdir()
            number = ">Q" if cells == 2 else ">I"
            (folder / "reg").write_bytes(struct.pack(number, node.address) + struct.pack(number, node.size))
            (folder / "phandle").write_bytes(struct.pack(">I", handle))
            if not node.mapped:
                (folder / "no-map").touch()
            if node.status:
                (folder / "status").write_bytes(node.status.encode() + b"\0")
            if node.of_core:
                handles.append(struct.pack(">I", handle))
        (self.folder / "core").mkdir()
        (self.folder / "core/memory-region").write_bytes(b"".join(handles))
        (self.folder / "iomem").write_text(iomem)

    def run(self, script, *arguments):
        return subprocess.run(
            [self.shell, "-c", script, "test", *arguments], capture_output=True, text=True, check=False,
            env={"PATH": self.path, "DT": str(self.folder / "device-tree"), "IOMEM": str(self.folder / "iomem")})

    def compare(self, memory=MEMORY):
        """What it says, in lines; whether it is all the same."""
        done = self.run(f'. {LIB}/memory-on-board.sh; compare "$1" "$2"', memory, str(self.folder / "core"))
        assert done.stderr == ""
        return done.stdout.splitlines(), done.returncode == 0


@pytest.fixture(params=["sh", "bash"])
def machine(request, tmp_path):
    made = Machine(tmp_path)
    made.shell = request.param
    return made


@pytest.mark.parametrize("cells", [1, 2])
@pytest.mark.parametrize(("nodes", "memory"), [(DSP, MEMORY), (M7_NODES, M7)], ids=["dsp", "m7"])
def test_the_memory_of_the_board_file(machine, nodes, memory, cells):
    machine.boot(nodes, cells=cells)
    assert machine.compare(memory) == ([], True)


def test_nodes_of_another_core_with_the_same_names(machine):
    machine.boot([*(n._replace(of_core=False) for n in DSP), *M7_NODES])
    assert machine.compare(M7) == ([], True)


# What is changed, and what is said.
DIFFERENT = {
    "a ring elsewhere": (
        [BUFFER, RING0._replace(address=0x7C4F0000), RING1, IMAGE],
        ["reserved-memory: vdev0vring0 is at 0x7c4f0000, the board file says 0x942f0000"]),
    "a ring too small": (
        [BUFFER, RING0._replace(size=0x2000), RING1, IMAGE],
        ["reserved-memory: vdev0vring0 has 0x00002000 bytes, the board file says 0x00008000"]),
    "buffers elsewhere than the board file allows": (
        [BUFFER._replace(size=0x200000), RING0, RING1, IMAGE],
        ["reserved-memory: vdev0buffer has 0x00200000 bytes, the board file says 0x00100000"]),
    "the image is not the core's": (
        [BUFFER, RING0, RING1, IMAGE._replace(of_core=False)],
        ["reserved-memory: the image, 0x92400000 to 0x92423fff, is in no memory-region of the core"]),
    "the image only half": (
        [BUFFER, RING0, RING1, IMAGE._replace(size=0x20000)],
        ["reserved-memory: the image, 0x92400000 to 0x92423fff, is in no memory-region of the core"]),
    "a disabled node": (
        [BUFFER, RING0, RING1._replace(status="disabled"), IMAGE],
        ["reserved-memory: the core has no vdev0vring1; the board file says 0x942f8000"]),
    "a node that Linux maps": (
        [BUFFER, RING0, RING1, IMAGE._replace(mapped=True)],
        ["reserved-memory: the image's dsp has no property no-map: Linux's driver cannot map it"]),
    "a ring that Linux maps": (
        [BUFFER, RING0._replace(mapped=True), RING1, IMAGE],
        ["reserved-memory: vdev0vring0 has no property no-map: Linux's driver cannot map it"]),
    "another region before the buffers": (
        [RING0, BUFFER, RING1, IMAGE],
        ["reserved-memory: vdev0vring0, the first memory-region of the core, for vdev0buffer, is at 0x942f0000, "
         "the board file says 0x94300000"]),
}  # fmt: skip


@pytest.mark.parametrize("case", DIFFERENT)
def test_what_differs_is_named(machine, case):
    nodes, said = DIFFERENT[case]
    machine.boot(nodes)
    assert machine.compare() == (said, False)


def test_what_the_core_would_write_into_linuxs_ram(machine):
    """A device tree without the memory of the M7: `rsc-table` is RAM that Linux uses."""
    machine.boot(M7_NODES[:3], "40000000-54ffffff : System RAM\n55000000-5500ffff : reserved\n"
                 "55010000-553fffff : System RAM\n55400000-554fffff : reserved\n55500000-ffffffff : System RAM\n")
    assert machine.compare(M7) == ([
        "reserved-memory: the core has no rsc-table; the board file says 0x550ff000",
        "iomem: rsc-table, 0x550ff000 to 0x550fffff, is RAM that Linux uses itself"], False)


def test_a_board_with_less_ram(machine):
    machine.boot(DSP, ONE_GIGABYTE)
    ends = "is no RAM of this board: it ends at 0x7fffffff"
    assert machine.compare() == ([
        f"iomem: vdev0vring0, 0x942f0000 to 0x942f7fff, {ends}",
        f"iomem: vdev0vring1, 0x942f8000 to 0x942fffff, {ends}",
        f"iomem: vdev0buffer, 0x94300000 to 0x943fffff, {ends}",
        f"iomem: the image, 0x92400000 to 0x92423fff, {ends}"], False)


def test_memory_that_the_boot_loader_keeps_from_linux_is_no_difference(machine):
    """As on an i.MX 95, whose first 256 MiB are not Linux's."""
    machine.boot(M7_NODES, "90000000-ffffffff : System RAM\n")
    assert machine.compare(M7) == ([], True)


def test_rings_that_linux_places_in_a_pool(machine):
    """The nodes of the 8QM are all called memory@...: nothing differs that the board file does not know of."""
    machine.boot([n._replace(name="memory") for n in M7_NODES])
    lines, same = machine.compare(M7 + POOL)
    assert same
    assert lines[0] == "reserved-memory: the core has no vdev0vring0: Linux takes other memory, which the board file allows in linux,cma"
    assert lines[-1] == "reserved-memory: the core has no rsc-table, but 0x550ff000 is set aside under another name"


def test_the_cores_own_memory_is_no_ram(machine):
    """The table of the i.MX 93 is in its TCM."""
    memory = M7.replace("0x550ff000 0x1000", "0x2021e000 0x1000 own")
    nodes = [*M7_NODES[:3], M7_NODES[3]._replace(address=0x2021E000, mapped=True)]
    machine.boot(nodes)
    assert machine.compare(memory) == ([], True)


def test_what_cannot_be_compared_is_said(machine):
    machine.boot(DSP, "00000000-00000000 : System RAM\n  00000000-00000000 : reserved\n")
    assert machine.compare() == ([f"iomem: not compared, as {machine.folder}/iomem shows no addresses"], True)
    (machine.folder / "iomem").unlink()
    assert machine.compare() == ([f"iomem: not compared, as {machine.folder}/iomem shows no addresses"], True)


def test_a_kernel_without_a_device_tree(machine):
    (machine.folder / "core").mkdir()
    assert machine.compare() == (["reserved-memory: not compared, as this kernel shows no device tree"], True)


@pytest.mark.parametrize("tool", ["od", "hexdump", "xxd", None])
def test_whatever_reads_bytes_there(machine, tool, tmp_path):
    """busybox may have any of them."""
    machine.boot([BUFFER, RING0._replace(address=0x7C4F0000), RING1, IMAGE])
    bin = tmp_path / "bin"
    bin.mkdir()
    for name in ("tr", "cut", "grep", "sed", "head", "sh", "bash"):
        (bin / name).symlink_to(f"/usr/bin/{name}")
    machine.path = str(bin)
    if tool is None:
        said = "not compared, as there is none of od, hexdump and xxd on the board"
        assert machine.compare() == ([f"reserved-memory: {said}"], True)
        return
    if not os.path.exists(f"/usr/bin/{tool}"):
        pytest.skip(f"no {tool} here")
    (bin / tool).symlink_to(f"/usr/bin/{tool}")
    assert machine.compare() == (DIFFERENT["a ring elsewhere"][1], False)


class Kernel(NamedTuple):
    release: str
    kind: str
    modules: str = ""


@pytest.mark.parametrize("kernel", [
    Kernel("6.12.20-lts-next-gdfaf2136deb2", "NXP's BSP or made of it"),
    Kernel("6.1.1+g29549c7073bf", "NXP's BSP or made of it"),
    Kernel("5.15.71-imx8mp+", "NXP's BSP or made of it"),
    Kernel("6.6.36", "NXP's BSP or made of it", "imx_rpmsg_tty rpmsg_char"),
    Kernel("6.12.117+deb12-arm64", "mainline 6.12"),
    Kernel("6.12", "mainline 6.12"),
    Kernel("7.2.13", "mainline 7.x"),
    Kernel("6.1.0-57-arm64", "other than those that this project tests"),
    Kernel("6.120.1", "other than those that this project tests"),
], ids=lambda k: k.release)
def test_which_kernel_it_is(machine, tmp_path, kernel):
    (tmp_path / "bin").mkdir()
    for name, text in {"uname": f"echo {kernel.release}",
                       "modprobe": f'case " {kernel.modules} " in *" $2 "*) exit 0 ;; *) exit 1 ;; esac'}.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    machine.path = f"{tmp_path}/bin:{machine.path}"
    machine.boot(DSP)
    tree = machine.folder / "device-tree"
    (tree / "model").write_bytes(b"NXP i.MX8MPlus EVK board\0")
    (tree / "compatible").write_bytes(b"fsl,imx8mp-evk\0fsl,imx8mp\0")

    def said(driver):
        done = machine.run(f'. {LIB}/memory-on-board.sh; . {LIB}/kernel-on-board.sh; say_kernel {driver}')
        assert done.stderr == ""
        return done.stdout.splitlines()

    first, model, modules, *notes = said("imx-dsp-rproc")
    assert first.startswith(f"kernel: {kernel.release}, {kernel.kind}")
    assert model == "device tree: NXP i.MX8MPlus EVK board"
    assert modules.startswith("modules for channels: " + (" ".join(sorted(kernel.modules.split(), reverse=True)) or "none; missing: rpmsg_tty"))
    assert ("imx_rpmsg_pingpong" in modules) == ("NXP" in kernel.kind)
    # NXP's Trusted Firmware sets it up; from 7.x on the device tree says that Linux does.
    expected = [] if "NXP" in kernel.kind else [
        "note: this kernel does not set up AIPSTZ5, by which the DSP reaches its mailbox: the start may end in -110; "
        "see '8M Plus DSP before 7.x' in docs/device-tree/README.md"]
    assert notes == expected
    assert "\n## 8M Plus DSP before 7.x\n" in (ROOT / "docs/device-tree/README.md").read_text()
    bus = tree / "soc@0/bus@30c00000"
    bus.mkdir(parents=True)
    (bus / "compatible").write_bytes(b"fsl,imx8mp-aipstz\0")
    assert said("imx-dsp-rproc")[3:] == [
        "note: the mailbox is behind AIPSTZ5, and this kernel has no driver of it: build it with CONFIG_IMX_AIPSTZ=y"]
    assert said("imx-rproc")[3:] == []
