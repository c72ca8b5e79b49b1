# SPDX-License-Identifier: MIT OR Apache-2.0
"""An emulator's monitor: QMP over a connected socket."""

import json


class Monitor:
    """Sends commands to a running emulator. Events are skipped."""

    def __init__(self, sock):
        self._sock = sock
        self._lines = None

    def command(self, name, **arguments):
        """Runs a QMP command and returns its result."""
        if self._lines is None:
            self._lines = self._sock.makefile("r")
            self._lines.readline()  # the greeting
            self.command("qmp_capabilities")
        request = {"execute": name, "arguments": arguments}
        self._sock.sendall(json.dumps(request).encode() + b"\n")
        for line in self._lines:
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise RuntimeError(f"{name}: {answer['error']['desc']}")
        raise ConnectionError("the emulator has ended")

    def human(self, line):
        """Runs a command of the human monitor, such as `info registers`; returns its text."""
        return self.command("human-monitor-command", **{"command-line": line}).replace("\r\n", "\n")

    def close(self):
        if self._lines is not None:
            self._lines.close()
        self._sock.close()
