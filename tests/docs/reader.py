# SPDX-License-Identifier: MIT OR Apache-2.0
"""Somebody who types what a document says, on a developer's machine and on the board."""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import wave
from pathlib import Path

from documents import ROOT, blocks
from imxtest import built
from imxtest.copied import Tree
from imxtest.linux import BOARDS, REMOTEPROC, Testbed
from sshd import Sshd, files

BOARD, SERIES = "imx8mp-evk-dsp", "6.12"
# A firmware that has all that the documents speak of, and its place on the board.
SHELL_PROGRAM, SHELL = "rpmsg-demo+shell", "shell.elf"

# Commands that another part of CI runs whole, each with the file that does and the words there.
ELSEWHERE = {
    "scripts/test.sh": (".ci/run", "exec scripts/test.sh"),
    "scripts/demo.sh --shell": ("tests/tools/test_demo.py", '"--shell"'),
}

PROMPT = "(gdb) "


def can_run(block):
    """Whether there is what the block wants: no hardware, and a kernel that the testbed has."""
    return block.kind != "hardware" and (block.series or SERIES) in BOARDS[BOARD]


class Guest:
    """The testbed's Linux with an ssh server, Python, and a sound file. A context manager."""

    def __init__(self, folder, series):
        self._folder = folder
        self._series = series
        self._stack = contextlib.ExitStack()
        self.board = None

    def __enter__(self):
        try:
            self._boot()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *error):
        self._stack.__exit__(*error)

    def _boot(self):
        extra = files(self._series) | _python() | {"in.wav": self._sound(), SHELL: built.firmware(BOARD, SHELL_PROGRAM)}
        self.board = self._stack.enter_context(
            Testbed(self._series, built.path(BOARD), BOARD, extra_files=extra))
        server = self._stack.enter_context(Sshd(self.board, self._folder))
        self._wrap_ssh(server.options)
        # A suspend's test mode stays in it for five seconds else.
        self.board.check("echo 0 >/sys/module/suspend/parameters/pm_test_delay")
        self.renew()

    def renew(self):
        """No firmware, and the core stands still; as the first block of a document finds it."""
        self.stop()
        self.board.check("echo none >/sys/power/pm_test; rm -f /lib/firmware/*")
        self.board.check("! grep -q ^rpmsg_client_sample /proc/modules || rmmod rpmsg_client_sample")

    def stop(self):
        if self.board.state() != "offline":
            self.board.check(f"echo stop >{REMOTEPROC}/state")

    def show_logs(self, status):
        """The ends of all logs, when a command has failed."""
        if status != 0:
            for title, text in self.board.log_tails():
                print(f"--- {title}:\n{text}", file=sys.stderr)

    def path(self):
        """Where the commands are that reach it as `board`."""
        return self._folder / "bin"

    def _wrap_ssh(self, options):
        config = self._folder / "ssh_config"
        lines = (option.replace("=", " ", 1) for option in options)
        config.write_text("\n  ".join(("Host board", "User root", *lines)) + "\n")
        self.path().mkdir()
        for program in ("ssh", "scp"):
            wrapper = self.path() / program
            wrapper.write_text(f'#!/bin/sh\nexec {shutil.which(program)} -F {config} "$@"\n')
            wrapper.chmod(0o755)

    def _sound(self):
        """Silence but for one click, as WAV."""
        path = self._folder / "in.wav"
        with wave.open(str(path), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(16000)
            sound.writeframes(bytes(2000) + b"\xff\x3f" + bytes(2 * 2000))
        return path.read_bytes()


def _python():
    """What goes below / of the guest: Python, and the program that scp asks for."""
    script = ROOT / "scripts/setup/guest-python.sh"
    folder = Path(subprocess.run([script, "--path"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip())
    assert folder.is_dir(), f"run {script}"
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def typed(lines):
    """The block as a script: what another part of CI runs is left out, gdb's lines are its input."""
    script = []
    for line in lines:
        if line.startswith(PROMPT):
            if script[-1] != "END":
                script[-1] = script[-1].split(" #")[0] + " <<'END'"
                script.append("END")
            script.insert(-1, line.removeprefix(PROMPT))
        elif line.split(" #")[0].strip() not in ELSEWHERE:
            script.append(line.replace("remoteprocN", "remoteproc0"))
    return script


def pattern(line):
    """A line of output as a regular expression: figures may differ, and the blanks before them; … is anything."""
    parts = re.split(r"(0x[0-9a-f]+|\b[0-9a-f]{8}\b|[0-9]+|…)", line.strip())
    parts[::2] = map(re.escape, parts[::2])
    parts[1::2] = (".*" if part == "…" else r"(?:0x)?[0-9a-f]+" for part in parts[1::2])
    text = "".join(parts)
    return re.sub(r"(?:\\ )+", r"\\s+", text)


def missing(lines, printed):
    """The lines of a document that were not printed; each one printed counts once."""
    # gdb's prompt stands before what it prints next.
    left = [line.replace(PROMPT, "").strip() for line in printed.splitlines()]
    lost = []
    for line in (line for line in lines if line.strip()):
        found = next((there for there in left if re.fullmatch(pattern(line), there)), None)
        if found is None:
            lost.append(line)
        elif line.strip() != "…":
            left.remove(found)
    return lost


class Reader:
    """Follows documents. A context manager."""

    def __init__(self, folder):
        self.tree = Tree()
        self._folder = folder
        self._guests = {}
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._stack.__exit__(*error)

    def guest(self, series):
        """The board with that kernel, or with the usual one, booted."""
        series = series or SERIES
        if series not in self._guests:
            folder = self._folder / series
            folder.mkdir()
            self._guests[series] = self._stack.enter_context(Guest(folder, series))
        return self._guests[series]

    def follow(self, path):
        """Types all blocks of a document in their order."""
        self.tree.renew()
        for guest in self._guests.values():
            guest.renew()
        self._prepare(path)
        printed = ""
        for block in blocks(path):
            if block.kind and not can_run(block):
                printed = None
            elif block.kind:
                print(f"--- {block.where}", file=sys.stderr, flush=True)
                printed = self._board(block) if block.kind == "board" else self._host(block)
            elif block.word == "text output" and printed is not None:
                lost = missing(block.lines, printed)
                assert not lost, f"{block.where}: not printed:\n" + "\n".join(lost) + f"\nbut:\n{printed}"

    def with_shell(self):
        """The board, with the demo and its shell running."""
        guest = self.guest(None)
        guest.renew()
        board = guest.board
        mark = board.console.mark()
        board.check(f"cp /{SHELL} /lib/firmware/")
        board.start_firmware(SHELL)
        board.wait_console(r"creating channel rpmsg-tty addr 0x402", mark)
        board.check("until [ -c /dev/ttyRPMSG1 ]; do :; done")
        return board

    def _prepare(self, path):
        """What a document takes for granted."""
        if path.parent.name == "device-tree":
            self._device_tree(path.parent)

    def _device_tree(self, folder):
        """A board.dtb with every label that an overlay of that folder refers to."""
        labels = {label for overlay in folder.glob("*.dtso") for label in re.findall(r"&(\w+)", overlay.read_text())}
        nodes = "".join(f"{label}: node-{number} {{}};" for number, label in enumerate(sorted(labels)))
        subprocess.run(["dtc", "-@", "-q", "-o", self.tree.root / "board.dtb"], check=True,
                       input=f"/dts-v1/; / {{ {nodes} }};", text=True)

    def _host(self, block):
        environment = dict(os.environ)
        if block.kind == "host+ssh":
            environment["PATH"] = f"{self.guest(block.series).path()}:{environment['PATH']}"
        script = "\n".join(typed(block.lines))
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=self.tree.root, env=environment, text=True, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if block.kind == "host+ssh":
            self.guest(block.series).show_logs(done.returncode)
        assert done.returncode == 0, f"{block.where}: exit status {done.returncode} of\n{script}\n{done.stdout}"
        return done.stdout

    def _board(self, block):
        guest = self.guest(block.series)
        if block.word.endswith("stopped"):
            guest.stop()
        lines = " ".join(shlex.quote(line) for line in typed(block.lines))
        rc, out = guest.board.run(f"printf '%s\\n' {lines} >/tmp/block; sh -eu /tmp/block")
        guest.show_logs(rc)
        assert rc == 0, f"{block.where}: exit status {rc} on the board of\n" + "\n".join(block.lines) + f"\n{out}"
        return out
