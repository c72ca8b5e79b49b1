# SPDX-License-Identifier: MIT OR Apache-2.0
"""scripts/load.sh: the reason and the remedy by what Linux printed, and bad input. The kernel's lines are those of
drivers/remoteproc of Linux 6.12, as its format strings print them; tests/tools has what a running Linux prints."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What is printed, by the last line that matters: of the reason, and of the remedy.
KERNEL = {
    "[ 9.1] remoteproc remoteproc0: can't start rproc imx-dsp-rproc: -110\n[ 9.1] remoteproc remoteproc0: Boot failed: -110":
        ("did not report ready within 100 ms (-110)", "is the ELF for this core", "call mailbox.ready() within 100 ms",
         "docs/device-tree/README.md, '8M Plus DSP before 7.x'"),
    "remoteproc remoteproc0: bad phdr da 0x92400000 mem 0x2000\nremoteproc remoteproc0: Failed to load program segments: -22":
        ("memory that the driver does not have", "docs/device-tree/one.dtso"),
    "remoteproc remoteproc0: bad phdr filesz 0x20 memsz 0x10": ("larger in the file than in memory", "check-elf --board one"),
    "remoteproc remoteproc0: memory copy failed for da 0x3b6f8001 memsz 0x10": ("not a multiple of 4", "link/xtensa.x"),
    "remoteproc remoteproc0: memset failed for da 0x92400002 memsz 0x11": ("not a multiple of 4", "link/xtensa.x"),
    "remoteproc remoteproc0: truncated fw: need 0x100 avail 0x80": ("damaged", "build it again"),
    "remoteproc remoteproc0: Image is corrupted (bad magic)": ("damaged", "build it again"),
    "remoteproc remoteproc0: Unsupported class: 3": ("no ELF for a 32-bit core", "build it again"),
    "remoteproc remoteproc0: No loadable segments": ("nothing to load", "scripts/build.sh one"),
    "remoteproc remoteproc0: request_firmware failed: -2": ("does not find the file", "firmware_class"),
    "remoteproc remoteproc0: unsupported fw ver: 2": ("resource table", "check-elf --board one"),
    "remoteproc remoteproc0: rsc table is truncated": ("resource table", "check-elf --board one"),
    "remoteproc remoteproc0: Registered carveout doesn't fit len request": ("too small", "reserved-memory"),
    "remoteproc remoteproc0: Failed to allocate associated carveouts: -12": ("too small", "reserved-memory"),
    "rproc-virtio rproc-virtio.0.auto: Failed to associate buffer": ("messages' buffers", "shared-dma-pool"),
    "remoteproc remoteproc0: Failed to enable remote core!": ("could not be released", "prepare_mcore"),
    "imx-dsp-rproc 3b6e8000.dsp: imx_dsp_rproc_kick: failed (0, err:-62)\nrefused: no-answer": ("takes no messages", "docs/debugging.md"),
    "imx-rproc imx8mp-cm7: imx_rproc_kick: failed (0, err:-62)": ("takes no messages", "docs/debugging.md"),
    "imx-rproc imx8mp-cm7: unable to resolve memory region\nrefused: no-remoteproc imx-rproc; there are: ":
        ("a memory-region of the core's node is missing", "docs/device-tree/one.dtso"),
    "imx-rproc imx8mp-cm7: failed to request tx mailbox channel": ("mailbox is missing", "CONFIG_IMX_MBOX"),
    "imx-dsp-rproc 3b6e8000.dsp: failed to find syscon": ("by which registers", "fsl,dsp-ctrl"),
    "imx-rproc imx8mp-cm7: Failed to get clock": ("clocks or power domains", "the kernel's own device tree"),
    "refused: no-remoteproc imx-dsp-rproc; there are: imx-rproc ": ("Linux knows no such core", "docs/device-tree/one.dtso"),
    "refused: no-remoteproc-at-all": ("has no remoteproc", "CONFIG_REMOTEPROC=y and the driver imx_dsp_rproc"),
    "refused: no-driver imx_dsp_rproc": ("module imx_dsp_rproc is missing", "CONFIG_IMX_DSP_REMOTEPROC=m"),
    "refused: no-module virtio_rpmsg_bus": ("module virtio_rpmsg_bus is missing", "CONFIG_RPMSG_VIRTIO=m"),
    "reserved-memory: vdev0vring0 is at 0x7c4f0000, the board file says 0x942f0000\nrefused: other-memory: differences: 1":
        ("memory is not what the firmware was built for", "--force loads it nevertheless"),
    "refused: not-root": ("only root", "--sudo"),
    "refused: several imx-rproc: /sys/class/remoteproc/remoteproc0": ("several cores", "--remoteproc N"),
    "refused: no-write /lib/firmware": ("cannot be written", "read-only or full"),
    "refused: short-copy: 5 of 10 bytes": ("did not arrive whole", "full"),
    "refused: no-stop, it is attached": ("cannot be stopped", "boot loader"),
    "refused: start: the core is offline": ("does not know", "docs/debugging.md"),
}


@pytest.fixture
def load(box, tmp_path):
    """load.sh of the box, whose desk check finds nothing, and whose board says what a test has it say."""
    (box.tree / "tools/check-elf").mkdir(parents=True)
    (box.tree / "tools/check-elf/Cargo.toml").touch()
    box.program("cargo", 'case "$*" in *board*show*) printf "loader=imx_dsp_rproc\\nlinux_starts=yes\\n" ;; *"-- memory "*) echo memory of "${*: -2}" ;; *check-elf*) echo checked "$*" ;; esac')
    for tool in ("realpath", "stat", "tee"):
        (box.bin / tool).symlink_to(shutil.which(tool))
    (tmp_path / "fw.elf").write_text("an ELF")

    def load(*arguments, says="", status=0):
        (box.home / "says").write_text(says + "\n")
        box.program("ssh", f'printf "%s\\n" "$@" >"$HOME/asked"; cat >"$HOME/sent"; cat "$HOME/says"; exit {status}')
        return box.run("scripts/load.sh", *arguments)

    load.elf = str(tmp_path / "fw.elf")
    return load


@pytest.mark.parametrize("says", KERNEL, ids=lambda text: text.splitlines()[-1][-40:])
def test_a_refusal_is_explained(load, says):
    reason, *remedies = KERNEL[says]
    done = load("--board", "one", "root@board", load.elf, says=f"something else\n{says}\nmore", status=10)
    assert done.returncode == 1
    first, said, what_to_do = done.stderr.splitlines()[-3:]
    assert first.startswith("error: ") and reason in first
    assert said.removeprefix("  said: ") in says.splitlines()
    assert what_to_do.startswith("  remedy: ") and all(remedy in what_to_do for remedy in remedies)
    assert says in done.stdout


def test_what_is_not_known_is_said_to_be_so(load):
    done = load("--board", "one", "root@board", load.elf, says="gibberish", status=3)
    assert done.returncode == 1 and "root@board gave exit status 3" in done.stderr


def test_no_connection(load):
    done = load("--board", "one", "root@board", load.elf, says="ssh: Could not resolve hostname board", status=255)
    assert done.returncode == 1 and "no connection to root@board" in done.stderr


def test_the_file_goes_by_the_one_connection(load, box):
    done = load("--board", "one", "-o", "Port=2222", "--watch", "7", "root@board", load.elf)
    assert done.returncode == 0, done.stderr
    assert "checked run -p check-elf -- --board one" in done.stderr
    script = (box.home / "sent").read_text()
    assert script.endswith('is running $FILE"an ELF')
    asked = (box.home / "asked").read_text()
    assert asked.startswith("-T\n-o\nPort=2222\n-o\nConnectTimeout=")
    assert "\nroot@board\n'sh' '-c' '" in asked
    memory = f"memory of one {load.elf}"
    length = len(script) - len("an ELF")
    assert asked.rstrip().endswith(f"'load-on-board' '{length}' 'load' 'imx-dsp-rproc' 'fw.elf' '6' '7' '{memory}' 'no'")


def test_a_dry_run_sends_nothing(load, box):
    assert load("--board", "one", "--dry-run", "--sudo", "--remoteproc", "1", "root@board", load.elf).returncode == 0
    assert (box.home / "sent").read_text().endswith('is running $FILE"')
    asked = (box.home / "asked").read_text()
    assert "\n'sudo' '-n' 'sh' '-c' '" in asked
    assert asked.rstrip().endswith(f"'look' 'imx-dsp-rproc' 'fw.elf' '6' '2' 'memory of one {load.elf}' 'no' '1'")


def test_force_goes_to_the_board(load, box):
    assert load("--board", "one", "--force", "root@board", load.elf).returncode == 0
    assert (box.home / "asked").read_text().rstrip().endswith("' 'yes'")


def test_without_the_memory_to_compare_nothing_is_loaded(load, box):
    box.program("cargo", 'case "$*" in *show*) printf "loader=imx_dsp_rproc\\nlinux_starts=yes\\n" ;; *"-- memory "*) echo refused >&2; exit 1 ;; esac')
    done = load("--board", "one", "root@board", load.elf)
    assert done.returncode == 1 and "no memory of one to compare with" in done.stderr
    assert not (box.home / "asked").exists()


def test_the_board_is_the_folders_name_unless_given(load, tmp_path):
    (tmp_path / "two").mkdir()
    shutil.copy(load.elf, tmp_path / "two")
    done = load("root@board", str(tmp_path / "two/fw.elf"))
    assert done.returncode == 0 and "fw.elf for two" in done.stderr
    done = load("root@board", load.elf)
    assert done.returncode == 1 and "for which board is" in done.stderr and "one two" in done.stderr


@pytest.mark.parametrize("arguments, message", [
    ([], "which board, and which firmware?"),
    (["root@board"], "which board, and which firmware?"),
    (["/etc/passwd", "root@board"], "first the board, then the ELF: "),
    (["root@board", "/nowhere.elf"], "there is no file /nowhere.elf; scripts/build.sh BOARD makes"),
    (["--watch", "soon", "root@board", "/etc/passwd"], "'soon' is no number"),
    (["--board", "three", "root@board", "/etc/passwd"], "no board 'three'"),
    (["--frob"], "unknown option '--frob'"),
    (["a", "b", "c"], "one board and one ELF"),
])
def test_bad_input(load, arguments, message):
    done = load(*arguments)
    assert done.returncode == 1 and message in done.stderr


def test_a_core_that_linux_cannot_start(load, box):
    box.program("cargo", 'case "$*" in *show*) printf "loader=imx_rproc\\nlinux_starts=no\\n" ;; esac')
    done = load("--board", "one", "root@board", load.elf)
    assert done.returncode == 1 and "Linux cannot start the core of one" in done.stderr


def test_help(box):
    done = box.run("scripts/load.sh", "--help")
    assert done.returncode == 0 and "scripts/load.sh [--board BOARD]" in done.stdout and "SPDX" not in done.stdout


def test_a_firmwares_log_that_goes_round_is_shown_line_by_line(tmp_path):
    """Each line once and in its order, though a full log has the newest ahead of the oldest."""
    seam = "\n~~~~ older lines follow ~~~~\n"
    logs = ["one\ntwo\n\nth", "one\ntwo\n\nthree\n", f"six\n{seam}\n\nthree\nfour\nfive\n"]
    for number, log in enumerate(logs):
        (tmp_path / str(number)).write_text(log)
    definitions = (ROOT / "scripts/lib/load-on-board.sh").read_text().partition('[ "$(id -u)" = 0 ]')[0]
    # Each second the log goes on to the next.
    board = f"""
        seconds=0 FOUND=/sys/class/remoteproc/remoteproc0
        cat() {{ case $1 in /sys/*) command cat {tmp_path}/$seconds ;; *) command cat "$@" ;; esac; }}
        sleep() {{ seconds=$((seconds + 1)); }}
        since() {{ :; }}
        watch 2"""
    out = subprocess.run(["sh", "-ec", definitions + board], stdout=subprocess.PIPE, check=True, text=True).stdout
    assert out.splitlines() == [f"firmware: {line}" for line in ("one", "two", "three", "four", "five", "six")]
