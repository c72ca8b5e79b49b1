# SPDX-License-Identifier: MIT OR Apache-2.0
"""The demo firmware under an unmodified Linux: its own drivers, its own sample client.

The tests of one board and kernel share a boot and build on one another; `running` lets a single one be
selected all the same.
"""

import base64
import itertools
import re

import pytest
from demo_session import (
    SAMPLE_MESSAGES,
    check_nothing_was_lost,
    check_sample,
    check_tty,
    check_warnings,
    load_sample,
    pattern,
    start,
    stop,
    tty_exchange,
    unload_sample,
)
from imxtest import paths
from imxtest.boards import BOARDS
from imxtest.linux import REMOTEPROC

# An address that no service of the firmware has.
NOBODY = 0x7777

# Clocks (of the kernel's clk-imx8mp*.c) and power domain with the device in it, by which a core runs and is reached.
# The trees of 6.1 have none of the DSP's, and what stands for the 8ULP has none.
HELD = {
    "imx8mp-evk-dsp": (("dsp_cg", "dspdbg_cg", "ocrama_cg", "mu2_cg"), ("audiomix", "3b6e8000.dsp")),
    "imx8mp-evk-m7": (("m7_core", "mu_root_clk"), ("audiomix", "imx8mp-cm7")),
}


@pytest.fixture(name="running")
def running_fixture(board):
    """A board on which the firmware runs and the sample client is not loaded."""
    if board.state() != "running":
        start(board)
    if board.run("test -d /sys/module/rpmsg_client_sample").rc == 0:
        unload_sample(board)
    return board


def test_linux_starts_it_and_finds_both_services(board):
    assert board.state() == "offline"
    start(board)
    board.check("test -c /dev/ttyRPMSG0")


def test_load_sh_finds_it_by_its_driver(running):
    parts = ((paths.ROOT / f"scripts/lib/{part}-on-board.sh").read_bytes() for part in ("memory", "kernel", "load"))
    script = base64.b64encode(b"".join(parts)).decode()
    rproc = BOARDS[running.board].driver.replace("_", "-")
    out = running.check(f"echo {script} | base64 -d >/tmp/load.sh && sh /tmp/load.sh look {rproc} x.elf 10 1 '' yes")
    assert f"{REMOTEPROC} is {rproc}, running\n" in out
    assert f"would start {REMOTEPROC} with it" in out


def test_linux_holds_what_the_core_runs_by(running):
    """What nobody holds, Linux switches off while the core runs; on a board that freezes the core, or Linux too."""
    if running.board not in HELD or running.series == "6.1":
        pytest.skip("that device tree has neither clocks nor a power domain for the core")
    clocks, (domain, device) = HELD[running.board]
    counts = {clock: running.check(f"cat /sys/kernel/debug/clk/{clock}/clk_enable_count") for clock in clocks}
    assert {clock: int(count) > 0 for clock, count in counts.items()} == dict.fromkeys(clocks, True), counts
    # "audiomix   on   0", and indented below it the devices that it is kept on for
    summary = running.check("cat /sys/kernel/debug/pm_genpd/pm_genpd_summary")
    lines = summary[re.search(rf"^{domain} ", summary, re.MULTILINE).start() :].splitlines()
    members = [line.split() for line in itertools.takewhile(lambda line: line.startswith(" "), lines[1:])]
    assert lines[0].split()[1] == "on"
    assert [state for name, state, *_ in members if name == device] in (["active"], ["unsupported"]), summary


def test_sample_client_gets_its_100_messages(running):
    load_sample(running)


def test_tty_answers_hello_with_its_address(running):
    assert tty_exchange(running, b"Hello") == b"TTY 0x0401: Hello"


@pytest.mark.parametrize("count", [1, 495, 496, 2000])
def test_tty_echo_is_exact(running, count):
    check_tty(running, pattern(count))


@pytest.mark.parametrize("attempt", [1, 2, 3])
def test_sample_client_can_be_loaded_again(running, attempt):
    load_sample(running)
    unload_sample(running)


def test_message_to_nobody_is_reported_and_harms_nothing(running):
    before = running.trace0().count("no endpoint 0x")
    running.check(f"rpmsg-tool endpoint {NOBODY:#x} {b'anyone?'.hex()} 0 60000")
    # Messages come in order: the first answer says that the firmware has seen the one to nobody, the
    # second that it is through with all it does after answering, which is when it may report.
    for _ in range(2):
        assert tty_exchange(running, b"Hello") == b"TTY 0x0401: Hello"
    trace = running.trace0()
    assert trace.count("no endpoint 0x") == before + 1
    assert f"no endpoint {NOBODY:#x}" in trace
    load_sample(running)


def test_firmware_log_tells_the_story(running):
    load_sample(running)
    assert tty_exchange(running, b"Hello") == b"TTY 0x0401: Hello"
    running.wait_trace0("[Linux TTY] incoming msg: Hello")
    trace = running.trace0()
    assert len(re.findall(r"\[Linux sample client\] incoming msg \d+: hello world!\n", trace)) >= SAMPLE_MESSAGES


def test_everything_works_again_after_stop_and_start(running):
    load_sample(running)
    for _ in range(3):
        stop(running)
        # The sample client is still loaded: it takes its channel as soon as there is one.
        mark = running.console.mark()
        start(running)
        check_sample(running, mark)
        check_tty(running, pattern(2000))
    unload_sample(running)
    load_sample(running)


def test_it_starts_again_when_the_driver_was_unloaded(running):
    driver = BOARDS[running.board].driver
    stop(running)
    running.check(f"rmmod {driver} && modprobe {driver}")
    assert running.state() == "offline"
    start(running)
    load_sample(running)
    check_tty(running, b"Hello")


def test_nothing_was_lost(board):
    check_nothing_was_lost(board)


def test_linux_warned_of_nothing_else(board):
    check_warnings(board)
