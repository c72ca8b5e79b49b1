# SPDX-License-Identifier: MIT OR Apache-2.0
"""scripts/demo.sh: what it shows, what it lets one do, and that its verdict is true."""

import re
import socket
import struct
import subprocess
import time

import pytest
from imxtest import built, lines, live, session, trace
from imxtest.console import Console
from imxtest.linux import REMOTEPROC
from imxtest.paths import ROOT
from user import User

PROMPT = "~ # "


def test_one_can_sit_at_the_emulated_linux():
    with User(ROOT / "scripts/demo.sh", "--shell") as user:
        user.wait("creating channel rpmsg-tty addr 0x402\n")
        user.wait("Ctrl-] switches the board off")
        user.wait(PROMPT)
        user.type("stty size; echo $((6*7)) $TERM\n")
        user.wait("40 100\n42 xterm\n")
        user.wait(PROMPT)
        user.type("\x1b[A\n")
        user.wait("42 xterm\n")
        user.wait(PROMPT)
        # The shell of the firmware, and back.
        user.type("microcom /dev/ttyRPMSG0\n")
        user.type_until("\n", "core> ")
        user.type("version\n")
        user.wait("on imx8mp-evk-dsp\n")
        user.wait("core> ")
        user.type("\x18")
        user.wait(PROMPT)
        user.type("echo go; cat\n")
        user.wait("\ngo\n")
        # cat is there when it says what was typed once more.
        user.type("on\n")
        user.wait("on\non\n")
        user.type("\x03")
        user.wait("^C\n")
        user.wait(PROMPT)
        user.type(f"echo stop > {REMOTEPROC}/state\n")
        user.wait("stopped remote processor imx-dsp-rproc\n")
        user.type("\x1d")
        user.wait("demo: OK: channels rpmsg-tty, rpmsg-client-sample, rpmsg-tty on imx8mp-evk-dsp")
        assert user.end()[0] == 0
        assert user.settings_now == user.settings


def test_commands_are_run_after_the_start_up_to_the_first_that_fails(script):
    elf = built.path("imx8mp-evk-dsp", "rpmsg-echo")
    done = script("demo.sh", "--firmware", elf, "--", "rpmsg-tool list", r"rpmsg-tool send rpmsg-tty '\x01two\\'",
                  "rpmsg-tool send 0x4711 hi 10", "echo never")
    shown = done.stdout.partition(f"{PROMPT}rpmsg-tool list\n")[2]
    assert shown.startswith("0x400  rpmsg-tty                        rpmsg_tty\n"), done.stdout + done.stderr
    assert "\n\\x01two\\\\\n" in shown
    assert f"{PROMPT}rpmsg-tool send 0x4711 hi 10\nrpmsg-tool: no answer in 10 ms\n" in shown
    assert done.stdout.endswith("demo: FAILED: 'rpmsg-tool send 0x4711 hi 10' gave exit status 3\n")
    assert done.returncode == 1 and "never" not in done.stdout and "(end of command" not in done.stdout
    assert "registers of the core" not in done.stderr


def test_both_consoles_are_shown_live_and_a_ring_that_is_refused_ends_it(script, tmp_path):
    """Linux takes rings of 512 entries, and the firmware does not."""
    data = bytearray(built.firmware("imx8mp-evk-dsp"))
    vdev = data.index(struct.pack("<2I", 3, 7))
    for ring in range(2):
        assert struct.unpack_from("<I", data, vdev + 28 + 20 * ring + 8) == (256,)
        struct.pack_into("<I", data, vdev + 28 + 20 * ring + 8, 512)
    (tmp_path / "large.elf").write_bytes(data)
    done = script("demo.sh", "--firmware", tmp_path / "large.elf")
    shown = done.stdout.splitlines()
    refused = next(line for line in shown if line.startswith("firmware: ") and "vring0 refused: " in line)
    said = refused[refused.index("vring0") :]
    assert shown[-1] == f"demo: FAILED: the firmware said {said!r}: docs/debugging.md says what to look at"
    assert done.returncode == 1 and "registers of the core" not in done.stderr
    # Each line once, as it came: Linux goes on after the firmware's first line.
    assert [line for line in shown if "waiting for Linux" in line] == [
        line for line in shown if line.startswith("firmware: ") and line.endswith("] waiting for Linux")]
    assert len([line for line in shown if "is now up" in line]) == 1
    # It did not wait for a channel.
    assert "no channel came" not in done.stdout


