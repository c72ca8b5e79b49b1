# SPDX-License-Identifier: MIT OR Apache-2.0
"""The memory that Linux and a core of its SoC share, by the addresses that Linux uses for it."""

import mmap
import os
import threading

from .socs import DDR_BASE

# What the two sides of the MU share; no processor sees it as memory.
MU_SIZE = 0x1000


class _File:
    """An anonymous file that both emulators map."""

    def __init__(self, name, size):
        self.size = size
        self.fd = os.memfd_create(f"imx-{name}")
        os.truncate(self.fd, size)
        self.map = mmap.mmap(self.fd, size)
        self.bytes = memoryview(self.map)
        # Elements of such a view are read and written by one access of their size.
        self.halves = self.bytes.cast("H")
        self.words = self.bytes.cast("I")

    def close(self):
        for view in (self.words, self.halves, self.bytes):
            view.release()
        self.map.close()
        os.close(self.fd)


class SharedMemory:
    """DDR and the core's local memory as anonymous files: they vanish with their users.

    A context manager. Pages cost memory only once they are touched.
    """

    def __init__(self, soc):
        self._ddr = _File("ddr", soc.ddr_size)
        self._local = _File("corelocal", sum(piece.size for piece in soc.local))
        self._mu = _File("coremu", MU_SIZE)
        self._lock = threading.Lock()
        # Where Linux sees what: first address, file, offset in it, bytes. The file of the DDR begins at the same
        # address for all SoCs, so on some it has local memory where their DDR has not begun.
        self._ranges, offset = [], 0
        for piece in soc.local:
            self._ranges.append((piece.linux, self._local, offset, piece.size))
            offset += piece.size
        self._ranges.append((DDR_BASE, self._ddr, 0, soc.ddr_size))
        self._pieces = soc.local

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for part in (self._ddr, self._local, self._mu):
            part.close()

    def power_on(self, regions):
        """Memory that nobody has written holds anything: the core's own, and reserved regions of the DDR."""
        for piece in self._pieces:
            self.write(piece.linux, b"\xa5" * piece.size)
        for region in regions:
            self.write(region.linux, b"\xa5" * min(region.size, 0x10000))

    @property
    def mu_words(self):
        """The MU's shared memory as 32-bit words, for `MuLink`."""
        return self._mu.words

    def qemu_arguments(self):
        """What makes an emulator map this memory; name `ddr` as the machine's memory-backend."""
        arguments = ["-m", f"{self._ddr.size >> 20}M"]
        for name, part in (("ddr", self._ddr), ("corelocal", self._local), ("coremu", self._mu)):
            path = f"/proc/{os.getpid()}/fd/{part.fd}"
            backend = f"memory-backend-file,id={name},share=on,size={part.size},mem-path={path}"
            arguments += ["-object", backend]
        return arguments

    def _find(self, address, length, align=1):
        for base, file, start, size in self._ranges:
            if base <= address and address + length <= base + size:
                if address % align:
                    raise ValueError(f"{address:#x} is not aligned to {align}")
                return file, start + address - base
        raise ValueError(f"no shared memory at {address:#x} for {length:#x} bytes")

    def read(self, address, length):
        part, offset = self._find(address, length)
        return bytes(part.bytes[offset : offset + length])

    def write(self, address, data):
        part, offset = self._find(address, len(data))
        part.bytes[offset : offset + len(data)] = data

    def zero(self, address, length):
        self.write(address, bytes(length))

    def read8(self, address):
        part, offset = self._find(address, 1)
        return part.bytes[offset]

    def write8(self, address, value):
        part, offset = self._find(address, 1)
        part.bytes[offset] = value

    def read16(self, address):
        part, offset = self._find(address, 2, 2)
        return part.halves[offset // 2]

    def write16(self, address, value):
        part, offset = self._find(address, 2, 2)
        part.halves[offset // 2] = value

    def read32(self, address):
        part, offset = self._find(address, 4, 4)
        return part.words[offset // 4]

    def write32(self, address, value):
        part, offset = self._find(address, 4, 4)
        part.words[offset // 4] = value

    def barrier(self):
        """Orders all accesses before with all after, as Linux's mb() does."""
        with self._lock:
            pass
