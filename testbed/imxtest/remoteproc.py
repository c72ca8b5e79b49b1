# SPDX-License-Identifier: MIT OR Apache-2.0
"""What imx_dsp_rproc and the remoteproc core do to an i.MX8MP DSP, in their order.

The loader's oddities are kept, since firmware must live with them: 32-bit stores, a partial last
word whose mask has one bit too many, and a .bss clear that covers a quarter of what it should.
"""

from typing import NamedTuple

from .elf import PT_LOAD, Elf
from .resource_table import ANY_ADDRESS, STATUS_OFFSET, VIRTIO_ID_RPMSG, ResourceTable
from .vring import PAGE, Vring

READY_REQUEST = 0  # the general-purpose request that says "firmware is up"

SUSPEND_SYSTEM = 0xFF11
SUSPEND_ACK = 0xFF12


class BootError(Exception):
    """Linux would not start this firmware; the message is Linux's."""


class Carveout(NamedTuple):
    name: str
    address: int  # the same for both processors on this SoC
    size: int


# imx_dsp_rproc_att_imx8mp's own ranges, and the memory-regions of imx8mp-evk.dts.
LOCAL = (
    Carveout("dsp_mem", 0x3B6E8000, 0x8000),
    Carveout("dsp_mem", 0x3B6F0000, 0x8000),
    Carveout("dsp_mem", 0x3B6F8000, 0x800),
    Carveout("dsp_mem", 0x3B700000, 0x40000),
)
REGIONS = (
    Carveout("vdev0vring0", 0x942F0000, 0x8000),
    Carveout("vdev0vring1", 0x942F8000, 0x8000),
    Carveout("dsp_reserved", 0x92400000, 0x1000000),
)
BUFFERS = Carveout("vdev0buffer", 0x94300000, 0x100000)