def test_what_the_user_puts_there_is_run(script, tmp_path):
    source = tmp_path / "client.c"
    source.write_text('#include <stdio.h>\nint main(void) { puts("a client of my own"); }\n')
    subprocess.run(["aarch64-linux-gnu-gcc-12", "-static", "-Os", "-s", "-o", tmp_path / "client", source], check=True)
    (tmp_path / "say.sh").write_text('#!/bin/sh\nexec rpmsg-tool send rpmsg-tty "$(cat /usr/bin/words)"\n')
    (tmp_path / "words").write_text("from a file")
    put = [word for name in ("client", "say.sh", "words") for word in ("--put", tmp_path / name)]
    done = script("demo.sh", "--firmware", built.path("imx8mp-evk-dsp", "rpmsg-echo"), *put, "--", "client", "say.sh")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{PROMPT}client\na client of my own\n" in done.stdout
    assert f"{PROMPT}say.sh\nfrom a file\n" in done.stdout


def test_a_program_that_cannot_run_there_is_refused_with_the_way_to_build_it(script, tmp_path):
    source = tmp_path / "client.c"
    source.write_text("int main(void) { return 0; }\n")
    subprocess.run(["aarch64-linux-gnu-gcc-12", "-o", tmp_path / "client", source], check=True)
    (tmp_path / "run.sh").write_text("#!/bin/bash\n")
    (tmp_path / "run.py").write_text("#!/usr/bin/env python3\n")
    firmware = built.path("imx8mp-evk-m7")
    for program, reason in ((tmp_path / "client", "wants shared libraries, of which there are none"),
                            (firmware, "a program for 32-bit Arm"),
                            (tmp_path / "run.sh", "a script for bash, which is not there"),
                            (tmp_path / "run.py", "a script for python3, which is not there")):  # fmt: skip
        done = script("demo.sh", "--put", program)
        assert (done.returncode, done.stdout) == (1, "")
        assert f"{program}: " in done.stderr and reason in done.stderr
        assert "aarch64-linux-gnu-gcc -static" in done.stderr


def test_a_panic_ends_a_command_that_would_wait_for_ever(script):
    crash = r"exec 3<>/dev/ttyRPMSG0; stty raw -echo <&3; printf 'crash panic\r' >&3; cat <&3 >/dev/null"
    done = script("demo.sh", "--firmware", built.path("imx8mp-evk-dsp", "rpmsg-demo+shell"), "--", crash, "echo never")
    report = next(line for line in done.stdout.splitlines() if line.startswith("firmware: *** "))
    assert "panic" in report
    assert done.stdout.splitlines()[-1].startswith(f"demo: FAILED: the firmware said {report.partition(': ')[2]!r}")
    assert done.returncode == 1 and "echo never" not in done.stdout
    # The whole report is there.
    assert "firmware: called from " in done.stdout


def test_ctrl_c_says_one_line():
    with User(ROOT / "scripts/demo.sh") as user:
        user.wait("has booted")
        user.type("\x03")
        user.wait("^C")
        status, seen = user.end()
        assert status == 130
        assert seen.endswith("\ndemo: stopped\n")
        assert "Traceback" not in seen and "\ufffd" not in seen and "---" not in seen


# --- what is waited for, at a board that is played -------------------------------------------------


