# SPDX-License-Identifier: MIT OR Apache-2.0
"""Feature uart: the log goes to the serial port as it goes to the trace buffer."""

import pytest
from imxtest.fakelinux import play_sample, play_tty


@pytest.mark.parametrize("board", ["imx8mp-evk-dsp", "imx8mp-evk-m7", "imx93-evk-m33"], indirect=True)
def test_the_uart_says_what_the_trace_says(start, tmp_path):
    log = tmp_path / "uart.log"
    linux = start("rpmsg-demo+uart", uart=f"file:{log}")
    bus = linux.probe()
    play_sample(bus, 100)
    play_tty(bus)
    linux.wait_trace("[Linux TTY] incoming msg: Hello\n")
    # Interrupts are masked while a line is written, so whoever takes a word has written it.
    linux.rproc.kick(1)
    linux.link.wait_read(linux.board.channel)
    trace = linux.trace()
    assert "[Linux sample client] incoming msg 100: hello world!\n" in trace
    assert log.read_bytes().decode() == trace.replace("\n", "\r\n")
