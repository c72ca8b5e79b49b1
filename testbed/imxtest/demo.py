# SPDX-License-Identifier: MIT OR Apache-2.0
"""The reference sample's session on an emulated board: what is typed, and what both sides say.

    python3 -m imxtest.demo FIRMWARE.elf [--board NAME] [--kernel SERIES] [--attach] [--app] [--verbose]    (from testbed/)

All that is shown comes from the running machines, and is checked while it comes. The last line is
the verdict; the exit status is 0 only when nothing was missing.
"""

import argparse
import sys
import time
from pathlib import Path

from . import lines
from .console import Gone
from .linux import BOARDS, FIRMWARE, KERNELS, REMOTEPROC, STARTED, TRACE, Testbed

SAMPLE_MESSAGES = 100
PROMPT = "~ # "

# What is shown of a board that is not all emulated
CAVEATS = {"imx8ulp-evk-dsp": "Linux's side is an i.MX 8M Plus with the i.MX 8ULP's DSP in it: docs/testbed.md."}


class Failed(Exception):
    """Something that the session should show did not come."""


class Session:
    """Types commands at a prompt of the board and shows what they and the kernel print."""

    def __init__(self, board):
        self.board = board
        self._shown = board.console.mark()

    def type(self, command, *kernel):
        """Runs a command; waits for the kernel's lines, each group in its order.

        Returns the command's output and the kernel's lines.
        """
        print(f"{PROMPT}{command}", flush=True)
        rc, out = self.board.run(command)
        if out:
            print(out.rstrip("\n"), flush=True)
        try:
            if rc == 0:
                for pattern in (line for group in kernel for line in group):
                    self.board.wait_console(f"{pattern}.*\n", self._shown)
        finally:
            text, self._shown = self.board.console.whole_lines(self._shown)
            print(text, end="", flush=True)
        if rc != 0:
            raise Failed(f"'{command}' gave exit status {rc}")
        for group in kernel:
            if (pattern := lines.missing(group, text)) is not None:
                raise Failed(f"after '{command}' the kernel did not print, in its place: {pattern}")
        return out, text


def start(session, name, announced):
    """Linux loads and starts the firmware; returns what the kernel said."""
    session.type(f"echo -n {name} > {REMOTEPROC}/firmware")
    return session.type(f"echo start > {REMOTEPROC}/state", session.board.lines.started, announced)[1]


def attach(session, announced):
    """Linux has found the core running, and attached to it while it booted."""
    session.type("dmesg | grep -E 'remoteproc|virtio'")
    for group in (session.board.lines.attached, announced):
        if (pattern := lines.missing(group, session.board.console_log)) is not None:
            raise Failed(f"while it booted the kernel did not print, in its place: {pattern}")
    state, _ = session.type(f"cat {REMOTEPROC}/state")
    if state != "attached\n":
        raise Failed(f"the core is {state!r} instead of attached")
    return session.board.console_log


def say_hello(session):
    """Says Hello to the tty; returns the answer."""
    # One descriptor for both ways: a reply is kept only while someone has the tty open.
    return session.type("exec 3<>/dev/ttyRPMSG0; echo Hello >&3; read -r answer <&3; echo \"$answer\"")[0]


def play(session):
    """The session once the firmware is up; returns what was seen."""
    _, kernel = session.type("modprobe rpmsg_client_sample", (lines.NEW_CHANNEL, lines.GOODBYE))
    got = lines.incoming(kernel)
    if got != [(n, "0x400") for n in range(1, SAMPLE_MESSAGES + 1)]:
        raise Failed(f"the sample client got {len(got)} messages, or not in order, instead of 1 to {SAMPLE_MESSAGES}")

    answer = say_hello(session)
    if answer != "TTY 0x0401: Hello\n":
        raise Failed(f"the tty answered {answer!r} instead of 'TTY 0x0401: Hello'")

    trace, _ = session.type(f"cat {TRACE}")
    for service in ("rpmsg-client-sample", "rpmsg-tty"):
        if service not in trace:
            raise Failed(f"the firmware's log does not speak of {service}")

    session.type(f"echo stop > {REMOTEPROC}/state", (session.board.lines.stopped,))
    return f"both services announced, {len(got)} of {SAMPLE_MESSAGES} messages, tty and firmware log,"


def play_app(session, kernel):
    """The session with a firmware of which nothing is known; returns what was seen."""
    seen = f"channels {', '.join(lines.channels(kernel))}"
    if lines.TTY in lines.channels(kernel):
        # The driver makes the device after the line that was waited for.
        session.board.check("until [ -c /dev/ttyRPMSG0 ]; do :; done")
        seen += f", the tty answered {say_hello(session).strip()!r},"
    session.type(f"cat {TRACE}")
    session.type(f"echo stop > {REMOTEPROC}/state", (session.board.lines.stopped,))
    return seen


def main():
    """Boots a board, plays the session, gives the verdict; returns the exit status."""
    parser = argparse.ArgumentParser(prog="imxtest.demo", description="Shows the demo firmware under Linux.")
    parser.add_argument("firmware", type=Path)
    parser.add_argument("--board", choices=BOARDS, default=next(iter(BOARDS)), metavar="NAME", help="one of %(choices)s")
    parser.add_argument("--kernel", choices=KERNELS, default=KERNELS[0])
    parser.add_argument("--attach", action="store_true", help="the core runs before Linux boots, as U-Boot leaves it")
    parser.add_argument("--app", action="store_true", help="the firmware is not the demo, but any that has a channel")
    parser.add_argument("--verbose", action="store_true", help="show Linux's boot too")
    args = parser.parse_args()
    if args.kernel not in BOARDS[args.board]:
        parser.error(f"{args.board} has no device tree for Linux {args.kernel}, only for {', '.join(BOARDS[args.board])}")
    if args.attach and args.board not in STARTED:
        parser.error(f"--attach is for {', '.join(STARTED)}")

    begin = time.monotonic()
    name, announced, files = FIRMWARE, lines.ANNOUNCED, {}
    if args.app:
        name, announced = args.firmware.name, (lines.ANY_CHANNEL,)
        files = {f"lib/firmware/{name}": args.firmware.read_bytes()}
    board = Testbed(
        args.kernel, args.firmware, args.board, started=args.attach, extra_files=files, verbose=args.verbose
    )
    try:
        with board:
            if args.verbose:
                print(board.console_log)
            core = "runs" if args.attach else "waits for"
            print(f"Linux {board.check('uname -r').strip()} on an emulated {args.board} has booted; "
                  f"its core {core} {args.firmware.name}, {args.firmware.stat().st_size} bytes.")
            print(CAVEATS.get(args.board, ""))
            session = Session(board)
            kernel = attach(session, announced) if args.attach else start(session, name, announced)
            seen = play_app(session, kernel) if args.app else play(session)
            core_console = board.core_console.text()
            if core_console:
                print(f"\nThe core's own console:\n{core_console}", end="")
    except (Failed, Gone) as problem:
        print(f"\ndemo: FAILED: {problem}")
        return 1
    print(f"\ndemo: OK: {seen} on {args.board} under Linux {args.kernel} in {time.monotonic() - begin:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
