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
from imxtest.linux import REMOTEPROC, Testbed
from sshd import Sshd, files

BOARD, SERIES = "imx8mp-evk-dsp", "6.12"
# A firmware that has all that the documents speak of, and its place on the board.
SHELL_PROGRAM, SHELL = "rpmsg-demo+shell", "shell.elf"

# Commands that another part of CI runs whole, each with the file that does and the words there.
ELSEWHERE = {"scripts/test.sh": (".ci/run", "exec scripts/test.sh")}

# A bound on the emulated board's whole life, for a loaded machine.
DEADLINE_SECONDS = 1800

PROMPT = "(gdb) "


class Guest:
    """The testbed's Linux with an ssh server, Python, and a sound file; booted when it is first asked for."""

    def __init__(self, folder):
        self._folder = folder
        self._stack = contextlib.ExitStack()
        self.board = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._stack.__exit__(*error)

    def boot(self):
        if self.board is not None:
            return
        extra = files(SERIES) | _python() | {"in.wav": self._sound(), SHELL: built.firmware(BOARD, SHELL_PROGRAM)}
        self.board = self._stack.enter_context(
            Testbed(SERIES, built.path(BOARD), BOARD, extra_files=extra, deadline=DEADLINE_SECONDS))
        server = self._stack.enter_context(Sshd(self.board, self._folder))
        self._wrap_ssh(server.options)
        # A suspend's test mode stays in it for five seconds else.
        self.board.check("echo 0 >/sys/module/suspend/parameters/pm_test_delay")

    def renew(self):
        """No firmware, and the core stands still; as the first block of a document finds it."""
        if self.board is None:
            return
        self.stop()
        self.board.check("echo none >/sys/power/pm_test; rm -f /lib/firmware/*")
        self.board.check("! grep -q ^rpmsg_client_sample /proc/modules || rmmod rpmsg_client_sample")

    def stop(self):
        if self.board.state() != "offline":
            self.board.check(f"echo stop >{REMOTEPROC}/state")

    def show_logs(self, status):
        """The ends of all logs, when a command has failed."""
        if status != 0 and self.board is not None:
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
    text = "".join((".*" if part == "…" else r"(?:0x)?[0-9a-f]+") if i % 2 else re.escape(part) for i, part in enumerate(parts))
    return re.sub(r"(?:\\ )+", r"\\s+", text)


def missing(lines, printed):
    """The lines of a document that were not printed; each one printed counts once."""
    left = [line.strip() for line in printed.splitlines()]
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
        self.guest = Guest(folder)

    def __enter__(self):
        self.guest.__enter__()
        return self

    def __exit__(self, *error):
        self.guest.__exit__(*error)

    def follow(self, path):
        """Types all blocks of a document in their order."""
        self.tree.renew()
        self.guest.renew()
        self._prepare(path)
        printed = ""
        for block in blocks(path):
            kind, _, how = block.word.partition(" ")
            if kind == "sh" and how != "hardware":
                print(f"--- {block.where}", file=sys.stderr, flush=True)
                printed = self._board(block, how) if how.startswith("board") else self._host(block, how)
            elif block.word == "text output":
                lost = missing(block.lines, printed)
                assert not lost, f"{block.where}: not printed:\n" + "\n".join(lost) + f"\nbut:\n{printed}"

    def with_shell(self):
        """The board, with the demo and its shell running."""
        self.guest.boot()
        self.guest.renew()
        mark = self.guest.board.console.mark()
        self.guest.board.check(f"cp /{SHELL} /lib/firmware/")
        self.guest.board.start_firmware(SHELL)
        self.guest.board.wait_console(r"creating channel rpmsg-tty addr 0x402", mark)
        self.guest.board.check("until [ -c /dev/ttyRPMSG1 ]; do :; done")
        return self.guest.board

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

    def _host(self, block, how):
        environment = dict(os.environ)
        if how == "host+ssh":
            self.guest.boot()
            environment["PATH"] = f"{self.guest.path()}:{environment['PATH']}"
        script = "\n".join(typed(block.lines))
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=self.tree.root, env=environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.guest.show_logs(done.returncode)
        assert done.returncode == 0, f"{block.where}: exit status {done.returncode} of\n{script}\n{done.stdout}"
        return done.stdout

    def _board(self, block, how):
        self.guest.boot()
        if how == "board stopped":
            self.guest.stop()
        lines = " ".join(shlex.quote(line) for line in typed(block.lines))
        rc, out = self.guest.board.run(f"printf '%s\\n' {lines} >/tmp/block; sh -eu /tmp/block")
        self.guest.show_logs(rc)
        assert rc == 0, f"{block.where}: exit status {rc} on the board of\n" + "\n".join(block.lines) + f"\n{out}"
        return out
