# SPDX-License-Identifier: MIT OR Apache-2.0
"""What imx_rproc does to a Cortex-M: load and start it, or attach to one that U-Boot has started."""

from .remoteproc import BootError, Carveout, Remoteproc
from .resource_table import ResourceTable

FLAT_IMAGE = (".loaded_as", b"flat")  # what differs from the ELF: scripts/build.sh
LOADED_TABLE_SIZE = 1024  # imx_rproc_get_loaded_rsc_table


class ImxRproc(Remoteproc):
    """Nothing is ever cleared: what the firmware does not write is as it was at power-on or in the run before.

    The driver asks for no doorbell channel, so the ready doorbell stays pending until it is accepted
    for a test's sake (see `start`).
    """

    NAME = "imx-rproc"

    def _prepare(self):
        # "No need to translate pa to da, i.MX use same map"
        return [
            Carveout(r.name, r.linux, r.linux, r.size)
            for r in self.board.regions
            if r.name not in ("vdev0buffer", "rsc-table")
        ]

    def da_to_linux(self, da, length):
        """imx_rproc_da_to_va; the core then tries its carveouts."""
        linux = self._da_to_sys(da, length) if length else None
        if linux is not None and self._is_mapped(linux, length):
            return linux
        return super().da_to_linux(da, length) if length else None

    def _da_to_sys(self, da, length):
        """The first row that holds it; a row's last byte is out of reach, by the comparison's "<"."""
        for row in self.board.rows:
            if row.device <= da and da + length < row.device + row.size:
                return row.linux + da - row.device
        return None

    def _is_mapped(self, linux, length):
        """imx_rproc_addr_init maps the own rows, and the memory-regions that are not called vdev*."""
        mapped = [r for r in self.board.rows if r.own]
        mapped += [r for r in self.board.regions if not r.name.startswith("vdev")]
        return any(m.linux <= linux and linux + length < m.linux + m.size for m in mapped)

    # Loading

    def _load(self):
        self.hold()
        self.load_segments()

    def hold(self):
        """The core in reset."""
        self.link.set_core(reset=True, stalled=True)

    def _find_loaded_table(self):
        if (region := self.board.region("rsc-table")) is not None:
            return region.linux
        return self._loaded_section()

    def _copy(self, segment, linux, data):
        self.memory.write(linux, data)

    def _clear(self, segment, linux, length):
        self.memory.zero(linux, length)

    # Running

    def start(self, wait_ready=True):
        if not self.board.linux_starts:
            raise BootError(f"can't start rproc {self.NAME}: -95")
        super().start(wait_ready)

    def _release(self):
        self.link.set_core(reset=False, stalled=False)

    def _halt(self):
        if not self.board.linux_starts:
            raise BootError(f"can't stop rproc {self.NAME}: -95")
        self.hold()

    def kick_word(self, vqid):
        return vqid << 16

    # Attaching

    def start_by_uboot(self, image=None, *, load=True):
        """U-Boot's bootaux: copies `image`, by default the flat image of the ELF, and releases the core; waits until it is up.

        Without `load` the core starts with what was loaded before. Linux is not there yet, and the resource
        table's region as it was.
        """
        self.hold()
        if image is not None:
            self._write(self.board.start, image)
        elif load:
            self.copy_flat_image()
        super().start()

    def copy_flat_image(self):
        """Copies the flat image that scripts/build.sh makes for U-Boot to the core's memory."""
        for s in self.elf.segments:
            if self._is_loaded(s) and s.memsz:
                self._write(s.paddr, self.elf.data[s.offset : s.offset + s.filesz].ljust(s.memsz, b"\0"))
        name, content = FLAT_IMAGE
        self._write(self.elf.section(name).addr, content)

    def _write(self, device, data):
        linux = self._da_to_sys(device, len(data))
        if linux is None:
            raise BootError(f"bad phdr da {device:#x} mem {len(data):#x}")
        self.memory.write(linux, data)

    def attach(self):
        """rproc_attach: the table is what the firmware has put into its region, read and used in place."""
        region = self.board.region("rsc-table")
        if region is None:
            raise BootError("no rsc-table region, so nothing to attach to")
        self.table = ResourceTable(self.memory.read(region.linux, LOADED_TABLE_SIZE))
        self.table_address = region.linux
        self._assign_notify_ids()
