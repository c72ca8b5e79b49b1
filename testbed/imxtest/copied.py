# SPDX-License-Identifier: MIT OR Apache-2.0
"""A copy of the sources, for tests that change it or build in it as a user does."""

import hashlib
import shutil
from pathlib import Path

from .paths import ROOT, cache

# Not the sources, or what is made of them.
LEFT_OUT = (".git", "target")


class Tree:
    """A copy of the sources, always in the same place: what was built of it, and has not changed, is not built again.

    Not below the sources, whose .cargo/config.toml would hold for the copy beside its own; and not where another tree's
    copy is, whose files may be newer and different.
    """

    def __init__(self):
        self.above = cache() / "copies" / hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
        self.root = self.above / "imx-rpmsg"
        self.renew()

    def renew(self):
        """As it is when it has just been cloned, but for what cargo keeps; nothing is beside it."""
        target = self.root / "target"
        target.mkdir(parents=True, exist_ok=True)
        for folder, kept in ((self.above, self.root), (self.root, target)):
            for old in folder.iterdir():
                if old != kept:
                    shutil.rmtree(old) if old.is_dir() else old.unlink()
        shutil.rmtree(target / "firmware", ignore_errors=True)
        shutil.copytree(ROOT, self.root, ignore=_left_out, dirs_exist_ok=True)


def _left_out(folder, names):
    return LEFT_OUT if Path(folder) == ROOT else [name for name in names if name == "__pycache__"]
