# SPDX-License-Identifier: MIT OR Apache-2.0
"""Register windows, interrupts, arithmetic and fault reports, by rpmsg-selftest on the true vectors."""

import re
import subprocess
from typing import NamedTuple

import pytest
from imxtest import built, paths
from imxtest.elf import Elf

CHANNEL = "imx-rpmsg-selftest"
MASK = 0xFFFFFFFF

# First lines of the reports. {code}: of an address in the program.
HIFI4 = {
    "illegal": r"\*\*\* illegal instruction \(EXCCAUSE 0\) at PC {code}, address 0x[0-9a-f]{{8}}",
    "store": r"\*\*\* \S.* \(EXCCAUSE \d+\) at PC {code}, address 0x00000010",
    "unaligned": r"\*\*\* unaligned load or store \(EXCCAUSE 9\) at PC {code}, address 0x92400001",
    "null": r"\*\*\* \S.* \(EXCCAUSE \d+\) at PC {code}, address 0x00000004",
}
CORTEX_M = {
    # By the MPU: code, and the null pointer, which is the vector table of an M7, are not written; data is not run.
    "null": r"\*\*\* load or store prohibited \(CFSR 0x82 HFSR 0x40000000\), address 0x00000004\nPC {code} ",
    "code": r"\*\*\* load or store prohibited \(CFSR 0x82 HFSR 0x40000000\), address {code}\nPC {code} ",
    "data": r"\*\*\* instruction fetch prohibited \(CFSR 0x1 HFSR 0x40000000\)\nPC 0x2000[0-9a-f]{{4}} LR {code} ",
    "illegal": r"\*\*\* undefined instruction \(CFSR 0x10000 HFSR 0x40000000\)\nPC {code} ",
    "store": r"\*\*\* bus error on load or store \(CFSR 0x8[24]00 HFSR 0x40000000\), address 0xe0200010\nPC {code} ",
    "unaligned": r"\*\*\* unaligned load or store \(CFSR 0x1000000 HFSR 0x40000000\)\nPC {code} ",
}
# The MPU's guard at the end of the stack, on Armv7-M; whether the core can still store its registers depends on who meets it
GUARD = (
    r"\*\*\* (?:no memory for the stack \(overflow\?\)|load or store prohibited) "
    r"\(CFSR 0x[0-9a-f]+ HFSR 0x40000000\), address 0x200000[0-9a-f]{{2}}\n(?:SP|PC) 0x"
)
# The stack limit that Armv8-M has
LIMIT = r"\*\*\* stack overflow \(CFSR 0x100000 HFSR 0x40000000\)\n(?:SP|PC) 0x"
# Armv8-M's can only be read-only, and what the emulated SoC has there is nothing.
NULL_READ = {"null read": r"\*\*\* load or store prohibited \(CFSR 0x82 HFSR 0x40000000\), address 0x00000004\nPC {code} "}
ANY = {"panic": r"\*\*\* panicked at src/bin/rpmsg-selftest.rs:\d+:\d+:\nasked to"}


class Core(NamedTuple):
    """What the reports say on a board's core."""

    reports: dict
    code: str  # addresses of the program, as a regular expression
    registers: tuple  # how the lines of four registers begin
    illegal: str  # the register that holds 0x1234 at the illegal instruction, and its value, in such a line
    receive_enable: tuple  # register of the mailbox, and its bits, that let Linux's words interrupt


CORES = {
    "imx8mp-evk-dsp": Core(
        HIFI4 | ANY | {
            # Nothing is below the stack's memory.
            "overflow": r"\*\*\* double exception \(stack overflow\?\) \(EXCCAUSE \d+\) at PC {code}, address 0x3b6e7[0-9a-f]{{3}}"
        },
        "0x924[0-9a-f]{5}", ("a0", "a4", "a8", "a12"), "a8  00001234", (0x30E70024, 0x0F000000),
    ),
    "imx8ulp-evk-dsp": Core(
        # IRAM is below the stack's memory.
        HIFI4 | ANY, "0x1a00[0-9a-f]{4}", ("a0", "a4", "a8", "a12"), "a8  00001234", (0x2DA20128, 0xF)
    ),
    "imx8mp-evk-m7": Core(
        CORTEX_M | NULL_READ | ANY | {"overflow": GUARD}, "0x0000[0-9a-f]{4}", ("r0", "r4", "r8"), "r4  [0-9a-f]{8} 00001234",
        (0x30AB0024, 0x0F000000),
    ),
    "imx8qm-mek-m4": Core(
        CORTEX_M | NULL_READ | ANY | {"overflow": GUARD}, "0x1ffe[0-9a-f]{4}", ("r0", "r4", "r8"), "r4  [0-9a-f]{8} 00001234",
        (0x5D290024, 0x0F000000),
    ),
    "imx93-evk-m33": Core(
        CORTEX_M | ANY | {"overflow": LIMIT}, "0x0ffe[0-9a-f]{4}", ("r0", "r4", "r8"), "r4  [0-9a-f]{8} 00001234",
        (0x44220128, 0xF),
    ),
}  # fmt: skip


