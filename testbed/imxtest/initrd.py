# SPDX-License-Identifier: MIT OR Apache-2.0
"""Initial RAM disks: cpio archives in the "newc" format that the kernel unpacks.

The kernel takes several archives one after the other, compressed or not, so a cached base and a
few files of one run need only be joined.

    python3 -m imxtest.initrd FOLDER >archive.cpio      (from testbed/)
"""

import stat
import sys
from pathlib import Path


def archive(files):
    """The archive of {path: (mode, content)}; folders on the way are added, all owned by root."""
    folders = {str(parent) for path in files for parent in Path(path).parents} - {"."}
    entries = {folder: (stat.S_IFDIR | 0o755, b"") for folder in folders}
    entries.update(files)
    out = bytearray()
    for inode, path in enumerate(sorted(entries), start=1):
        _add(out, inode, path, *entries[path])
    _add(out, 0, "TRAILER!!!", 0, b"")
    return bytes(out)


def of_folder(folder):
    """The archive of a folder's regular files and symbolic links."""
    files = {}
    for path in sorted(Path(folder).rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            files[name] = (stat.S_IFLNK | 0o777, str(path.readlink()).encode())
        elif path.is_file():
            files[name] = (stat.S_IFREG | (path.stat().st_mode & 0o777), path.read_bytes())
    return archive(files)


def join(*archives):
    """One image of several archives; the kernel expects each to start at a multiple of four."""
    return b"".join(part + bytes(-len(part) % 4) for part in archives)


def _add(out, inode, path, mode, content):
    name = path.encode() + b"\0"
    links = 1
    fields = (inode, mode, 0, 0, links, 0, len(content), 0, 0, 0, 0, len(name), 0)
    out += b"070701" + b"".join(b"%08X" % field for field in fields)
    for part in (name, content):
        out += part
        out += bytes(-len(out) % 4)


if __name__ == "__main__":
    sys.stdout.buffer.write(of_folder(sys.argv[1]))
