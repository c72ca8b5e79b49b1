# SPDX-License-Identifier: MIT OR Apache-2.0
"""docs/device-tree: each board's overlay compiles, and says of memory, mailbox and core what the board file says."""

import subprocess
import tomllib

import pytest
from conftest import ROOT

FOLDER = ROOT / "docs/device-tree"
BOARDS = sorted(path.stem for path in (ROOT / "boards").glob("*.toml"))
# The order in which the driver wants them: the virtio device takes the first as its DMA pool.
ORDER = ("buffer", "vring0", "vring1", "rsc-table")


class Overlay:
    """A compiled overlay."""

    def __init__(self, source, blob):
        # What is laid over the root has the root's cells, and no children with reg.
        done = subprocess.run(
            ["dtc", "-@", "-W", "no-avoid_unnecessary_addr_size", "-I", "dts", "-O", "dtb", "-o", blob, source],
            capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        self._blob = blob

    def _get(self, *arguments):
        return subprocess.run(["fdtget", *arguments], capture_output=True, text=True, check=True).stdout.split()

    def children(self, path):
        return self._get("-l", str(self._blob), path)

    def properties(self, path):
        return self._get("-p", str(self._blob), path)

    def words(self, path, name):
        return [int(word, 16) for word in self._get("-t", "x", str(self._blob), path, name)]

    def strings(self, path, name):
        return self._get("-t", "s", str(self._blob), path, name)

    def nodes(self, path=""):
        """The paths of all nodes that are laid over something."""
        for child in self.children(path or "/"):
            if child in ("__symbols__", "__fixups__", "__local_fixups__"):
                continue
            yield f"{path}/{child}"
            yield from self.nodes(f"{path}/{child}")


@pytest.fixture(params=BOARDS)
def board(request):
    return tomllib.loads((ROOT / f"boards/{request.param}.toml").read_text())


@pytest.fixture
def overlay(board, tmp_path):
    return Overlay(FOLDER / f"{board['name']}.dtso", tmp_path / "board.dtbo")


@pytest.fixture
def core(overlay):
    """The path of the core's node."""
    (node,) = (n for n in overlay.nodes() if "memory-region" in overlay.properties(n))
    return node


def reserved(overlay):
    """{node's name: (address, size)}, in the order of the file."""
    (parent,) = (n for n in overlay.nodes() if n.endswith("/reserved-memory"))
    found = {}
    for name in overlay.children(parent):
        assert overlay.words(parent, "#address-cells") == overlay.words(parent, "#size-cells") == [2]
        high, address, size_high, size = overlay.words(f"{parent}/{name}", "reg")
        assert (high, size_high) == (0, 0)
        assert "no-map" in overlay.properties(f"{parent}/{name}")
        found[name] = (address, size)
    return found


def test_every_overlay_is_of_a_board_and_every_board_has_one():
    assert sorted(path.stem for path in FOLDER.glob("*.dtso")) == BOARDS


def test_reserved_memory_is_the_board_files(board, overlay):
    nodes = reserved(overlay)
    # A pool is where Linux allocates when it finds no node: with the overlay it does.
    for carveout in (c for c in board["carveout"] if c["role"] != "pool"):
        name = f"{carveout['name']}@{carveout['linux']:x}"
        assert nodes.pop(name) == (carveout["linux"], carveout["size"])
        shared = "compatible" in overlay.properties(f"/fragment@0/__overlay__/reserved-memory/{name}")
        assert shared == (carveout["role"] == "buffer")
    # What is left is the image's, and free of the others.
    for address, size in nodes.values():
        for carveout in board["carveout"]:
            assert carveout["linux"] + carveout["size"] <= address or carveout["linux"] >= address + size


def test_a_hifi4s_image_has_the_board_files_memory(board, overlay):
    if board["core"] != "hifi4":
        pytest.skip("a Cortex-M's image is in its own memory")
    (image,) = (m for m in board["memory"] if m.get("role") == "image")
    (row,) = (t for t in board["translation"] if t["device"] <= image["address"] < t["device"] + t["size"])
    linux = image["address"] - row["device"] + row["linux"]
    name = f"dsp@{linux:x}"
    if name in reserved(overlay):
        assert reserved(overlay)[name] == (linux, image["size"])
    else:
        # The kernel's own node, which the memory-region refers to by its label
        assert "dsp_reserved" in overlay.properties("/__fixups__")


def test_mailbox_and_memory_region(board, overlay, core):
    assert overlay.strings(core, "mbox-names") == ["tx", "rx", "rxdb"]
    channel = board["mailbox"]["channel"]
    cells = overlay.words(core, "mboxes")
    assert [cells[i + 1 : i + 3] for i in (0, 3, 6)] == [[0, channel], [1, channel], [3, channel]]
    labels = {name: overlay.strings("/__symbols__", name)[0] for name in overlay.properties("/__symbols__")}
    phandles = {overlay.words(path, "phandle")[0]: path.rsplit("/", 1)[1] for path in labels.values()}
    regions = [phandles.get(cell) for cell in overlay.words(core, "memory-region")]
    wanted = [c for role in ORDER for c in board["carveout"] if c["role"] == role]
    assert regions[: len(wanted)] == [f"{c['name']}@{c['linux']:x}" for c in wanted]


def test_the_driver_knows_the_core(board, overlay, core):
    assert overlay.strings(core, "compatible") == [board["linux_compatible"]]