class Remoteproc:
    """remoteproc0: loads, starts and stops the firmware.

    `updates_table` is False for kernels up to 6.1, whose driver leaves the firmware's own copy of
    the resource table alone: no ring addresses, no notify ids, no status ever appear in it.
    """

    def __init__(self, memory, link, firmware, *, updates_table=True):
        self.memory, self.link, self.updates_table = memory, link, updates_table
        self.elf = Elf(firmware)
        self.carveouts = LOCAL + REGIONS
        section = self.elf.section(".resource_table")
        self.table = ResourceTable(self.elf.bytes_of(section)) if section else None
        self.table_address = section.addr if section and updates_table else None
        self.running = False

    # Loading

    def load(self):
        """Everything up to, not including, the release of the core."""
        self.link.set_core(reset=self.link.core & 1 != 0, stalled=True)
        self._pulse_reset()
        for carveout in self.carveouts:
            self.memory.zero(carveout.address, carveout.size)
        self._assign_notify_ids()
        self.load_segments()
        if self.table_address is not None:
            self._check_inside(self.table_address, len(self.table.data))
            self.memory.write(self.table_address, self.table.data)

    def _pulse_reset(self):
        self.link.set_core(reset=True, stalled=True)
        self.link.set_core(reset=False, stalled=True)

    def load_segments(self):
        """Copies the segments alone, as a resume does too."""
        for s in self.elf.segments:
            if s.type != PT_LOAD or s.memsz == 0:
                continue
            if s.filesz > s.memsz:
                raise BootError(f"bad phdr filesz {s.filesz:#x} memsz {s.memsz:#x}")
            if s.offset + s.filesz > len(self.elf.data):
                raise BootError(f"truncated fw: need {s.offset + s.filesz:#x} avail {len(self.elf.data):#x}")
            self._check_inside(s.paddr, s.memsz)
            if s.filesz:
                self._copy(s.paddr, self.elf.data[s.offset : s.offset + s.filesz])
            if s.memsz > s.filesz:
                self._clear(s.paddr + s.filesz, s.memsz - s.filesz)

    def _check_inside(self, address, length):
        if not any(c.address <= address and address + length <= c.address + c.size for c in self.carveouts):
            raise BootError(f"bad phdr da {address:#x} mem {length:#x}")

    def _copy(self, address, data):
        if address % 4:
            raise BootError(f"memory copy failed for da {address:#x}")
        whole = len(data) // 4 * 4
        self.memory.write(address, data[:whole])
        if tail := len(data) - whole:
            mask = (2 << 8 * tail) - 1 & 0xFFFFFFFF
            word = int.from_bytes(data[whole:].ljust(4, b"\0"), "little")
            self.memory.write32(address + whole, self.memory.read32(address + whole) & ~mask | word & mask)

    def _clear(self, address, length):
        if address % 4:
            raise BootError(f"memset failed for da {address:#x}")
        if words := length // 4:
            self.memory.zero(address, words + 3)
        if tail := length % 4:
            mask = (2 << 8 * tail) - 1
            at = address + length - tail
            self.memory.write32(at, self.memory.read32(at) & ~mask & 0xFFFFFFFF)

    def _assign_notify_ids(self):
        ids = iter(range(256))
        for vdev in self.table.vdevs if self.table else ():
            for vring in vdev.vrings:
                self._set_table(vring.offset + 12, next(ids).to_bytes(4, "little"), live=False)

    # Running

    def start(self, wait_ready=True):
        """Releases the core; waits for its ready doorbell, as Linux does for 50 to 100 ms."""
        requests = self.link.requests[READY_REQUEST]
        self.link.set_core(stalled=False)
        self.running = True
        if wait_ready:
            self.link.wait_for(
                lambda: self.link.requests[READY_REQUEST] > requests,
                "the ready doorbell (GIR0); Linux would say: can't start rproc imx-dsp-rproc: -110",
            )

    def stop(self):
        """Stalls the core. The virtio device must have been removed before."""
        self.link.set_core(stalled=True)
        self.running = False

    def suspend(self):
        """The suspend message; returns once the firmware has acknowledged it."""
        self.link.send_word(SUSPEND_SYSTEM)
        self.link.wait_for(
            lambda: SUSPEND_ACK in self.link.words[0], "the suspend acknowledgement (0xff12); Linux would say: -EBUSY"
        )
        self.link.words[0].remove(SUSPEND_ACK)

    # The table, for the virtio device

    @property
    def vdev(self):
        vdevs = [v for v in self.table.vdevs if v.id == VIRTIO_ID_RPMSG] if self.table else []
        if not vdevs:
            raise BootError("the firmware has no rpmsg device in its resource table")
        return vdevs[0]

    def find_vring(self, number):
        """Places and clears a ring, and tells the firmware where it is."""
        entry = self.vdev.vrings[number]
        carveout = REGIONS[number]
        ring = Vring(self.memory, carveout.address, entry.num, entry.align)
        size = -(-ring.size // PAGE) * PAGE
        inside = carveout.address <= entry.da and entry.da + size <= carveout.address + carveout.size
        if size > carveout.size or (entry.da != ANY_ADDRESS and not inside):
            raise BootError(f"{carveout.name} carveout doesn't fit ring of {size:#x} bytes at {entry.da:#x}")
        ring.clear()
        self._set_table(entry.offset, carveout.address.to_bytes(4, "little"))
        return ring

    def set_status(self, status):
        self._set_table(self.vdev.offset + STATUS_OFFSET, bytes([status]))

    def set_features(self, features):
        self._set_table(self.vdev.offset + 16, features.to_bytes(4, "little"))

    def _set_table(self, offset, data, live=True):
        self.table.data[offset : offset + len(data)] = data
        if live and self.table_address is not None:
            self.memory.write(self.table_address + offset, data)

    def trace(self):
        """The firmware's log, as debugfs' trace0 shows it; empty when it has none."""
        if self.table is None or not self.table.traces:
            return ""
        entry = self.table.traces[0]
        return self.memory.read(entry.address, entry.length).split(b"\0")[0].decode(errors="replace")
