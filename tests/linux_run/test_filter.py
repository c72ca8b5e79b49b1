# SPDX-License-Identifier: MIT OR Apache-2.0
"""rpmsg-filter and the program of examples/filter under a real Linux: Debian's Python runs it there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from demo_session import check_warnings
from imxtest import paths
from imxtest.linux import Testbed

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "dsp_selftest"))

import filter_session  # noqa: E402  (the path above must come first)

COUNTERS = {"imx8mp-evk-dsp": "CCOUNT", "imx8mp-evk-m7": "SysTick"}
CHANNELS = [filter_session.tones(4800), [-sample for sample in filter_session.tones(4800)]]


def tree(folder, below=""):
    """The files of a folder, for the guest."""
    return {below + str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def python():
    """Python for the guest, and the program."""
    script = paths.ROOT / "scripts/setup/guest-python.sh"
    folder = Path(subprocess.run([script, "--path"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip())
    assert folder.is_dir(), f"run {script}"
    program = paths.ROOT / "examples/filter/rpmsg_filter"
    return tree(folder) | {f"root/rpmsg_filter/{file.name}": file.read_bytes() for file in program.glob("*.py")}


@pytest.fixture(scope="module", params=COUNTERS)
def board(request, firmware, python, tmp_path_factory):
    sound = tmp_path_factory.mktemp("sound") / "in.wav"
    filter_session.write_sound(sound, CHANNELS)
    files = python | {"root/in.wav": sound.read_bytes()}
    with Testbed("6.12", firmware(request.param, "rpmsg-filter"), request.param, extra_files=files) as board:
        yield board


def run(board, words):
    return board.run(f"cd /root && PYTHONDONTWRITEBYTECODE=1 python3 -m rpmsg_filter {words}")


def test_without_the_firmware_the_program_says_what_is_missing(board):
    rc, out = run(board, "in.wav out.wav --low-pass 1000")
    assert (rc, out.split(":")[:2]) == (1, ["error", " no core has announced imx-rpmsg-filter"])


def test_one_of_two_tones_vanishes_from_both_channels_of_a_wav_file(board, tmp_path):
    mark = board.console.mark()
    board.start_firmware()
    board.wait_console("creating channel imx-rpmsg-filter addr 0x400", mark)
    rc, said = run(board, f"in.wav out.wav {filter_session.FILTER} --format q15 --svg spectrum.svg")
    assert rc == 0, said
    (tmp_path / "out.wav").write_bytes(bytes.fromhex(re.sub(r"\s", "", board.check("xxd -p /root/out.wav"))))
    filter_session.check_sound(tmp_path / "out.wav", "q15", CHANNELS)
    assert board.check("head -c 4 /root/spectrum.svg") == "<svg"
    assert f"cycles by {COUNTERS[board.board]}" in said
    # The program has closed its endpoints.
    assert board.check("ls /sys/class/rpmsg").split() == ["rpmsg_ctrl0"]


def test_linux_warned_of_nothing(board):
    check_warnings(board)
