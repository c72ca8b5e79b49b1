# SPDX-License-Identifier: MIT OR Apache-2.0
"""testbed/linux/guest/rpmsg-tool.c, compiled for this machine, with a folder in the place of Linux's devices."""

import subprocess

import pytest
from imxtest.paths import ROOT


@pytest.fixture(name="tool")
def tool_fixture(tmp_path):
    """Makes the folder of {service: address}, and runs the tool."""
    devices = tmp_path / "devices"
    devices.mkdir()
    program = tmp_path / "rpmsg-tool"
    subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", f'-DDEVICES="{devices}/"', "-o", program,
                    ROOT / "testbed/linux/guest/rpmsg-tool.c"], check=True)  # fmt: skip

    def run(services, *arguments):
        for number, (name, address) in enumerate(services):
            folder = devices / f"virtio0.{name}.-1.{address}.{number}"
            folder.mkdir()
            (folder / "name").write_text(f"{name}\n")
            (folder / "dst").write_text(f"{address:#x}\n")
        return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=60)

    return run


def test_all_services_are_listed_however_many(tool):
    done = tool([(f"s{n:03}", 0x400 + n) for n in range(255)] + [("rpmsg_ns", 0x35)], "list")
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines()] == [[f"{0x400 + n:#x}", f"s{n:03}", "-"] for n in range(255)]


def test_the_last_of_many_is_found_by_its_name(tool):
    """It is, when what fails is the endpoint, of which this machine has none."""
    services = [(f"s{n:03}", 0x400 + n) for n in range(255)]
    assert "/dev/rpmsg_ctrl0" in tool(services, "send", "s254", "hi").stderr
    assert "there is no service s255" in tool([], "send", "s255", "hi").stderr


def test_without_a_service_it_says_so(tool):
    done = tool([], "list")
    assert done.returncode == 1 and "no services: does the firmware run?" in done.stderr