class Board:
    """As much of a board as a session asks for; `looks` holds what the kernel prints before each look at who sleeps."""

    lines = lines.Lines("imx8mp-evk-dsp")
    refuses = False

    def __init__(self, *looks):
        self._kernel, ours = socket.socketpair()
        self.console = Console("console", ours)
        self._looks = list(looks)

    def run(self, command):
        if "start" in command and self.refuses:
            return 1, "sh: write error: Invalid argument\n"
        if "start" in command:
            self.print("".join(f"{line}\n" for line in (
                "remoteproc remoteproc0: powering up imx-dsp-rproc",
                "remoteproc remoteproc0: Booting fw image x.elf, size 1",
                "rproc-virtio rproc-virtio.0.auto: assigned reserved memory node vdev0buffer@94300000",
                "virtio_rpmsg_bus virtio0: rpmsg host is online",
                "rproc-virtio rproc-virtio.0.auto: registered virtio0 (type 7)",
                "remoteproc remoteproc0: remote processor imx-dsp-rproc is now up")))
        return 0, ""

    def print(self, text):
        mark = self.console.mark()
        self._kernel.sendall(text.encode())
        self.console.read(mark, len(text))

    @property
    def console_log(self):
        return self.console.text()

    def asleep(self):
        assert self._looks, "it goes on looking"
        text = self._looks.pop(0)
        self.print(text or "")
        return text is not None

    def close(self):
        self._kernel.close()
        self.console.close()


def creating(name, address):
    return f"virtio_rpmsg_bus virtio0: creating channel {name} addr {address:#x}\n"


@pytest.fixture
def play():
    boards = []

    def make(*looks):
        boards.append(Board(*looks))
        return boards[-1], session.Session(boards[-1])

    yield make
    for board in boards:
        board.close()


def test_the_last_channel_is_waited_for_while_a_machine_is_at_work(play, capsys):
    busy = [None] * (2 * session.QUIET_LOOKS)
    board, at_board = play(*busy, creating("rpmsg-tty", 0x401), "", "", *busy, creating("late", 0x402),
                          *[""] * (session.QUIET_LOOKS + 1))
    board.print(creating("acme-adc", 0x400))
    assert at_board.channels() == ["acme-adc", "rpmsg-tty", "late"]
    assert "creating channel late" in capsys.readouterr().out


def test_a_firmware_that_never_sleeps_does_not_hold_it_up(play, monkeypatch):
    monkeypatch.setattr(session, "RESTLESS_SECONDS", 0.2)
    board, at_board = play(*[None] * 100)
    board.print(creating("acme-adc", 0x400))
    assert at_board.channels() == ["acme-adc"]


def test_without_any_channel_it_says_so(play, monkeypatch):
    monkeypatch.setattr(session, "FIRST_CHANNEL_SECONDS", 0.1)
    board, at_board = play()
    patience = []
    wait = board.console.wait
    monkeypatch.setattr(board.console, "wait", lambda *args: patience.append(args[2]) or wait(*args))
    with pytest.raises(session.Failed, match="no channel came within 0.1 s: docs/debugging.md"):
        session.start(at_board, "x.elf")
    assert patience[-1] == 0.1


def test_a_start_that_linux_refuses_points_to_the_page(play, capsys):
    board, at_board = play()
    board.refuses = True
    with pytest.raises(session.Failed, match="gave exit status 1: docs/debugging.md"):
        session.start(at_board, "x.elf")
    assert "write error: Invalid argument\n" in capsys.readouterr().out


class Played(Board):
    """A board beside which a firmware logs."""

    board = "imx8mp-evk-dsp"

    def __init__(self):
        super().__init__()
        self.trace = ""
        self.core_console = Console("core's console", socket.socketpair()[0], None)
        self.given_up = None

    def trace_in_memory(self):
        return self.trace

    def give_up(self, error):
        self.given_up = error
        self.console.give_up(error)


