# SPDX-License-Identifier: MIT OR Apache-2.0
"""Device trees with overlays, made by the commands that docs/device-tree/README.md gives."""

import subprocess


class TreeError(Exception):
    """An overlay does not compile, or does not fit the tree; the message is the tool's."""


def compiled(source, blob):
    """Compiles an overlay; returns the path."""
    # What is laid over the root has the root's cells, and no children with reg.
    _run("dtc", "-@", "-W", "no-avoid_unnecessary_addr_size", "-I", "dts", "-O", "dtb", "-o", blob, source)
    return blob


def overlaid(base, sources, folder):
    """Lays overlays over a tree with symbols, in their order; returns the path of the new tree in that folder."""
    tree = base
    for number, source in enumerate(sources):
        overlay = compiled(source, folder / f"{number}.dtbo")
        tree, below = folder / f"{number}.dtb", tree
        _run("fdtoverlay", "-i", below, "-o", tree, overlay)
    return tree


def _run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or done.stderr:
        raise TreeError(f"{command[0]}: {done.stderr.strip() or f'exit status {done.returncode}'}")
