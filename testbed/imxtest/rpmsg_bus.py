# SPDX-License-Identifier: MIT OR Apache-2.0
"""What virtio_rpmsg_bus does: buffers, endpoints, name service, and its checks of the peer."""

import collections
import struct
from typing import NamedTuple

from .vring import AVAIL_NO_INTERRUPT, DESC_WRITE, ProtocolViolation

BUFFER_SIZE = 512
HEADER = struct.Struct("<IIIHH")
MTU = BUFFER_SIZE - HEADER.size
NS_ADDRESS = 53
NS_MESSAGE = struct.Struct("<32sII")
FIRST_LOCAL_ADDRESS = 0x400

DRIVER_OK = 0x7  # acknowledge, driver, driver ok
FEATURE_NS = 1


class Message(NamedTuple):
    src: int
    dst: int
    payload: bytes
    flags: int = 0


class Announcement(NamedTuple):
    name: str
    address: int
    destroyed: bool


class RpmsgBus:
    """The rpmsg host on the two rings of a `Remoteproc`.

    Like Linux it looks at the rings when a word has come from the firmware, and at no other time, so
    firmware that forgets a kick is found out. Up to Linux 6.12 the host asks not to be
    interrupted for its own sent buffers (`quiet_tx`); 7.x leaves that away. `before_driver_ok` is
    called with the bus when its rings are filled, but not yet the firmware's.
    """

    def __init__(self, rproc, *, quiet_tx=True, before_driver_ok=None):
        self.rproc, self.memory, self.link = rproc, rproc.memory, rproc.link
        self.announcements = []
        self.channels = {}  # the first address of each name
        self._known = {}
        self._again = set()  # channels that a firmware loaded anew announces without having to
        self.unclaimed = []
        self.kicks_received = 0
        self._endpoints = {}
        self._next_address = FIRST_LOCAL_ADDRESS
        self.rx = rproc.find_vring(0)
        self.tx = rproc.find_vring(1)
        count = min(self.rx.num, 256)
        self._rx_buffers = [rproc.board.buffers.linux + i * BUFFER_SIZE for i in range(count)]
        self._tx_buffers = [address + count * BUFFER_SIZE for address in self._rx_buffers]
        self._tx_free = collections.deque(range(min(self.tx.num, 256)))
        self.rproc.set_status(0x1 | 0x2)
        self.rproc.set_features(FEATURE_NS & rproc.vdev.features)
        for i, address in enumerate(self._rx_buffers):
            notify = self.rx.lend(i, address, BUFFER_SIZE, DESC_WRITE)
        if quiet_tx:
            self.tx.set_avail_flags(AVAIL_NO_INTERRUPT)
        self.memory.barrier()
        if before_driver_ok is not None:
            before_driver_ok(self)
        self.rproc.set_status(DRIVER_OK)
        if notify:
            self.kick(0)

    def remove(self):
        """Unbinds the driver: status 0, no more access."""
        self.rproc.set_status(0)

    def kick(self, vqid):
        self.rproc.kick(vqid)

    # Endpoints

    def endpoint(self, address=None):
        """A new local endpoint; without an address, Linux's next free one from 0x400."""
        if address is None:
            address = self._next_address
            self._next_address += 1
        self._endpoints[address] = Endpoint(self, address)
        return self._endpoints[address]

    def wait_channel(self, name):
        """Waits until the service is announced; returns its address at the firmware."""
        return self.wait_for(lambda: self.channels.get(name), f"the announcement of {name}")

    def send(self, src, dst, payload, *, flags=0, length=None, kick=True):
        """Sends from any address to any address. `length` is what the header claims."""
        if len(payload) > MTU:
            raise ValueError(f"message is too big ({len(payload)})")
        i, address = self.take_tx_buffer()
        header = HEADER.pack(src, dst, 0, len(payload) if length is None else length, flags)
        self.memory.write(address, header + payload)
        if self.tx.lend(i, address, HEADER.size + len(payload), 0) and kick:
            self.kick(1)

    def take_tx_buffer(self):
        """A free descriptor of the tx ring and its buffer's address; waits for one."""
        while not self._tx_free:
            if back := self.tx.take_back():
                self._tx_free.append(back[0])
                break
            self.tx.set_avail_flags(0)  # a sender that sleeps wants the interrupt
            self.memory.barrier()
            self.wait_for(lambda: self.tx.used_idx != self.tx.last_used, "a tx buffer to come back")
            self.tx.set_avail_flags(AVAIL_NO_INTERRUPT)
        i = self._tx_free.popleft()
        return i, self._tx_buffers[i]

    # Receiving

    def expect_announcements_again(self):
        """A firmware that was loaded anew does not know what Linux still has: each channel may come once more."""
        self._again = {(name, address) for name, known in self._known.items() for address in known}

    def wait_announcements_again(self):
        """Waits until all of them have."""
        self.wait_for(lambda: not self._again, "the announcements of a firmware that was loaded anew")

    def wait_for(self, condition, what):
        """Handles what the firmware sends until `condition()` holds."""
        return self.link.wait_for(condition, what, self._on_link)

    def _on_link(self):
        # Words may also arrive while a kick of ours waits to be read.
        words = self.link.words[self.rproc.board.channel]
        while kicks := [word for word in words if self.rproc.is_kick(word)]:
            for word in kicks:
                words.remove(word)
            self.kicks_received += len(kicks)
            self.drain()

    def serve(self):
        """Handles what has arrived, without waiting."""
        self._on_link()
        self.link.take_arrived(self._on_link)

    def drain(self):
        """Takes all received buffers off the ring and returns them, with one kick."""
        returned = False
        while back := self.rx.take_back():
            head, length = back
            self._received(self._rx_buffers[head], length)
            notify = self.rx.lend(head, self._rx_buffers[head], BUFFER_SIZE, DESC_WRITE)
            returned = True
        if returned and notify:
            self.kick(0)

    def _received(self, address, used_len):
        src, dst, reserved, length, flags = HEADER.unpack(self.memory.read(address, HEADER.size))
        if not HEADER.size <= used_len <= BUFFER_SIZE or length > used_len - HEADER.size:
            raise ProtocolViolation(f"inbound msg too big: ({used_len}, {length})")
        if reserved:
            raise ProtocolViolation(f"reserved word of the header is {reserved:#x}")
        payload = self.memory.read(address + HEADER.size, length)
        if dst == NS_ADDRESS:
            self._announced(payload)
        elif dst in self._endpoints:
            self._endpoints[dst].messages.append(Message(src, dst, payload, flags))
        else:
            self.unclaimed.append(Message(src, dst, payload, flags))

    def _announced(self, payload):
        if len(payload) != NS_MESSAGE.size:
            raise ProtocolViolation(f"malformed ns msg ({len(payload)})")
        name, address, flags = NS_MESSAGE.unpack(payload)
        if b"\0" not in name:
            raise ProtocolViolation("the name in an ns message has no end")
        said = Announcement(name.split(b"\0")[0].decode(), address, bool(flags & 1))
        self.announcements.append(said)
        # A channel is a name and an address (rpmsg_create_channel): several may have the same name.
        addresses = self._known.setdefault(said.name, [])
        if said.destroyed:
            addresses[:] = [known for known in addresses if known != address]
        elif (said.name, address) in self._again:
            self._again.discard((said.name, address))
        elif address in addresses:
            raise ProtocolViolation(f"channel {said.name}:ffffffff:{address:x} already exist")
        else:
            addresses.append(address)
        self.channels = {name: known[0] for name, known in self._known.items() if known}


class Endpoint:
    """A local address with the messages that have come to it."""

    def __init__(self, bus, address):
        self.bus, self.address = bus, address
        self.messages = collections.deque()

    def send(self, dst, payload, **options):
        self.bus.send(self.address, dst, payload, **options)

    def receive(self):
        """Waits for and takes the next message."""
        self.bus.wait_for(lambda: self.messages, f"a message to {self.address:#x}")
        return self.messages.popleft()

    def exchange(self, dst, payload):
        """Sends and returns the payload of the next message that comes."""
        self.send(dst, payload)
        return self.receive().payload
