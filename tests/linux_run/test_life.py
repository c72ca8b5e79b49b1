# SPDX-License-Identifier: MIT OR Apache-2.0
"""The demo firmware over many lives of what talks to it: of the core, of Linux's bus driver, of the clients.

The tests of one board share a boot. With IMX_RPMSG_LONG in the environment each goes on a hundred times, and the DSP
answers a million messages.
"""

import re

import pytest
from demo_session import ALLOWED_WARNINGS, check_sample, check_tty, pattern, start, stop, wait_up
from imxtest.linux import Testbed

SERVICE = 0x400  # of rpmsg-demo, which sends back what it gets
DRIVER = "/sys/bus/virtio/drivers/virtio_rpmsg_bus"

# What no round may leave more of: devices, nodes, and users of the modules.
LEFT_BEHIND = (
    "ls -d /sys/bus/rpmsg/devices/* /sys/bus/virtio/devices/* /sys/class/rpmsg/* /dev/ttyRPMSG* /dev/rpmsg*; "
    "grep -h . /proc/modules | grep -E 'rpmsg|rproc' | cut -d ' ' -f 1,3 | sort; grep -c . /proc/interrupts"
)

# Linux's own, when the bus driver goes while answers come: it takes the endpoints away first and the rings last
# (rpmsg_remove, drivers/rpmsg/virtio_rpmsg_bus.c). Of more than ten in five seconds it gives the number alone.
UNDELIVERED = (
    r"virtio_rpmsg_bus virtio\d+: msg received with no recipient$",
    r"rpmsg_recv_single: \d+ callbacks suppressed$",
)


@pytest.fixture(scope="module", params=["imx8mp-evk-dsp", "imx8mp-evk-m7"])
def board(request, firmware, guest_tools, rounds):
    name, patience = request.param, rounds(600, 7200)
    with Testbed("6.12", firmware(name), name, extra_files=guest_tools, patience=patience) as booted:
        booted.sample_rounds = 0
        yield booted


@pytest.fixture(name="running")
def running_fixture(board):
    if board.state() != "running":
        start(board)
    if board.run("test -d /sys/module/rpmsg_client_sample").rc == 0:
        board.check("rmmod rpmsg_client_sample")
    return board


def traffic(board, count, ahead=64):
    """Messages of all sizes to the service and back, each byte checked by the guest's rpmsg-traffic."""
    rc, out = board.run(f"rpmsg-traffic echo {SERVICE} {count} {ahead}")
    assert rc == 0, out
    assert out.startswith(f"{count} messages, "), out
    return out


def left_behind(board):
    return board.run(LEFT_BEHIND).out


def check_log(board, *more):
    """Linux has warned of nothing but what it warns of with any firmware, and what is said to be expected."""
    allowed = re.compile("|".join((*ALLOWED_WARNINGS, *more)))
    messages = board.dmesg()
    warnings = [m.text for m in messages[board.boot_messages :] if m.level <= 4]
    # Not to be found again by the next test.
    board.boot_messages = len(messages)
    assert [text for text in warnings if not allowed.search(text)] == []


def test_the_core_is_stopped_and_started(running, rounds):
    traffic(running, 500)
    before = left_behind(running)
    for _ in range(rounds(20, 100)):
        stop(running)
        start(running)
        traffic(running, 20)
        assert "link up (Note)" not in running.trace0()
    assert left_behind(running) == before
    check_tty(running, pattern(2000))
    check_log(running)


def test_linux_takes_its_bus_driver_away_and_gives_it_back(running, rounds):
    before = left_behind(running)
    for _ in range(rounds(20, 100)):
        running.check(f"echo virtio0 > {DRIVER}/unbind")
        assert "rpmsg" not in running.run("ls /sys/bus/rpmsg/devices").out
        mark = running.console.mark()
        running.check(f"echo virtio0 > {DRIVER}/bind")
        wait_up(running, (r"virtio_rpmsg_bus virtio0: rpmsg host is online",), mark)
        traffic(running, 20)
    assert left_behind(running) == before
    check_tty(running, pattern(2000))
    check_log(running)


def test_the_clients_are_unloaded_and_loaded(running, rounds):
    before = left_behind(running)
    for _ in range(rounds(10, 100)):
        mark = running.console.mark()
        running.check("rmmod rpmsg_tty && modprobe rpmsg_tty && modprobe rpmsg_client_sample")
        check_sample(running, mark)
        check_tty(running, b"Hello")
        running.check("rmmod rpmsg_client_sample")
    assert left_behind(running) == before
    check_log(running)


def test_endpoints_come_and_go(running, rounds):
    before = left_behind(running)
    count = rounds(100, 1000)
    assert running.check(f"rpmsg-traffic endpoints {SERVICE} {count}") == f"{count} endpoints\n"
    assert left_behind(running) == before
    check_log(running)


def test_messages_of_all_sizes(running, rounds):
    """None lost, doubled, reordered or changed: rpmsg-traffic stops at the first that is."""
    if running.board == "imx8mp-evk-dsp":
        traffic(running, rounds(20_000, 1_000_000))
    else:
        traffic(running, 4_000)
    check_log(running)


def test_a_reader_that_sleeps_gets_all_when_it_wakes(running):
    traffic(running, 2000, ahead=2000)
    check_log(running)


# imx_rproc of 6.12 looks at rings that are being removed: its imx_rproc_vq_work takes no lock and asks for no state,
# as that of imx_dsp_rproc does, so a stop in the middle of a burst is an oops of Linux.
@pytest.mark.parametrize("board", ["imx8mp-evk-dsp"], indirect=True)
@pytest.mark.parametrize("end", ["unbind", "stop"])
def test_a_burst_that_ends_in_the_middle_harms_nothing(running, rounds, end):
    for _ in range(rounds(5, 50)):
        running.check(f"rm -f /tmp/flood; (rpmsg-traffic flood {SERVICE} >/tmp/flood 2>&1 &)")
        running.check("until [ -s /tmp/flood ]; do :; done; grep -q '^flooding' /tmp/flood")
        if end == "stop":
            stop(running)
        else:
            running.check(f"echo virtio0 > {DRIVER}/unbind")
        # The writer has seen the end of its device.
        running.check("until grep -q 'the end' /tmp/flood; do :; done")
        mark = running.console.mark()
        if end == "stop":
            start(running)
        else:
            running.check(f"echo virtio0 > {DRIVER}/bind")
            wait_up(running, (r"virtio_rpmsg_bus virtio0: rpmsg host is online",), mark)
        traffic(running, 300)
        check_tty(running, b"Hello")
    assert "Linux's mistake" not in running.trace0()
    check_log(running, *UNDELIVERED)
