# SPDX-License-Identifier: MIT OR Apache-2.0
"""What Linux sees of a firmware that faults or hangs, what is left to find out why, and that service comes back."""

import hashlib
import re
import subprocess

import pytest
from imxtest import built, paths
from imxtest.boards import BOARDS, DSP_DRIVER
from imxtest.elf import Elf
from imxtest.linux import BOARDS as KERNELS
from imxtest.linux import FIRMWARE, REMOTEPROC, Testbed

# How the firmware of a core reports an instruction that does not exist: the fault, and where the code is.
REPORTS = {
    "imx8mp-evk-dsp": r"\*\*\* illegal instruction \(EXCCAUSE 0\) at PC 0x924",
    "imx8mp-evk-m7": r"\*\*\* undefined instruction \(CFSR 0x[0-9a-f]+ HFSR 0x[0-9a-f]+\)\nPC 0x0000",
}

HANG = r"\*\*\* hang \(no wait for 400 ms\)"

# The self-test that panics before it is ready.
EARLY = "early.elf"

CHANNEL = r"creating channel imx-rpmsg-selftest addr 0x400"


def ask(board, command, expected, milliseconds=60000):
    """Sends a command to the self-test; returns as many bytes of its answer as were expected."""
    return board.run(f"rpmsg-tool endpoint 0x400 {command.hex()} {expected} {milliseconds}")


RUNS = [(board, series) for board in REPORTS for series in ("7.x", "6.12") if series in KERNELS[board]]


@pytest.fixture(scope="module", params=RUNS, ids=lambda run: f"{run[0]}-linux-{run[1]}")
def board(request, firmware):
    name, series = request.param
    early = {f"lib/firmware/{EARLY}": built.dying_early(name, b"panic")}
    with Testbed(series, firmware(name, "rpmsg-selftest"), name, extra_files=early) as board:
        yield board


def test_linux_loads_the_very_file_that_is_for_the_board(board):
    digest = hashlib.sha256(board.firmware.read_bytes()).hexdigest()
    assert board.check(f"sha256sum /lib/firmware/{FIRMWARE}").split()[0] == digest


def test_a_fault_shows_in_trace0_and_in_failing_kicks(board):
    board.start_firmware()
    board.wait_console(CHANNEL)
    assert bytes.fromhex(ask(board, b"sleep", 7).out) == b"sleep 1"
    # The command is sent and not answered; the next kick finds nobody who takes it.
    mark = board.console.mark()
    ask(board, b"illegal", 0)
    board.wait_trace0("stopped; see docs/debugging.md")
    ask(board, b"sleep", 0)
    board.wait_console(rf"{BOARDS[board.board].driver}_kick: failed \(1, err:-62\)", mark)
    trace = board.trace0()
    assert re.search(REPORTS[board.board], trace), trace
    assert "stopped; see docs/debugging.md" in trace


def backtrace(board, what):
    """What scripts/backtrace.py makes of a report or a dump: the text, and the functions that it names."""
    symbols = built.path(board.board, "rpmsg-selftest", ".debug")
    command = [paths.ROOT / "scripts/backtrace.py", "-", symbols]
    out = subprocess.run(command, input=what, stdout=subprocess.PIPE, check=True).stdout.decode()
    return out, re.findall(r"^(?: +#\d+ 0x[0-9a-f]{8} |  +(?!at ))(\S.*)$", out, re.MULTILINE)


def begin(board):
    """Starts the firmware and waits for its service."""
    mark = board.console.mark()
    board.start_firmware()
    check_service(board, mark)


def check_service(board, mark):
    board.wait_console(CHANNEL, mark)
    assert bytes.fromhex(ask(board, b"sleep", 7).out) == b"sleep 1"
    trace = board.trace0()
    assert "***" not in trace
    # Rings of before a start are gone, and so is a note of them.
    assert "link up (Table)" in trace and "(Note)" not in trace


def stop(board):
    mark = board.console.mark()
    board.stop_firmware()
    board.wait_console(board.lines.stopped, mark)


def die(board, command):
    """Sends a command that the firmware does not survive; returns when Linux has seen that nobody takes its words."""
    mark = board.console.mark()
    if command == b"hang":
        assert bytes.fromhex(ask(board, b"watch", 5).out) == b"watch"
    ask(board, command, 0)
    # Until then it takes kicks, of which Linux may send the next one before this command is looked at.
    board.wait_trace0("deaf from here on" if command == b"deaf" else "stopped; see docs/debugging.md")
    ask(board, b"sleep", 0)
    board.wait_console(rf"{BOARDS[board.board].driver}_kick: failed \(1, err:-62\)", mark)


# The firmware of the first start is still there, dead.
def test_its_report_and_its_core_dump_name_the_calls(board):
    for what in (board.trace0().encode(), board.core_dump()):
        out, functions = backtrace(board, what)
        assert re.search(REPORTS[board.board], out), out
        assert any("rpmsg_selftest::raise::illegal" in name for name in functions[:2]), out
        assert any("rpmsg_selftest::main" in name for name in functions), out
        assert "at src/bin/rpmsg-selftest.rs:" in out, out


