# SPDX-License-Identifier: MIT OR Apache-2.0
"""A session on an emulated board: what is typed, and what both sides say.

    python3 -m imxtest.demo FIRMWARE.elf [OPTION ...] [-- COMMAND ...]      (from testbed/; --help)

scripts/demo.sh builds the firmware and calls this. All that is shown comes from the running machines, and is checked
while it comes. The last line is the verdict; the exit status is 0 only when nothing was missing.
"""

import argparse
import re
import sys
import time
from pathlib import Path

from . import lines, terminal
from .console import Gone
from .linux import BOARDS, FIRMWARE, KERNELS, REMOTEPROC, STARTED, TRACE, Testbed, kernel_series
from .live import Live
from .session import Failed, Session, attach, start

SAMPLE_MESSAGES = 100
TTY_SECONDS = 5

# Lines of the firmware's log at the end of the session, in their order.
LOGGED = (f"[Linux sample client] incoming msg {SAMPLE_MESSAGES}: hello world!", "[Linux TTY] incoming msg: Hello")

# What is shown of a board that is not all emulated
CAVEATS = {"imx8ulp-evk-dsp": "Linux's side is an i.MX 8M Plus with the i.MX 8ULP's DSP in it: docs/testbed.md."}

# The demo firmware has a session of its own, unless its first tty is a shell.
IS_DEMO = re.compile(r"rpmsg-demo(\+uart)?\.elf")

def hint(channels):
    """What there is to try at the console, with a firmware of these channels."""
    alone = next((name for name in channels if channels.count(name) == 1), "ADDRESS")
    tries = {
        "rpmsg-tool list": "the firmware's services; rpmsg-tool --help",
        f"rpmsg-tool send {alone} Hello": "says something to one, by name or address",
        "microcom /dev/ttyRPMSG0": "a tty by hand: Enter first, Ctrl-X ends it",
        "modprobe rpmsg_client_sample": "the kernel's sample: a hundred messages",
        f"cat {TRACE}": "the firmware's log",
        f"echo stop > {REMOTEPROC}/state": "and echo start",
    }
    if lines.TTY not in channels:
        del tries["microcom /dev/ttyRPMSG0"]
    if lines.SAMPLE not in channels:
        del tries["modprobe rpmsg_client_sample"]
    yield "This is the emulated Linux's own console; Ctrl-] switches the board off. For instance:\n"
    yield from (f"  {command:52} {what}" for command, what in tries.items())
    yield ""


def say_hello(session):
    """Says Hello to the tty; returns the answer, empty when there was none."""
    # One descriptor for both ways: what was not read before the tty is closed is lost.
    return session.type(
        f'exec 3<>/dev/ttyRPMSG0; echo Hello >&3; read -r -t {TTY_SECONDS} answer <&3; echo "$answer"'
    )[0].strip()


def play(session):
    """The session once the firmware is up; returns what was seen."""
    _, kernel = session.type("modprobe rpmsg_client_sample", (lines.NEW_CHANNEL, lines.GOODBYE))
    got = lines.incoming(kernel)
    if got != [(n, "0x400") for n in range(1, SAMPLE_MESSAGES + 1)]:
        raise Failed(f"the sample client got {len(got)} messages, or not in order, instead of 1 to {SAMPLE_MESSAGES}")

    answer = say_hello(session)
    if answer != "TTY 0x0401: Hello":
        raise Failed(f"the tty answered {answer!r} instead of 'TTY 0x0401: Hello'")

    # The firmware logs a message after it has answered it.
    session.board.wait_trace0(LOGGED[-1])
    trace, _ = session.type(f"cat {TRACE}")
    for line in LOGGED:
        if line not in trace:
            raise Failed(f"the firmware's log has no {line!r}")

    session.type(f"echo stop > {REMOTEPROC}/state", (session.board.lines.stopped,))
    return f"both services announced, {len(got)} of {SAMPLE_MESSAGES} messages, tty and firmware log,"


def wait_ttys(session, channels):
    """Waits for the device of each tty: the driver makes it after the line that tells of the channel."""
    for number in range(channels.count(lines.TTY)):
        session.board.check(f"until [ -c /dev/ttyRPMSG{number} ]; do :; done")


def play_app(session, channels):
    """The session with a firmware of which nothing is known; returns what was seen."""
    seen = f"channels {', '.join(channels)}"
    if lines.TTY in channels:
        answer = say_hello(session)
        seen += f", the tty answered {answer!r}," if answer else f", the tty gave no answer in {TTY_SECONDS} s,"
    session.type(f"cat {TRACE}")
    session.type(f"echo stop > {REMOTEPROC}/state", (session.board.lines.stopped,))
    return seen


