# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where Linux may place rings and buffers, and where not."""

import tomllib

import pytest
from imxtest.boards import DSP_DRIVER
from imxtest.fakelinux import SAMPLE, play_sample, play_tty
from imxtest.paths import ROOT
from imxtest.remoteproc import VRINGS
from imxtest.rpmsg_bus import HEADER
from imxtest.socs import SOCS

# DDR of every board that its file gives to nobody
NOWHERE = 0x84000000


def pools(board):
    """The board file's pools: what it says of other addresses than Linux's named carveouts."""
    text = (ROOT / f"boards/{board.name}.toml").read_text()
    return [c for c in tomllib.loads(text).get("carveout", []) if c["role"] == "pool"]


def nameless(board):
    return board.nameless_in_mainline


def translates(board):
    ring = board.region(VRINGS[0])
    return board.driver == DSP_DRIVER and board.sys_to_da(ring.linux, ring.size) != ring.linux


@pytest.mark.boards(keep=nameless)
@pytest.mark.parametrize("end", [False, True], ids=["first", "last"])
def test_rings_that_linux_allocates_are_honoured(power_on, board, end):
    """Mainline's device tree: rings from Linux's pool, and on a Cortex-M the table that is in the image."""
    (pool,) = pools(board)
    rings_at = pool["linux"] + (pool["size"] - 0x10000 if end else 0)
    linux = power_on(board.unnamed(), driver={"rings_at": rings_at})
    for _ in range(2):
        linux.boot()
        play_sample(linux.probe(), 100)
        assert play_tty(linux.bus) == "TTY 0x0401: Hello"
        assert f"{rings_at:#x}" in linux.trace()
        linux.stop()


@pytest.mark.boards(keep=translates)
def test_a_ring_by_linuxs_address_is_honoured(power_on, board):
    """dma_alloc_coherent's address is Linux's, where a carveout's is translated."""
    linux = power_on(driver={"rings_at": board.region(VRINGS[0]).linux})
    linux.boot()
    play_sample(linux.probe(), 100)


@pytest.mark.parametrize("address", [NOWHERE, 0, 0xFFFF0000], ids=hex)
def test_a_ring_outside_of_every_window_is_refused_and_said(power_on, board, address):
    linux = power_on()
    linux.boot()
    linux.rproc.rings_told_at = address
    linux.probe()
    linux.wait_trace("vring0 refused")
    assert linux.bus.tx.used_idx == linux.bus.rx.used_idx == 0
    assert not any(linux.memory.read(NOWHERE, 0x10000))
    linux.remove()
    linux.rproc.rings_told_at = None
    play_sample(linux.probe(), 10)


TRAP = b"a message where no buffer is"


class Lure:
    """Descriptors that lead where no buffer may be, to a message that would be answered if they were followed."""

    def __init__(self, linux):
        self.linux, self.sent = linux, 0
        self.peer, self.client = linux.bus.wait_channel(SAMPLE), linux.bus.endpoint()
        self.message = HEADER.pack(self.client.address, self.peer, 0, len(TRAP), 0) + TRAP

    def lend(self, address, message_at=None):
        """Fails unless the firmware refuses it, says so, and serves on."""
        if message_at is not None:
            self.linux.memory.write(message_at, self.message)
        i, _ = self.linux.bus.take_tx_buffer()
        self.linux.bus.tx.lend(i, address, 512, 0)
        self.linux.bus.kick(1)
        assert self.client.exchange(self.peer, b"after") == b"after"
        self.sent += 1
        self.linux.wait_trace(f"Linux's mistake: buffer outside shared memory ({self.sent} so far)")

    def is_free(self, address):
        """Whether Linux sees memory there that the firmware has not used."""
        try:
            return len(set(self.linux.memory.read(address, 512))) == 1
        except ValueError:
            return False


def test_a_descriptor_that_leads_elsewhere(linux, board):
    """To the core's own memory by either address, a register, DDR that is nobody's, nothing."""
    lure = Lure(linux)
    ends = [(row, at) for row in board.rows if row.own for at in (row.linux, row.linux + row.size - 512)]
    free = [(row, at) for row, at in ends if lure.is_free(at)]
    assert free
    for row, at in free:
        lure.lend(at, at)
        if row.device != row.linux:
            lure.lend(row.device + at - row.linux, at)
    lure.lend(NOWHERE, NOWHERE)
    _, buffer = linux.bus.take_tx_buffer()
    lure.lend(buffer | 1 << 32, buffer)
    for address in (0, SOCS[board.name].mu_base, board.buffers.linux + board.buffers.size - 8, 0xFFFFFFF8):
        lure.lend(address)


@pytest.mark.boards(keep=translates)
def test_a_descriptor_holds_linuxs_address(linux, board):
    """What would be right for the core is refused: Linux has no such memory."""
    lure = Lure(linux)
    _, buffer = linux.bus.take_tx_buffer()
    lure.lend(board.sys_to_da(buffer, 512), buffer)