@pytest.fixture(params=CORES)
def board(request):
    return request.param


@pytest.fixture
def selftest(start):
    linux = start("rpmsg-selftest")
    bus = linux.probe()
    peer = bus.wait_channel(CHANNEL)
    client = bus.endpoint()

    class Selftest:
        def run(self, command):
            return client.exchange(peer, command.encode()).decode()

        def fault(self, command):
            """Sends a command that stops the firmware; returns its report.

            A firmware that is awake may find the command ahead of its kick, and then takes no word any more. So the kick
            is only sent when the word before it is taken; otherwise that word brings the firmware to the command.
            """
            client.send(peer, command.encode(), kick=False)
            bus.link.take_arrived()
            if bus.link.tx_empty(linux.rproc.board.channel):
                bus.kick(1)
            return self.stopped()

        def send(self, command):
            client.send(peer, command.encode())

        def stopped(self):
            linux.wait_trace("stopped; see docs/debugging.md")
            return linux.trace()

        def read(self, address):
            """A word at an address of the core."""
            return int(linux.core.monitor.human(f"xp /1wx {address:#x}").split(":")[1], 16)

        def word(self, board, name):
            """The value of a static, by a part of its mangled name."""
            symbols = Elf(built.firmware(board, "rpmsg-selftest", ".debug")).symbols()
            (address,) = [address for symbol, address in symbols.items() if name in symbol]
            return self.read(address)

    tool = Selftest()
    tool.linux, tool.bus = linux, bus
    return tool


def descend(depth, *terms):
    """What the firmware's recursions compute."""
    below = descend(depth - 1, *terms) if depth else 0
    return (below * 31 + sum(term(depth) for term in terms)) & MASK


def total(depths, *terms):
    return sum(descend(depth, *terms) for depth in depths) & MASK


DESCEND = (lambda d: d, lambda d: 3 * d, lambda d: d ^ 0x55)
RELOAD = (lambda d: d, lambda d: d ^ 0x55)


def test_windows_spill_and_fill(selftest):
    assert selftest.run("windows") == f"windows {total(range(1, 60), *DESCEND)}"


def test_interrupts_at_any_depth_change_nothing(selftest):
    wakes = sum(2 * (depth + 1) for depth in range(1, 60))
    for _ in range(20):
        assert selftest.run("interrupts") == f"interrupts {total(range(1, 60), *DESCEND)} wakes {wakes}"


@pytest.mark.parametrize("board", ["imx8mp-evk-dsp", "imx8ulp-evk-dsp"], indirect=True)
def test_the_alloca_exception_loads_the_callers_window(selftest):
    wakes = sum(depth + 1 for depth in range(1, 20))
    assert selftest.run("alloca") == f"alloca {total(range(1, 20), *RELOAD)} wakes {wakes}"


def test_a_masked_sleep_ends_and_no_handler_runs_in_it(selftest):
    assert selftest.run("masked sleep") == "masked sleep 0 1"


@pytest.mark.parametrize("board", ["imx8mp-evk-dsp", "imx8mp-evk-m7"], indirect=True)
def test_every_task_that_awaits_the_mailbox_hears_of_every_kick_and_is_woken_by_the_next(selftest):
    """As those of several links do: none takes a kick from another, or another's place."""
    assert selftest.run("followers") == "followers [4, 0, 0]"
    assert selftest.run("woken") == "woken 4"