def play_commands(session, channels, commands):
    """Runs the user's commands, up to the first that fails; returns what was seen."""
    for command in commands:
        session.ask(command)
    return f"channels {', '.join(channels)}, {len(commands)} command{'s'[: len(commands) > 1]},"


def show(board, args):
    """All from the booted Linux to the user's last command; returns what was seen."""
    if args.verbose:
        print(board.console_log)
    core = "runs" if args.attach else "waits for"
    print(f"Linux {board.check('uname -r').strip()} on an emulated {args.board} has booted; "
          f"its core {core} {args.firmware.name}, {args.firmware.stat().st_size} bytes.")
    print(CAVEATS.get(args.board, ""))
    session = Session(board)
    with Live(board, session, args.firmware.with_suffix(".debug")) as live:
        return perform(board, session, live, args)


def perform(board, session, live, args):
    """The session in what is shown live; returns what was seen."""
    is_demo = IS_DEMO.fullmatch(args.firmware.name) and not args.app and not args.shell and not args.commands
    channels, problem = [], None
    try:
        if is_demo:
            attach(session, lines.ANNOUNCED) if args.attach else start(session, FIRMWARE, lines.ANNOUNCED)
            return play(session)
        attach(session) if args.attach else start(session, args.firmware.name)
        channels = session.channels()
        wait_ttys(session, channels)
        if args.commands:
            seen = play_commands(session, channels, args.commands)
        elif not args.shell:
            seen = play_app(session, channels)
        else:
            seen = f"channels {', '.join(channels)}"
    except Failed as failure:
        # What a side itself says of the failure is the better reason.
        problem = live.reason() or failure
        if not args.shell:
            raise problem from failure
    if args.shell:
        live.stop()
        board.give_up(None)
        if problem:
            print(f"\ndemo: {problem}", flush=True)
        print("", *hint(channels), sep="\n", flush=True)
        terminal.sit(board, session.shown)
        session.skip()
        live.look()
        if problem:
            raise problem
    return seen


def arguments():
    """What was asked for; ends the program with a message when it cannot be done."""
    parser = argparse.ArgumentParser(prog="imxtest.demo", description="Runs a firmware under Linux for scripts/demo.sh.")
    parser.add_argument("firmware", type=Path)
    parser.add_argument("--board", choices=BOARDS, default=next(iter(BOARDS)), metavar="NAME", help="one of %(choices)s")
    parser.add_argument("--kernel", default=KERNELS[0])
    parser.add_argument("--attach", action="store_true", help="the core runs before Linux boots, as U-Boot leaves it")
    parser.add_argument("--app", action="store_true", help="the firmware is not the demo, whatever its name")
    parser.add_argument("--put", action="append", default=[], type=Path, metavar="FILE", help="put it into /usr/bin")
    parser.add_argument("--shell", action="store_true", help="give the guest's console to this terminal")
    parser.add_argument("--verbose", action="store_true", help="show Linux's boot too")
    parser.add_argument("commands", nargs="*", metavar="COMMAND", help="run in the guest after the start (after a --)")
    args = parser.parse_args()
    if kernel_series(args.kernel) not in BOARDS[args.board]:
        parser.error(f"{args.board} has no device tree for Linux {args.kernel}, only for {', '.join(BOARDS[args.board])}")
    if args.attach and args.board not in STARTED:
        parser.error(f"--attach is for {', '.join(STARTED)}")
    if any("\n" in command for command in args.commands):
        parser.error("a COMMAND is one line: use ; for several")
    return args


def main():
    """Boots a board, plays the session, gives the verdict; returns the exit status."""
    args = arguments()
    begin = time.monotonic()
    board = Testbed(
        args.kernel,
        args.firmware,
        args.board,
        started=args.attach,
        extra_files={f"lib/firmware/{args.firmware.name}": args.firmware.read_bytes()}
        | {f"usr/bin/{file.name}": file.read_bytes() for file in args.put},
        verbose=args.verbose,
    )
    problem = None
    try:
        with board:
            try:
                seen = show(board, args)
            except Failed as failure:
                problem = failure
    except KeyboardInterrupt:
        print("\ndemo: stopped")
        return 130
    except Gone as gone:
        problem = gone
    if problem:
        print(f"\ndemo: FAILED: {problem}")
        return 1
    print(f"\ndemo: OK: {seen} on {args.board} under Linux {args.kernel} in {time.monotonic() - begin:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
