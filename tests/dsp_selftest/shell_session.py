# SPDX-License-Identifier: MIT OR Apache-2.0
"""Someone at a terminal of the shell, through a fake Linux."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PROMPT = "core> "
SHELL, SAMPLE, TTY = 0x400, 0x401, 0x402


class Terminal:
    """Types at an endpoint and reads what the shell prints."""

    def __init__(self, bus, address=SHELL):
        self.bus, self.address = bus, address
        self.client = bus.endpoint()
        self.messages = []
        self._unread = b""

    def type(self, keys, **options):
        """Sends keys, as many in one message as fit."""
        data = keys if isinstance(keys, bytes) else keys.encode()
        for at in range(0, len(data), 496):
            self.client.send(self.address, data[at : at + 496], **options)

    def until(self, end):
        """Reads until the text ends in `end`; returns it."""
        text = b""
        while not text.endswith(end.encode()):
            message = self.client.receive().payload
            self.messages.append(message)
            text += message
        return text.decode()

    def read_exactly(self, text):
        """Reads as many bytes as the text has, and compares."""
        got = b""
        while len(got) < len(text):
            got += self.client.receive().payload
        assert got.decode() == text

    def run(self, command):
        """Runs a command; returns its answer, between the echo of the command and the next prompt."""
        self.type(command + "\n")
        text, head = self.until(PROMPT), f"{command}\r\n"
        while head not in text:
            text += self.until(PROMPT)
        at = text.find(head)
        return text[at + len(head) : -len(PROMPT)].replace("\r\n", "\n")


def transcript():
    """The transcript of docs/shell.md as [(command, [lines as regular expressions])]."""
    text = (ROOT / "docs/shell.md").read_text()
    body = text.split("<!-- transcript -->\n```text\n", 1)[1].split("```", 1)[0]
    steps = []
    for line in body.splitlines():
        if line.startswith(PROMPT):
            steps.append((line.removeprefix(PROMPT), []))
        else:
            steps[-1][1].append(_pattern(line))
    return steps


def _pattern(line):
    """Figures that are another board's or another moment's may differ, and the blanks before them."""
    parts = re.split(r"(0x[0-9a-f]+|\b[0-9a-f]{8}\b|[0-9]+)", line)
    pattern = "".join(r"(?:0x)?[0-9a-f]+" if i % 2 else re.escape(part) for i, part in enumerate(parts))
    return re.sub(r"(?:\\ )+", r" +", pattern)