def test_64_bit_arithmetic(selftest):
    a, b = 0x0123456789ABCDEF, 1000003
    assert selftest.run("arithmetic") == f"arithmetic {a // b} {a % b} {-a * b & (1 << 64) - 1:x}"


@pytest.mark.parametrize(
    ("board", "command"),
    [(board, command) for board, core in CORES.items() for command in core.reports],
    indirect=["board"],
)
def test_a_fault_is_reported_and_then_no_word_is_taken(selftest, board, command):
    core = CORES[board]
    report = selftest.fault(command)
    assert re.search(core.reports[command].format(code=core.code), report), report
    if command in HIFI4 | CORTEX_M:
        registers = re.findall(r"^([ar]\d+) +(?:[0-9a-f]{8} ?){4}$", report, re.MULTILINE)
        assert tuple(registers) == core.registers
    if command == "illegal":
        assert re.search(core.illegal, report), report
    if command == "panic":
        # Its message asks for an interrupt, whose handler counts. A handler that uses the link could have noted it again.
        assert selftest.word(board, "5start5WAKES") == 0, "a handler has run while the panic was reported"
    # No interrupt of the MU is enabled any more, so Linux's next word stays in its register.
    address, bits = core.receive_enable
    assert selftest.read(address) & bits == 0


def test_a_program_that_does_not_wait_any_more_is_stopped_with_a_report(selftest, board):
    core = CORES[board]
    assert selftest.run("watch") == "watch"
    report = selftest.fault("hang")
    head = r"\*\*\* hang \(no wait for 400 ms\)(?: at |\n)PC {code}\b"
    assert re.search(head.format(code=core.code), report), report
    registers = re.findall(r"^([ar]\d+) +(?:[0-9a-f]{8} ?){4}$", report, re.MULTILINE)
    assert tuple(registers) == core.registers
    # Not the interrupt's handler, but what it came upon.
    functions = re.findall(r"^ +#\d+ 0x[0-9a-f]{8} (.*)$", calls(board, report), re.MULTILINE)
    assert "rpmsg_selftest::hang" in functions[0], functions
    assert any("rpmsg_selftest::main" in name for name in functions), functions
    # As scripts/demo.sh shows it, Linux's lines in between
    shown = "".join(f"firmware: {line}\n[    1.000000] a line of Linux's\n" for line in report.splitlines())
    assert calls(board, f"{shown}\ndemo: FAILED: the firmware said '*** hang'\n") == calls(board, report)


def calls(board, report):
    """What scripts/backtrace.py makes of it."""
    command = [paths.ROOT / "scripts/backtrace.py", "-", built.path(board, "rpmsg-selftest", ".debug")]
    return subprocess.run(command, input=report, stdout=subprocess.PIPE, check=True, text=True).stdout


def test_what_a_display_logs_and_its_panic_are_in_the_middle_of_the_line(selftest):
    selftest.run("nested log")
    assert re.search(r"\] outside <\[ +\d+\.\d{6}\] within\n>\n", selftest.linux.trace())
    report = selftest.fault("nested panic")
    assert re.search(r"outside <\n\*\*\* panicked at src/bin/rpmsg-selftest.rs:\d+:\d+:\nwithin", report)


@pytest.mark.parametrize("board", ["imx8mp-evk-dsp"], indirect=True)
def test_a_recovery_that_clears_no_memory_is_no_resume(selftest):
    """Linux up to 6.12 loads the firmware over the dead one, whose rings are those of before until Linux sets them up."""
    linux = selftest.linux
    selftest.fault("illegal")
    linux.remove()
    linux.rproc.recover()
    bus = linux.probe()
    assert bus.endpoint().exchange(bus.wait_channel(CHANNEL), b"windows").startswith(b"windows ")
    assert re.findall(r"link up \((\w+)\)", linux.trace()) == ["Table"]


@pytest.mark.parametrize("board", ["imx8mp-evk-dsp", "imx8mp-evk-m7"], indirect=True)
def test_a_fault_in_an_interrupts_handler_is_reported_with_what_was_interrupted(selftest, board):
    """The main loop is somewhere when the kick comes, or one of Linux's own before it; its handler does not end."""
    selftest.send("handler")
    selftest.linux.wait_trace("the next kick's handler is to fault")
    selftest.linux.rproc.kick(1)
    named = calls(board, selftest.stopped())
    handler, main = named.find("imx_rpmsg::mailbox::mu::on_interrupt"), named.find("rpmsg_selftest::serve")
    assert 0 <= handler < main < named.find("rpmsg_selftest::main\n"), named