def test_it_can_be_stopped_and_started_again(board):
    stop(board)
    begin(board)


def test_a_panic_is_reported_with_the_calls_that_led_to_it(board):
    die(board, b"panic")
    trace = board.trace0()
    assert re.search(r"\*\*\* panicked at src/bin/rpmsg-selftest.rs:\d+:\d+:\nasked to\n", trace), trace
    for what in (trace.encode(), board.core_dump()):
        out, functions = backtrace(board, what)
        assert "asked to" in out
        assert any("core::panicking::panic_fmt" in name for name in functions[:6]), out
        assert any("rpmsg_selftest::main" in name for name in functions), out
    stop(board)
    begin(board)


def test_a_loop_without_end_is_reported_with_its_place(board):
    die(board, b"hang")
    for what in (board.trace0().encode(), board.core_dump()):
        out, functions = backtrace(board, what)
        assert re.search(HANG, out), out
        assert "rpmsg_selftest::hang" in functions[0], out
        assert any("rpmsg_selftest::main" in name for name in functions), out
    stop(board)
    begin(board)


def test_one_without_interrupts_leaves_no_report_but_a_stack_in_the_dump(board):
    die(board, b"deaf")
    assert "***" not in board.trace0()
    out, functions = backtrace(board, board.core_dump())
    assert "has reported no fault" in out
    assert any("rpmsg_selftest::" in name or "imx_rpmsg_application" in name for name in functions), out


def test_linux_suspends_beside_one_that_is_deaf_only_where_it_asks_nobody(board):
    """imx_dsp_rproc waits for the firmware's answer; imx_rproc does not ask."""
    board.check("echo devices > /sys/power/pm_test; echo 0 > /sys/module/suspend/parameters/pm_test_delay")
    mark = board.console.mark()
    refused = board.run("echo freeze > /sys/power/state").rc != 0
    board.wait_console(r"PM: suspend exit", mark)
    assert refused == (BOARDS[board.board].driver == DSP_DRIVER)
    assert board.state() == "running"


def test_one_that_is_deaf_can_be_stopped_and_started_again(board):
    stop(board)
    begin(board)


# What the dump of a core that did as it was told says, and a function that it names.
DUMPS = {
    b"illegal": (r"\*\*\* illegal instruction", "rpmsg_selftest::raise::illegal"),
    b"panic": (r"\*\*\* panicked at src/bin/rpmsg-selftest.rs:\d+:\d+:\nasked to\n", "core::panicking::panic_fmt"),
    b"overflow": (r"\*\*\* double exception \(stack overflow\?\)", "rpmsg_selftest::overflow"),
    b"hang": (HANG, "rpmsg_selftest::hang"),
    b"deaf": (r"has reported no fault", "rpmsg_selftest::run"),
}


@pytest.mark.parametrize("command", DUMPS)
def test_forced_recovery(board, command):
    """As /sys/kernel/debug/remoteproc/remoteprocN/crash does it, recovery being enabled from the start."""
    resets = board.linux_dumps or BOARDS[board.board].driver != DSP_DRIVER
    if command == b"deaf" and not resets:
        pytest.skip("imx_dsp_rproc of 6.12 does not reset a DSP that is deaf (docs/debugging.md)")
    assert board.check(f"cat {REMOTEPROC}/recovery").strip() == "enabled"
    die(board, command)
    board.check(f"echo enabled > {REMOTEPROC}/coredump")
    mark = board.console.mark()
    board.crash()
    board.wait_console(r"remoteproc0: handling crash #\d in imx", mark)
    if not board.linux_dumps:
        # The driver does not tell what the dump is of.
        board.wait_console(r"remoteproc0: ELF class is not set", mark)
    # A DSP is not reset by imx_dsp_rproc of 6.12: its firmware starts itself (src/firmware/exception/reload.rs).
    check_service(board, mark)
    assert board.state() == "running"
    if board.linux_dumps:
        check_dump(board, board.linux_core_dump(), *DUMPS[command])


def check_dump(board, dump, said, named):
    """Linux's own dump holds what the one made here does, and scripts/backtrace.py reads it."""
    ours, theirs = ([(s.vaddr, s.filesz) for s in Elf(data).segments] for data in (board.core_dump(), dump))
    assert theirs == ours
    out, functions = backtrace(board, dump)
    assert re.search(said, out), out
    assert any(named in name for name in functions), out


def test_one_that_dies_before_it_is_ready_leaves_its_report(board):
    """Without the ready doorbell imx_dsp_rproc says -110, and there is no trace0."""
    if board.state() != "offline":
        stop(board)
    board.start_firmware(EARLY)
    board.wait_trace0("stopped; see docs/debugging.md")
    assert re.search(r"\*\*\* panicked at src/bin/rpmsg-selftest.rs:\d+:\d+:\nasked to\n", board.trace0())
    stop(board)
    begin(board)
