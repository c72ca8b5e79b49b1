# SPDX-License-Identifier: MIT OR Apache-2.0
"""scripts/load.sh against an ssh server in the emulated Linux: what loads, and what is said when it does not."""

import re
import subprocess

import pytest
from imxtest import built
from imxtest.elf import Elf
from imxtest.linux import REMOTEPROC, Testbed
from sshd import Sshd, files

NAME = "imx8mp-evk-dsp"
RESET = 0x3B6F8000


@pytest.fixture(scope="module")
def board():
    with Testbed("6.12", built.path(NAME), NAME, extra_files=files("6.12")) as board:
        yield board


@pytest.fixture(scope="module")
def server(board, tmp_path_factory):
    with Sshd(board, tmp_path_factory.mktemp("ssh")) as server:
        yield server


@pytest.fixture
def load(script, server):
    """Runs load.sh on the board."""

    def load(*arguments, host="root@board"):
        options = [word for option in server.options for word in ("-o", option)]
        return script("load.sh", *options, "--watch", "0", *map(str, arguments[:-1]), host, str(arguments[-1]))

    return load


def test_a_connection_that_is_cut_off_leaves_the_line_to_the_next(server):
    ssh = ["ssh", *(word for option in server.options for word in ("-o", option)), "root@board"]
    for _ in range(3):
        with subprocess.Popen([*ssh, "cat /dev/zero"], stdout=subprocess.PIPE) as cut_off:
            assert cut_off.stdout.read(1000) == bytes(1000)
            cut_off.kill()
        done = subprocess.run([*ssh, "echo hello"], capture_output=True, text=True, check=False, timeout=60)
        assert done.stdout == "hello\n", done.stderr


def test_a_dry_run_changes_nothing(board, load):
    done = load("--dry-run", built.path(NAME))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{REMOTEPROC} is imx-dsp-rproc, offline\n" in done.stdout
    assert f"would start {REMOTEPROC}" in done.stdout
    assert board.state() == "offline"
    # What the device tree has is what the board file says, and no other lines speak of it.
    assert "reserved-memory:" not in done.stdout and "iomem:" not in done.stdout
    first, model, modules = done.stdout.splitlines()[:3]
    assert first.startswith("kernel: 6.12.") and first.endswith(", mainline 6.12")
    assert model.startswith("device tree: NXP i.MX8MPlus EVK")
    assert modules.startswith("modules for channels: rpmsg_tty ")
    assert "note: this kernel does not set up AIPSTZ5" in done.stdout


@pytest.fixture
def other_ring(board):
    """A device tree that has a ring elsewhere, as far as a program can see."""
    (node,) = board.check("ls -d /proc/device-tree/reserved-memory/vdev0vring0@*").split()
    board.check(r"printf '\0\0\0\0\x7c\x4f\0\0\0\0\0\0\0\0\x80\0' >/tmp/reg")
    board.check(f"mount --bind /tmp/reg {node}/reg")
    yield
    board.check(f"umount {node}/reg")


@pytest.fixture
def less_ram(board):
    """A board with 1 GB, as far as a program can see."""
    board.check("echo '40000000-7fffffff : System RAM' >/tmp/iomem; mount --bind /tmp/iomem /proc/iomem")
    yield
    board.check("umount /proc/iomem")


def test_a_board_with_other_memory_is_left_alone(board, load, other_ring, less_ram):
    board.run("rm -f /lib/firmware/rpmsg-demo.elf")
    for how in (["--dry-run"], []):
        done = load(*how, built.path(NAME))
        assert done.returncode == 1
        assert "reserved-memory: vdev0vring0 is at 0x7c4f0000, the board file says 0x942f0000\n" in done.stdout
        assert "iomem: vdev0buffer, 0x94300000 to 0x943fffff, is no RAM of this board: it ends at 0x7fffffff\n" in done.stdout
        assert re.search("iomem: the image, 0x924[0-9a-f]* to 0x924", done.stdout)
        assert "error: the board's memory is not what the firmware was built for" in done.stderr
        assert "--force" in done.stderr
    assert board.state() == "offline"
    board.check("! test -e /lib/firmware/rpmsg-demo.elf")
    done = load("--force", "--dry-run", built.path(NAME))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "vdev0vring0 is at 0x7c4f0000" in done.stdout and f"would start {REMOTEPROC}" in done.stdout


