# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the remoteproc core does with a remote core, in its order; what differs is in the drivers.

Addresses are Linux's unless they are called device addresses ("da" where the kernel calls them so).
"""

from typing import NamedTuple

from .elf import PT_LOAD, Elf
from .resource_table import ANY_ADDRESS, STATUS_OFFSET, VIRTIO_ID_RPMSG, ResourceTable
from .vring import PAGE, Vring

# imx_rproc and imx_dsp_rproc know only this vdev's carveouts by name.
VRINGS = ("vdev0vring0", "vdev0vring1")


class BootError(Exception):
    """Linux would not start this firmware; the message is Linux's."""


class Carveout(NamedTuple):
    """struct rproc_mem_entry: memory that the core registers for the remote processor."""

    name: str
    device: int
    linux: int
    size: int


class Remoteproc:
    """remoteproc0 of a board: loads, starts and stops the firmware. The drivers are subclasses.

    `rings_at`: the rings come from dma_alloc_coherent at this address, as they do where the device
    tree's names give the core no carveouts for them. `rings_told_at`: what the firmware is told in
    place of the truth.
    """

    NAME = ""  # of the rproc, as its messages say it
    ACCEPTED = 0  # mask of the MU's requests that the driver's mailbox channels clear

    def __init__(self, board, memory, link, firmware, *, rings_at=None):
        self.board, self.memory, self.link, self.rings_at = board, memory, link, rings_at
        self.rings_told_at = None
        self.elf = Elf(firmware)
        self.carveouts = self._prepare()
        self.table = self._table_of_elf()
        self.table_address = None  # of the copy that the firmware sees, while there is one

    # What a driver defines

    def _prepare(self):
        """The carveouts that the driver registers."""
        raise NotImplementedError

    def _load(self):
        """ops->load, with what it does to the core and its memory before."""
        raise NotImplementedError

    def _find_loaded_table(self):
        """ops->find_loaded_rsc_table: the address of the table that the firmware sees, or None."""
        raise NotImplementedError

    def _release(self):
        """ops->start as far as the core sees it."""
        raise NotImplementedError

    def _halt(self):
        """ops->stop as far as the core sees it."""
        raise NotImplementedError

    def kick_word(self, vqid):
        """What ops->kick sends."""
        raise NotImplementedError

    def is_kick(self, word):
        """Whether the driver looks at both rings for this word of the firmware's."""
        return True

    @property
    def ready_request(self):
        """The general-purpose request that says "firmware is up"."""
        return self.board.channel

    # Addresses

    def da_to_linux(self, da, length):
        """rproc_da_to_va: where Linux finds the device's memory, or None. It must lie in one carveout."""
        for c in self.carveouts:
            if c.device <= da and da + length <= c.device + c.size:
                return c.linux + da - c.device
        return None

    # Loading

    def load(self):
        """Everything up to, not including, the release of the core."""
        self.table, self.table_address = self._table_of_elf(), None
        self._assign_notify_ids()
        self._load()
        self.table_address = self._find_loaded_table()
        if self.table_address is not None:
            self.memory.write(self.table_address, self.table.data)

    def load_segments(self):
        """The walk over the program headers that both drivers' loaders share."""
        for s in self.elf.segments:
            if not self._is_loaded(s):
                continue
            if s.filesz > s.memsz:
                raise BootError(f"bad phdr filesz {s.filesz:#x} memsz {s.memsz:#x}")
            if s.offset + s.filesz > len(self.elf.data):
                raise BootError(f"truncated fw: need {s.offset + s.filesz:#x} avail {len(self.elf.data):#x}")
            linux = self.da_to_linux(s.paddr, s.memsz)
            if linux is None:
                raise BootError(f"bad phdr da {s.paddr:#x} mem {s.memsz:#x}")
            if s.filesz:
                self._copy(s, linux, self.elf.data[s.offset : s.offset + s.filesz])
            if s.memsz > s.filesz:
                self._clear(s, linux + s.filesz, s.memsz - s.filesz)

    def _is_loaded(self, segment):
        return segment.type == PT_LOAD

    def _copy(self, segment, linux, data):
        raise NotImplementedError

    def _clear(self, segment, linux, length):
        raise NotImplementedError

    def _table_of_elf(self):
        section = self.elf.section(".resource_table")
        return ResourceTable(self.elf.bytes_of(section)) if section else None

    def _loaded_section(self):
        """rproc_elf_find_loaded_rsc_table"""
        section = self.elf.section(".resource_table")
        if section is None:
            return None
        address = self.da_to_linux(section.addr, section.size)
        if address is None:
            raise BootError(f"the resource table at {section.addr:#x} is outside of what Linux maps")
        return address

    def _assign_notify_ids(self):
        ids = iter(range(256))
        for vdev in self.table.vdevs if self.table else ():
            for vring in vdev.vrings:
                self._set_table(vring.offset + 12, next(ids).to_bytes(4, "little"))

    # Running

    def start(self, wait_ready=True):
        """Releases the core; waits for its ready doorbell unless told otherwise."""
        requests = self.link.requests[self.ready_request]
        if wait_ready and self.link.request_pending(self.ready_request):
            # What nobody accepts stays pending, and could not be raised again for us to hear.
            self.link.accept(1 << self.ready_request)
        self.link.accept_mask = self.ACCEPTED
        self._release()
        if wait_ready:
            self.link.wait_for(
                lambda: self.link.requests[self.ready_request] > requests,
                f"the ready doorbell (GIR{self.ready_request}); Linux: can't start rproc {self.NAME}: -110",
            )

    def stop(self):
        """echo stop > state. The virtio device must have been removed before."""
        self._halt()
        self.table_address = None

    def kick(self, vqid):
        """ops->kick; waits until the firmware has read the word before, as Linux does for 100 ms."""
        self.link.send_word(self.kick_word(vqid), self.board.channel)

    # The table, for the virtio device

    @property
    def vdev(self):
        vdevs = [v for v in self.table.vdevs if v.id == VIRTIO_ID_RPMSG] if self.table else []
        if not vdevs:
            raise BootError("the firmware has no rpmsg device in its resource table")
        return vdevs[0]

    def find_vring(self, number):
        """rp_find_vq: clears a ring, and tells the firmware where it is."""
        entry = self.vdev.vrings[number]
        carveout = self._ring_carveout(number)
        ring = Vring(self.memory, carveout.linux, entry.num, entry.align)
        size = -(-ring.size // PAGE) * PAGE
        inside = carveout.device <= entry.da and entry.da + size <= carveout.device + carveout.size
        # A ring that the core allocates itself may be elsewhere than the table wants; Linux only warns.
        wanted = entry.da != ANY_ADDRESS and self.rings_at is None
        if size > carveout.size or (wanted and not inside):
            raise BootError(f"{carveout.name} carveout doesn't fit ring of {size:#x} bytes at {entry.da:#x}")
        ring.clear()
        told = carveout.device if self.rings_told_at is None else self.rings_told_at + number * 0x8000
        self._set_table(entry.offset, told.to_bytes(4, "little"))
        return ring

    def _ring_carveout(self, number):
        """rproc_alloc_vring: by name, else dma_alloc_coherent, whose address counts as the device's."""
        name = VRINGS[number]
        if self.rings_at is not None:
            address = self.rings_at + number * 0x8000
            return Carveout(name, address, address, 0x8000)
        carveout = next((c for c in self.carveouts if c.name == name), None)
        if carveout is None:
            raise BootError(f"no carveout named {name}: say by rings_at where dma_alloc_coherent finds memory")
        return carveout

    def set_status(self, status):
        self._set_table(self.vdev.offset + STATUS_OFFSET, bytes([status]))

    def set_features(self, features):
        self._set_table(self.vdev.offset + 16, features.to_bytes(4, "little"))

    def _set_table(self, offset, data):
        self.table.data[offset : offset + len(data)] = data
        if self.table_address is not None:
            self.memory.write(self.table_address + offset, data)

    def trace(self):
        """The firmware's log, as debugfs' trace0 shows it; empty when it has none."""
        if self.table is None or not self.table.traces:
            return ""
        entry = self.table.traces[0]
        linux = self.da_to_linux(entry.address, entry.length)
        if linux is None:
            return f"Trace {entry.name} not available\n"
        return self.memory.read(linux, entry.length).split(b"\0")[0].decode(errors="replace")
