# SPDX-License-Identifier: MIT OR Apache-2.0
"""An ssh server in the emulated Linux, reached over its spare serial line: QEMU here has no network.

dropbear listens on the guest's loopback interface. ssh's ProxyCommand connects to a socket here; for each connection
a thread starts nc in the guest, which passes bytes between the serial line and dropbear, and passes them on here.
"""

import contextlib
import secrets
import socket
import subprocess
import threading

from imxtest.paths import ROOT

LINE = "/dev/ttymxc0"
KEY = "/tmp/hostkey"

# Root without a password, as sshd's user database
ACCOUNTS = {
    "etc/passwd": b"root::0:0:root:/:/bin/sh\nguest::1000:1000:guest:/:/bin/sh\n",
    "etc/group": b"root:x:0:\nguest:x:1000:\n",
    "etc/shells": b"/bin/sh\n",
}

# Both ways between standard streams and the socket, until either end closes.
PROXY = """
import os, select, socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
ends = {0: lambda d: s.sendall(d), s.fileno(): lambda d: os.write(1, d)}
while True:
    for fd in select.select(list(ends), [], [])[0]:
        data = os.read(fd, 65536)
        if not data: sys.exit()
        ends[fd](data)
"""


def files(series):
    """What the guest needs more than it has, {path: content}."""
    kernel = subprocess.run(
        [ROOT / "scripts/setup/linux.sh", series, "--path"], capture_output=True, text=True, check=True).stdout.strip()
    folder = ROOT / kernel / "sshd"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()} | ACCOUNTS


class Sshd:
    """Serves ssh for a board. A context manager; `options` are for ssh."""

    def __init__(self, board, folder):
        self._board = board
        self._path = str(folder / "ssh.socket")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self._path)
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        proxy = folder / "proxy.py"
        proxy.write_text(PROXY)
        self.options = [
            f"ProxyCommand=/usr/bin/python3 {proxy} {self._path}", "StrictHostKeyChecking=no",
            "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "BatchMode=yes"]  # fmt: skip

    def __enter__(self):
        self._board.check(f"dropbearkey -t ed25519 -f {KEY}")
        self._board.check(f"ip link set lo up; dropbear -E -B -r {KEY} -p 127.0.0.1:22 2>/tmp/sshd.log")
        # Held open, as a line that nobody has open loses what arrives. "exit" keeps the shell from becoming the last
        # command, whose terminal the line would be, to be hung up at its end.
        self._board.check(f"sleep 1000000 <{LINE} & stty -F {LINE} raw -echo clocal; exit")
        self._thread.start()
        return self

    def __exit__(self, *_):
        # Closing alone would leave the thread in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with client:
                    self._connection(client)

    def _connection(self, client):
        """One connection at a time; the client waits for dropbear's first words."""
        line = self._board.spare_line
        end = f"END-{secrets.token_hex(8)}"
        self._board.check(f"nc 127.0.0.1 22 <>{LINE} >&0 & echo $! >/tmp/nc.pid")
        back = threading.Thread(target=self._back, args=(line, client, end.encode()))
        back.start()
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                line.sendall(data)
        # What neither side has read must not be the beginning of the next connection: on both ways it ends with a word.
        self._board.run("kill $(cat /tmp/nc.pid); while kill -0 $(cat /tmp/nc.pid); do :; done")
        line.sendall(f"\n{end}\n".encode())
        self._board.check(f"grep -qx {end} <{LINE}; (echo {end} >{LINE}); exit")
        back.join()

    @staticmethod
    def _back(line, client, end):
        """Passes on what the board says, up to the word; a client who has gone away does not keep the line full."""
        seen = b""
        while end not in seen and (data := line.recv(65536)):
            seen = seen[-len(end) :] + data
            with contextlib.suppress(OSError):
                client.sendall(data)