def test_it_loads_and_starts(board, load):
    done = load(built.path(NAME, "rpmsg-echo"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "remote processor imx-dsp-rproc is now up" in done.stdout
    assert f"{REMOTEPROC} is running rpmsg-echo.elf\n" in done.stdout
    assert board.state() == "running"
    size = built.path(NAME, "rpmsg-echo").stat().st_size
    assert board.check("wc -c </lib/firmware/rpmsg-echo.elf").strip() == str(size)


def test_it_takes_the_place_of_what_runs_and_shows_its_log(board, load):
    done = load("--board", NAME, built.path(NAME))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{REMOTEPROC} is imx-dsp-rproc, running\n" in done.stdout
    assert "stopped remote processor imx-dsp-rproc" in done.stdout
    assert "firmware: [" in done.stdout and f"on {NAME}\n" in done.stdout
    assert board.check(f"cat {REMOTEPROC}/firmware") == "rpmsg-demo.elf\n"


def test_a_file_for_another_core_does_not_leave_this_machine(board, load):
    before = len(board.dmesg())
    done = load("--board", NAME, built.path("imx8mp-evk-m7"))
    assert done.returncode == 1
    assert f"the ELF of {NAME} breaks the loader's rules" in done.stderr
    assert len(board.dmesg()) == before and board.state() == "running"


def test_who_is_not_root_is_told_so(board, load):
    done = load("--dry-run", built.path(NAME), host="guest@board")
    assert done.returncode == 1
    assert "error: only root may load firmware\n" in done.stderr and "--sudo" in done.stderr


def test_a_firmware_that_does_not_report_ready(board, load, tmp_path):
    content = bytearray(built.firmware(NAME))
    (segment,) = (s for s in Elf(bytes(content)).segments if s.paddr == RESET)
    # j . , an endless loop
    content[segment.offset : segment.offset + 3] = b"\x06\xff\xff"
    (tmp_path / "hangs.elf").write_bytes(content)
    done = load("--board", NAME, tmp_path / "hangs.elf")
    assert done.returncode == 1
    assert "error: the firmware did not report ready within 100 ms (-110)\n" in done.stderr
    assert "can't start rproc imx-dsp-rproc: -110" in done.stderr
    assert f"docs/device-tree/{NAME}.dtso" in done.stderr
    assert board.state() == "offline"


def test_a_module_that_is_missing(board, load):
    board.check("rmmod virtio_rpmsg_bus")
    board.check("mv /lib/modules/*/virtio_rpmsg_bus.ko /tmp")
    try:
        done = load(built.path(NAME))
    finally:
        board.check("mv /tmp/virtio_rpmsg_bus.ko /lib/modules/$(uname -r)/")
    assert done.returncode == 1
    assert "the kernel's module virtio_rpmsg_bus is missing" in done.stderr
    assert "CONFIG_RPMSG_VIRTIO" in done.stderr
    assert board.state() == "offline"


def test_no_remoteproc_of_that_name(board, load):
    done = load(built.path("imx8mp-evk-m7"))
    assert done.returncode == 1
    assert "refused: no-remoteproc imx-rproc; there are: imx-dsp-rproc" in done.stderr
    assert "docs/device-tree/imx8mp-evk-m7.dtso" in done.stderr


def test_a_board_that_does_not_answer(script):
    done = script("load.sh", "-o", "ProxyCommand=false", "root@board", str(built.path(NAME)))
    assert done.returncode == 1
    assert "no connection to root@board" in done.stderr