@pytest.mark.parametrize("line, reason", [
    ("remoteproc remoteproc0: bad phdr da 0x92400000 mem 0x2000", "a segment lies in memory that the driver does not have"),
    ("remoteproc remoteproc0: can't start rproc imx-dsp-rproc: -110", "did not report ready within 100 ms (-110)"),
    ("Internal error: Oops: 0000000096000004 [#1] SMP", "Linux itself has crashed"),
    ("Kernel panic - not syncing: Fatal exception", "Linux itself has crashed"),
])
def test_whoever_waits_when_linux_gives_up_learns_why_at_once(line, reason):
    board = Played()
    at_board = session.Session(board)
    with live.Live(board, at_board), pytest.raises(session.Refused, match=re.escape(reason)) as raised:
        board.print(f"[    1.000000] {line}\n")
        board.console.wait("what never comes")
    assert line in str(raised.value)
    board.close()


def test_a_ring_that_is_taken_after_all_does_not_end_it():
    board = Played()
    with live.Live(board, session.Session(board)) as shown:
        board.trace = "[    0.100000] error: vring1 refused: its indices or entries contradict each other\n"
        board.trace += "[    0.200000] link up (Table): vring0 256 at 0x942f0000\n"
        shown.look()
        assert shown.reason() is None
        board.trace += "\n*** panicked at src/main.rs:1:1\n"
        shown.look()
        assert "'*** panicked at src/main.rs:1:1'" in str(shown.reason())
    board.close()


def test_after_a_report_it_says_how_to_name_the_calls(tmp_path):
    symbols = tmp_path / "blinky.debug"
    board = Played()
    board.trace = "*** panicked at src/main.rs:1:1\n"
    with live.Live(board, session.Session(board), symbols) as shown:
        shown.look()
        assert "backtrace.py" not in str(shown.reason())
        symbols.write_bytes(b"")
        assert f"; scripts/backtrace.py OUTPUT {symbols}, " in str(shown.reason())
    board.close()


def test_a_firmware_that_is_slow_for_linux_does_not_end_it():
    known = [re.compile(pattern) for pattern, _, _ in live.refusals()]
    assert known and not any(one.search("imx_rproc_kick: failed (0, err:-62)") for one in known)


def test_what_a_log_has_new_is_found_after_it_has_wrapped_and_after_a_restart(monkeypatch):
    monkeypatch.setattr(trace, "TAIL", 6)
    news = trace.News()
    assert news.of("one\ntwo\nthr") == "one\ntwo\n"
    assert news.of("one\ntwo\nthree\n") == "three\n"
    wrapped = trace.in_order("four\n" + trace.SEAM + "wo\nthree\n")
    assert news.of(wrapped) == "four\n"
    assert news.of(wrapped) == ""
    assert news.of("one\n") == "one\n"


# --- what is refused before anything is set up -----------------------------------------------------


@pytest.mark.parametrize("arguments, said", [
    (["--attach"], "--attach is for a Cortex-M"),
    (["--app", "/nonexistent"], "there is no package in /nonexistent: scripts/new-app.sh"),
    (["--put", "/nonexistent"], "there is no file /nonexistent"),
    (["--firmware", "/nonexistent"], "there is no file /nonexistent"),
    (["--firmware", "/bin/sh", "--app", "."], "not both"),
    (["--board", "imx8qm-mek-dsp"], "(docs/testbed.md), only on: imx8mp-evk-dsp imx8mp-evk-m7 imx8ulp-evk-dsp. "),
    (["--board", "nothing"], "there is no board 'nothing'; those with an emulated Linux are: imx8mp-evk-dsp imx8mp-evk-m7"),
    (["--board", "imx8mp-evk-m7", "--kernel", "6.1"], "there is no Linux '6.1' for imx8mp-evk-m7; there are: 6.12"),
    (["--kernel"], "--kernel needs a value"),
    (["--"], "which command"),
    (["--frob"], "unknown option '--frob'"),
])
def test_what_cannot_be_done_is_said_before_the_set_up(script, arguments, said):
    done = script("demo.sh", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr and "setup" not in done.stderr.replace("scripts/setup.sh", "")
