# SPDX-License-Identifier: MIT OR Apache-2.0
"""The resource table in its region: whose it is, by who started the Cortex-M."""

import pytest
from imxtest import built
from imxtest.boards import CORTEX_M_DRIVER
from imxtest.fakelinux import play_sample, play_tty
from imxtest.resource_table import ANY_ADDRESS, STATUS_OFFSET, ResourceTable

TABLE_SIZE = 256
# The word that is 0 in what Linux copies, and that the firmware sets when it has started.
MARK = 252
# fw_rsc_vdev_vring::pa, which Linux may write and no firmware does
VRING_PA = 16


def has_region(board):
    return board.region("rsc-table") is not None


def started_by_linux(board):
    return has_region(board) and board.linux_starts


def is_cortex_m(board):
    return board.driver == CORTEX_M_DRIVER


def region(linux):
    return linux.memory.read(linux.board.region("rsc-table").linux, TABLE_SIZE)


def is_fresh(table, elf):
    """What the ELF has, but for the mark."""
    return table[:MARK] == bytes(elf.data[:MARK]) and any(table[MARK:])


@pytest.mark.boards(keep=started_by_linux)
def test_what_linux_has_copied_there_is_left_alone(power_on, board):
    linux = power_on()
    linux.rproc.load()
    written = linux.rproc.table
    assert not any(written.data[MARK:TABLE_SIZE])
    pa = written.vdevs[0].vrings[1].offset + VRING_PA
    linux.memory.write32(board.region("rsc-table").linux + pa, 0x12345678)
    linux.rproc.start()
    assert region(linux)[:pa] == written.data[:pa]
    assert region(linux)[pa : pa + 4] == b"\x78\x56\x34\x12"
    assert any(region(linux)[MARK:])
    play_sample(linux.probe(), 10)


def elsewhere(board):
    """A device tree that has the region just after where the board file has it."""
    moved = (r._replace(linux=r.linux + r.size) if r.name == "rsc-table" else r for r in board.regions)
    return board._replace(regions=tuple(moved))


def nowhere(board):
    """A device tree without the region: Linux keeps the table in the image."""
    return board._replace(regions=tuple(r for r in board.regions if r.name != "rsc-table"))


@pytest.mark.boards(keep=started_by_linux)
@pytest.mark.parametrize("device_tree", [elsewhere, nowhere])
@pytest.mark.parametrize("filled", [b"\0", b"\xa5", b"rpmK"], ids=lambda b: b.hex())
def test_memory_in_which_linux_has_no_table_is_not_written(power_on, board, device_tree, filled):
    """Such as RAM that Linux uses: the board file is of another device tree."""
    linux = power_on(device_tree(board))
    region = board.region("rsc-table")
    content = filled * (region.size // len(filled))
    linux.memory.write(region.linux, content)
    linux.boot()
    device = board.sys_to_da(region.linux, region.size) or region.linux
    linux.wait_trace(f"Linux has its resource table elsewhere than at {device:#x}, the rsc-table of boards/{board.name}.toml")
    if device_tree is nowhere:
        play_sample(linux.probe(), 10)
    assert linux.memory.read(region.linux, region.size) == content


@pytest.mark.boards(keep=has_region)
@pytest.mark.parametrize("filled", [b"\0", b"\xff", b"\xa5"], ids=lambda b: b.hex())
def test_a_firmware_that_uboot_starts_writes_its_table(power_on, board, filled):
    linux = power_on()
    linux.memory.write(board.region("rsc-table").linux, filled * TABLE_SIZE)
    elf = linux.rproc.table
    linux.rproc.start_by_uboot()
    assert is_fresh(region(linux), elf)
    linux.rproc.attach()
    play_sample(linux.probe(), 100)
    assert play_tty(linux.bus) == "TTY 0x0401: Hello"


@pytest.mark.boards(keep=is_cortex_m)
def test_the_flat_image_that_uboot_copies_runs(power_on, board):
    linux = power_on()
    linux.boot_by_uboot(built.firmware(board.name, suffix=".bin"))
    play_sample(linux.probe(), 100)
    assert play_tty(linux.bus) == "TTY 0x0401: Hello"


@pytest.mark.boards(keep=has_region)
def test_a_table_that_a_dead_linux_left_is_replaced(power_on):
    """Linux dies in the middle of a session, U-Boot starts the firmware again: with or without loading it anew."""
    linux = power_on()
    linux.boot()
    elf = ResourceTable(linux.rproc.elf.bytes_of(linux.rproc.elf.section(".resource_table")))
    for load in (True, False):
        play_sample(linux.probe(), 10)
        linux.rproc.start_by_uboot(load=load)
        assert is_fresh(region(linux), elf)
        linux.rproc.attach()
    play_sample(linux.probe(), 10)


@pytest.mark.boards(keep=has_region)
def test_a_new_linux_attaches_to_a_firmware_that_ran_on(power_on):
    """Linux dies and comes back; the firmware and its table, with the old status and rings, were there all the time."""
    linux = power_on()
    linux.boot()
    for _ in range(3):
        play_sample(linux.probe(), 10)
        linux.rproc.attach()
        vdev = linux.rproc.vdev
        assert linux.rproc.table.data[vdev.offset + STATUS_OFFSET] != 0
        assert all(ring.da != ANY_ADDRESS for ring in vdev.vrings)
        # register_virtio_device resets the device before a driver gets it
        linux.rproc.set_status(0)
    play_sample(linux.probe(), 10)


@pytest.mark.boards(keep=started_by_linux)
def test_what_was_attached_to_can_be_stopped_and_started(power_on):
    linux = power_on()
    linux.boot_by_uboot()
    for _ in range(2):
        play_sample(linux.probe(), 10)
        linux.stop()
        linux.boot()
    play_sample(linux.probe(), 10)
