# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the device moves to and from shared memory: words from lackey's trace, cache lines and kicks from
the program's own counters."""

import collections
import re
import subprocess
import tempfile

# benches/common/linux.rs
TABLE = 0x942FC000
BUFFERS = 0x94300000
MARK = 0x943FFFFC
NUM, BUFFER_LEN, HEADER_LEN = 256, 512, 16

PARTS = ("ring", "header", "payload", "table")
STORES = "stores into transmit buffers"

# Only the device's view is at these addresses: the program maps Linux's elsewhere.
_DEVICE = r"^ [LSM] 0*94[23][0-9a-f]{5},"


def _part(address):
    """What is at an address: its kind, and whether it is in a buffer that Linux filled."""
    if address >= BUFFERS:
        buffer, offset = divmod(address - BUFFERS, BUFFER_LEN)
        return ("header" if offset < HEADER_LEN else "payload"), buffer >= NUM
    return ("table" if address >= TABLE else "ring"), False


def words(valgrind, program):
    """For each case its words by part, per message."""
    with tempfile.TemporaryFile("w+") as printed:
        lackey = subprocess.Popen(
            [valgrind, "--tool=lackey", "--trace-mem=yes", program, "words"], stdout=printed, stderr=subprocess.PIPE
        )
        trace = subprocess.run(["grep", "-aE", _DEVICE], stdin=lackey.stderr, stdout=subprocess.PIPE, check=True).stdout
        lackey.stderr.close()
        if lackey.wait() != 0:
            raise SystemExit(f"error: {program} failed under valgrind --tool=lackey")
        printed.seek(0)
        cases = [line.split() for line in printed]
    counts = []
    for line in trace.decode().splitlines():
        kind, address, size = re.split("[ ,]", line.strip())
        address, n = int(address, 16), max(1, int(size) // 4)
        if address == MARK:
            counts.append(collections.Counter())
        elif counts:
            part, lent_to_read = _part(address)
            loads, stores = n * (kind in "LM"), n * (kind in "SM")
            counts[-1][part] += loads + stores
            counts[-1][STORES] += stores * lent_to_read
    # The mark behind the last case begins none.
    return {
        name: {part: count[part] / int(messages) for part in (*PARTS, STORES)}
        for (name, messages), count in zip(cases, counts[:-1], strict=True)
    }


def lines_and_kicks(program):
    """For each case its cache lines per message, and its kicks per burst."""
    found = {}
    for line in subprocess.run([program, "lines"], check=True, capture_output=True, text=True).stdout.splitlines():
        name, *numbers = line.split()
        messages, kicks, invalidated, written_back = map(int, numbers)
        bursts = messages // int(name.rsplit("/", 1)[1])
        found[name] = {
            "invalidated": invalidated / messages,
            "written back": written_back / messages,
            "kicks": kicks / bursts,
        }
    return found
