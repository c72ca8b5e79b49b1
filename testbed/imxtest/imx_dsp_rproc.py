# SPDX-License-Identifier: MIT OR Apache-2.0
"""What imx_dsp_rproc does to a HiFi4.

The loader's oddities are kept, since firmware must live with them: 32-bit stores, a partial last
word whose mask has one bit too many, and a .bss clear that covers a quarter of what it should.
"""

from .remoteproc import BootError, Carveout, Remoteproc

SUSPEND_SYSTEM = 0xFF11
SUSPEND_ACK = 0xFF12
RESUME_ACK = 0xFF14


class ImxDspRproc(Remoteproc):
    """`updates_table` is False for kernels up to 6.1, whose driver leaves the firmware's own copy of
    the resource table alone: no ring addresses, no notify ids, no status ever appear in it.
    """

    NAME = "imx-dsp-rproc"
    ACCEPTED = 0b0001  # rxdb

    def __init__(self, *args, updates_table=True, **options):
        self.updates_table = updates_table
        super().__init__(*args, **options)

    def _prepare(self):
        named = [r for r in self.board.regions if r.name != "vdev0buffer"]
        known = [("dsp_mem", r.linux, r.size) for r in self.board.rows if r.own] + named
        return [Carveout(name, self._device(linux, size), linux, size) for name, linux, size in known]

    def _device(self, linux, size):
        device = self.board.sys_to_da(linux, size)
        if device is None:
            raise BootError("failed on imx_dsp_rproc_add_carveout")
        return device

    # Loading

    def _load(self):
        self.link.set_core(reset=self.link.core & 1 != 0, stalled=True)
        self.link.set_core(reset=True, stalled=True)
        self.link.set_core(reset=False, stalled=True)
        for carveout in self.carveouts:
            self.memory.zero(carveout.linux, carveout.size)
        self.load_segments()

    def _find_loaded_table(self):
        return self._loaded_section() if self.updates_table else None

    def _is_loaded(self, segment):
        return super()._is_loaded(segment) and segment.memsz != 0

    def _copy(self, segment, linux, data):
        if linux % 4:
            raise BootError(f"memory copy failed for da {segment.paddr:#x}")
        whole = len(data) // 4 * 4
        self.memory.write(linux, data[:whole])
        if tail := len(data) - whole:
            mask = (2 << 8 * tail) - 1 & 0xFFFFFFFF
            word = int.from_bytes(data[whole:].ljust(4, b"\0"), "little")
            self.memory.write32(linux + whole, self.memory.read32(linux + whole) & ~mask | word & mask)

    def _clear(self, segment, linux, length):
        if linux % 4:
            raise BootError(f"memset failed for da {segment.paddr:#x}")
        if words := length // 4:
            self.memory.zero(linux, words + 3)
        if tail := length % 4:
            mask = (2 << 8 * tail) - 1
            at = linux + length - tail
            self.memory.write32(at, self.memory.read32(at) & ~mask & 0xFFFFFFFF)

    # Running

    def _release(self):
        if self.board.starts_at_entry and self.elf.entry != self.board.start:
            raise BootError(f"the SCU would start the core at {self.elf.entry:#x}, its vectors are at {self.board.start:#x}")
        self.link.set_core(stalled=False)

    def _halt(self):
        self.link.set_core(stalled=True)

    def kick_word(self, vqid):
        return vqid

    def is_kick(self, word):
        return word not in (SUSPEND_ACK, RESUME_ACK)

    def resume(self, *, early_kick=False):
        """imx_dsp_resume, imx_dsp_load_firmware: the core is off, comes back with its segments and nothing else loaded
        anew, and is kicked at once, without waiting for the firmware. `early_kick`: it has not begun by then.
        """
        self.link.set_core(reset=True, stalled=True)
        self.link.set_core(reset=False, stalled=True)
        self.load_segments()
        if early_kick and self.link.tx_empty(self.board.channel):
            # A word that the core has left unread is as good as this one.
            self.kick(0)
        self._release()
        if not early_kick:
            self.kick(0)

    def recover(self):
        """rproc_boot_recovery up to 6.12: a core that was told has crashed is neither stopped nor reset, and its memory
        not cleared. The virtio device must have been removed before.
        """
        requests = self.link.requests[self.ready_request]
        self.table = self._table_of_elf()
        self._assign_notify_ids()
        self.load_segments()
        if self.table_address is not None:
            self.memory.write(self.table_address, self.table.data)
        self.link.wait_for(
            lambda: self.link.requests[self.ready_request] > requests,
            f"the ready doorbell (GIR{self.ready_request}); Linux: can't start rproc {self.NAME}: -110",
        )

    def suspend(self):
        """The suspend message; returns once the firmware has acknowledged it."""
        words = self.link.words[self.board.channel]
        self.link.send_word(SUSPEND_SYSTEM, self.board.channel)
        self.link.wait_for(
            lambda: SUSPEND_ACK in words, "the suspend acknowledgement (0xff12); Linux would say: -EBUSY"
        )
        words.remove(SUSPEND_ACK)
