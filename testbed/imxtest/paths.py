# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where the tree, the cache folder and the emulators are."""

import functools
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def cache():
    """The cache folder, by the rule of scripts/lib/common.sh."""
    if named := os.environ.get("IMX_RPMSG_CACHE"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "imx-rpmsg"


@functools.cache
def qemu_bin():
    """The folder of our qemu-system-aarch64 and qemu-system-xtensa."""
    script = ROOT / "scripts/setup/qemu.sh"
    found = subprocess.run([script, "--path"], stdout=subprocess.PIPE, text=True, check=True)
    folder = Path(found.stdout.strip())
    if not (folder / "qemu-system-xtensa").exists():
        raise FileNotFoundError(f"{folder} has no emulators yet: run scripts/setup/qemu.sh")
    return folder