@pytest.mark.parametrize("board", ["imx8mp-evk-m7", "imx8qm-mek-m4", "imx93-evk-m33"], indirect=True)
def test_a_handler_that_does_not_end_is_stopped_with_a_report(selftest, board):
    """The clock of a Cortex-M interrupts the mailbox's handler."""
    assert selftest.run("watch") == "watch"
    selftest.send("endless handler")
    selftest.linux.wait_trace("the next kick's handler is to hang")
    selftest.linux.rproc.kick(1)
    report = selftest.stopped()
    assert "*** hang (no wait for 400 ms)" in report
    functions = re.findall(r"^ +#\d+ 0x[0-9a-f]{8} (.*)$", calls(board, report), re.MULTILINE)
    assert "rpmsg_selftest::hang" in functions[0], functions
    assert any("rpmsg_selftest::main" in name for name in functions), functions


@pytest.mark.parametrize("board", [board for board in CORES if board != "imx8ulp-evk-dsp"], indirect=True)
def test_a_frame_that_is_larger_than_the_stack_leaves_the_calls_that_led_to_it(selftest, board):
    report = selftest.fault("frame")
    assert re.search(r"\*\*\* (no memory for the stack|stack overflow|double exception \(stack overflow)", report), report
    named = calls(board, report)
    assert "rpmsg_selftest::main" in named and "at src/bin/rpmsg-selftest.rs:" in named, named


def test_a_panic_whose_message_panics_ends(selftest):
    report = selftest.fault("endless panic")
    assert report.count("*** ") == report.count("*** panicked at src/bin/rpmsg-selftest.rs:") == 2, report


def test_a_report_is_found_wherever_the_log_is_full(selftest, board):
    """The log wraps in the middle of the report, so that its beginning is after its end."""
    size = selftest.linux.rproc.table.traces[0].length
    while len(selftest.linux.rproc.trace()) < size - 250:
        selftest.run("nested log")
    selftest.fault("illegal")
    shown = selftest.linux.rproc.trace()
    assert 0 < shown.find("older lines follow") < shown.find("*** "), shown
    assert "stopped; see" not in shown[shown.find("*** ") :], shown
    named = calls(board, shown)
    assert re.search(CORES[board].reports["illegal"].format(code=CORES[board].code), named), named
    assert "rpmsg_selftest::raise::illegal" in named and "rpmsg_selftest::main" in named, named


@pytest.mark.parametrize("board", ["imx8mp-evk-dsp", "imx8ulp-evk-dsp", "imx8mp-evk-m7"], indirect=True)
@pytest.mark.parametrize(
    ("command", "head"),
    [
        (b"panic", "panicked at src/bin/rpmsg-selftest.rs"),
        (b"illegal", "(illegal|undefined) instruction"),
        (b"hang", "hang"),
        (None, "(illegal|undefined) instruction"),
    ],
)
def test_linux_has_the_report_of_a_firmware_that_dies_before_it_is_ready(start, board, command, head):
    if command:
        firmware = built.dying_early(board, command)
    else:
        # The first instruction in Rust, ahead of console and mailbox: ILL or UDF.
        first = ("imx_rpmsg_main", bytes(3)) if CORES[board].registers[0] == "a0" else ("main", b"\0\xde")
        firmware = built.patched(board, "rpmsg-selftest", *first)
    # `start` waits for the ready doorbell, without which Linux takes the log away.
    linux = start("rpmsg-selftest", firmware=firmware)
    linux.wait_trace("stopped; see docs/debugging.md")
    assert re.search(rf"^\*\*\* {head}", linux.trace(), re.MULTILINE), linux.trace()


def test_a_firmware_that_stopped_can_be_started_again(selftest):
    selftest.fault("illegal")
    linux = selftest.linux
    linux.stop()
    linux.boot()
    bus = linux.probe()
    assert bus.endpoint().exchange(bus.wait_channel(CHANNEL), b"windows").startswith(b"windows ")
