# SPDX-License-Identifier: MIT OR Apache-2.0
"""How the program finds the service, and what it says when it does not."""

import subprocess

import pytest
from rpmsg_filter import __main__ as program
from rpmsg_filter import device, wire

CONSTANTS = """
#include <linux/rpmsg.h>
#include <stdio.h>
int main(void)
{
	printf("%lu %lu %zu", (unsigned long)RPMSG_CREATE_EPT_IOCTL, (unsigned long)RPMSG_DESTROY_EPT_IOCTL,
	       sizeof(struct rpmsg_endpoint_info));
	return 0;
}
"""


def test_the_requests_are_those_of_the_kernels_header(tmp_path):
    binary = tmp_path / "constants"
    subprocess.run(["cc", "-x", "c", "-", "-o", binary], input=CONSTANTS, text=True, check=True)
    printed = subprocess.run([binary], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert [int(word) for word in printed.split()] == [device.CREATE, device.DESTROY, device.ENDPOINT_INFO.size]


def test_the_service_is_found_by_the_name_of_its_channel(tmp_path):
    for name, address in (("rpmsg-tty", "0x400"), (wire.CHANNEL, "0x401")):
        folder = tmp_path / f"virtio0.{name}.-1.{int(address, 0)}"
        folder.mkdir()
        (folder / "dst").write_text(address + "\n")
    assert device.find_address(devices=tmp_path) == 0x401


def test_a_service_that_is_not_there_is_told_of(tmp_path):
    with pytest.raises(device.DeviceError, match="is rpmsg-filter.elf running"):
        device.find_address(devices=tmp_path)


def test_a_missing_control_device_is_told_of(tmp_path):
    with pytest.raises(device.DeviceError, match="modprobe rpmsg_ctrl"):
        device.Endpoint(0x400, control=str(tmp_path / "rpmsg_ctrl0"))


def test_where_there_is_no_core_the_program_fails_and_says_why(tmp_path, capsys):
    assert program.main([str(tmp_path / "in.wav"), str(tmp_path / "out.wav"), "--low-pass", "1000"]) == 1
    assert "no core has announced imx-rpmsg-filter" in capsys.readouterr().err


def test_an_answer_that_is_none_is_refused():
    form = wire.FORMATS["q15"]
    for message in (b"", b"\x82\x01", wire.block(form, [0.5])):
        with pytest.raises(wire.Refused):
            wire.answer(form, wire.BLOCK, 1, message)
