# SPDX-License-Identifier: MIT OR Apache-2.0
"""docs/device-tree: the overlays fit the kernels' own device trees, and name what those kernels have. Nothing is booted.

Where a board can be emulated, the testbed boots with the overlay on top of the kernel's own tree: OVERLAID.
"""

import itertools
import re
import subprocess
import tomllib

import pytest
from imxtest import devicetree, paths
from imxtest.linux import KERNELS, kernel_folder

FOLDER = paths.ROOT / "docs/device-tree"

# The kernels that overlays are for, by the names that the README gives them.
SERIES = {"6.12": "6.12", "7.x": next(series for series in KERNELS if series.startswith("7."))}
# The rows of the README's table: | `imx8mp-evk-m7` | imx8mp-evk | 6.12, 7.x |
ROW = re.compile(r"^\| `([\w-]+)` \| ([\w-]+) \| ([\dx., ]+) \|", re.MULTILINE)
ROWS = ROW.findall((FOLDER / "README.md").read_text())
FITS = [(board, tree, SERIES[name]) for board, tree, kernels in ROWS for name in kernels.split(", ")]

# Those of them in which the kernel's own tree makes the overlay needless
OWN = re.findall(r"^\| `([\w-]+)` \| ([\w-]+) \|[^|]*\| 7\.x's own tree has all of it", (FOLDER / "README.md").read_text(), re.MULTILINE)

# <&clk 305>, <&pd 278> or <278>, followed by the name of dt-bindings in a comment
NUMBER = re.compile(r"<(?:&(\w+) )?(\d+)>[,;](?: /\* (\w+) \*/)?")
# Properties whose numbers are not in dt-bindings
PLAIN = ("#address-cells", "#size-cells", "assigned-clock-rates", "fsl,cpu-id", "fsl,lmm-id")
DEFINE = re.compile(r"^#define\s+(\w+)\s+(\w+)", re.MULTILINE)


def get(tree, *arguments):
    return subprocess.run(["fdtget", *arguments[:-1], tree, *arguments[-1]],
                          capture_output=True, text=True, check=True).stdout.split()


def reserved(tree):
    """{path: (first, one after the last)} of the reserved memory that is in use and has a place."""
    found = {}
    for name in get(tree, "-l", ["/reserved-memory"]):
        path = f"/reserved-memory/{name}"
        properties = get(tree, "-p", [path])
        if "reg" not in properties or ("status" in properties and get(tree, [path, "status"]) == ["disabled"]):
            continue
        high, low, size_high, size = (int(word, 16) for word in get(tree, "-t", "x", [path, "reg"])[:4])
        start = high << 32 | low
        found[path] = (start, start + (size_high << 32 | size))
    return found


def numbers(series):
    """The numbers in the dt-bindings of a kernel that scripts/setup/linux.sh keeps (BINDINGS)."""
    bindings = kernel_folder(series) / "own/dt-bindings"
    defined = dict(pair for file in bindings.rglob("*.h") for pair in DEFINE.findall(file.read_text()))

    def value(name):
        return value(defined[name]) if name in defined else int(name, 0)

    return {name: value(name) for name, text in defined.items() if text in defined or text[0].isdigit()}


def test_the_readme_has_every_overlay():
    assert sorted(board for board, _, _ in ROWS) == sorted(path.stem for path in FOLDER.glob("*.dtso"))


@pytest.mark.parametrize(("board", "tree", "series"), FITS, ids=[f"{b}-{s}" for b, _, s in FITS])
def test_an_overlay_fits_the_kernels_own_tree(board, tree, series, tmp_path):
    base = kernel_folder(series) / f"own/{tree}.dtb"
    laid = devicetree.overlaid(base, [FOLDER / f"{board}.dtso"], tmp_path)
    before, after = reserved(base), reserved(laid)
    new = {path: place for path, place in after.items() if before.get(path) != place}
    for (path, (start, end)), (other, (first, last)) in itertools.product(new.items(), after.items()):
        assert path == other or end <= first or last <= start, f"{path} overlaps {other}"


@pytest.mark.parametrize(("board", "tree"), OWN, ids=[board for board, _ in OWN])
def test_a_tree_that_needs_no_overlay_has_the_board_files_memory(board, tree):
    nodes = {path.rsplit("/", 1)[1]: place for path, place in reserved(kernel_folder(SERIES["7.x"]) / f"own/{tree}.dtb").items()}
    carveouts = tomllib.loads((paths.ROOT / f"boards/{board}.toml").read_text())["carveout"]
    wanted = {f"{c['name']}@{c['linux']:x}": (c["linux"], c["linux"] + c["size"]) for c in carveouts if c["role"] != "pool"}
    assert wanted.items() <= nodes.items()


@pytest.mark.parametrize("series", SERIES.values())
@pytest.mark.parametrize("source", sorted(FOLDER.glob("*.dtso")), ids=lambda path: path.stem)
def test_numbers_are_those_of_dt_bindings(source, series):
    known = numbers(series)
    for line in source.read_text().splitlines():
        if any(name in line for name in PLAIN):
            continue
        for provider, number, name in NUMBER.findall(line):
            assert name in known, f"{source.name}: <{provider} {number}> is not followed by a name of dt-bindings"
            assert int(number) == known[name], f"{source.name}: {name} is {known[name]}"
