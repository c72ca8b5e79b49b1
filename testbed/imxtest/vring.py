# SPDX-License-Identifier: MIT OR Apache-2.0
"""A split virtqueue in shared memory, legacy layout, seen from the driver (Linux).

Every field has a plain address, so that a test can also write what no driver would.
"""

DESC_NEXT = 1
DESC_WRITE = 2
AVAIL_NO_INTERRUPT = 1
USED_NO_NOTIFY = 1

PAGE = 4096


def _align(value, align):
    return (value + align - 1) // align * align


class ProtocolViolation(Exception):
    """The device did what the virtio or the rpmsg protocol forbids."""


class Vring:
    """One ring: addresses of its fields, and a driver's operations."""

    def __init__(self, memory, base, num, align):
        self.memory, self.base, self.num, self.align = memory, base, num, align
        self.avail = base + 16 * num
        self.used = base + _align(16 * num + 2 * (3 + num), align)
        self.size = self.used - base + 6 + 8 * num
        self.last_used = 0
        self.lent = set()

    # Addresses

    def desc_address(self, i):
        return self.base + 16 * i

    @property
    def avail_flags_address(self):
        return self.avail

    @property
    def avail_idx_address(self):
        return self.avail + 2

    def avail_ring_address(self, i):
        return self.avail + 4 + 2 * (i % self.num)

    @property
    def used_flags_address(self):
        return self.used

    @property
    def used_idx_address(self):
        return self.used + 2

    def used_ring_address(self, i):
        return self.used + 4 + 8 * (i % self.num)

    # The fields that tests look at most

    @property
    def avail_idx(self):
        return self.memory.read16(self.avail_idx_address)

    @property
    def used_idx(self):
        return self.memory.read16(self.used_idx_address)

    @property
    def used_flags(self):
        return self.memory.read16(self.used_flags_address)

    # A driver's operations

    def clear(self):
        """Zeroes the ring's pages, as remoteproc does before its virtio driver probes."""
        self.memory.zero(self.base, _align(self.size, PAGE))
        self.last_used = 0
        self.lent.clear()

    def set_avail_flags(self, flags):
        self.memory.write16(self.avail_flags_address, flags)

    def write_desc(self, i, address, length, flags):
        at = self.desc_address(i)
        self.memory.write32(at, address & 0xFFFFFFFF)
        self.memory.write32(at + 4, address >> 32)
        self.memory.write32(at + 8, length)
        self.memory.write16(at + 12, flags)
        self.memory.write16(at + 14, 0)

    def lend(self, i, address, length, flags):
        """Gives the device descriptor `i`; says whether it wants to be notified."""
        self.write_desc(i, address, length, flags)
        self.lent.add(i)
        self.publish(i)
        return not self.used_flags & USED_NO_NOTIFY

    def publish(self, i):
        """Puts a head into the available ring."""
        idx = self.avail_idx
        self.memory.write16(self.avail_ring_address(idx), i)
        self.memory.barrier()
        self.memory.write16(self.avail_idx_address, idx + 1 & 0xFFFF)
        self.memory.barrier()

    def take_back(self):
        """The next (head, length) that the device has used, or None."""
        self.memory.barrier()
        idx = self.used_idx
        if idx == self.last_used:
            return None
        if (idx - self.last_used & 0xFFFF) > self.num:
            raise ProtocolViolation(f"used.idx went from {self.last_used} to {idx}, the ring has {self.num} entries")
        self.memory.barrier()
        at = self.used_ring_address(self.last_used)
        head, length = self.memory.read32(at), self.memory.read32(at + 4)
        if head not in self.lent:
            raise ProtocolViolation(f"used entry {self.last_used}: id {head} is not a head that the device has")
        self.last_used = self.last_used + 1 & 0xFFFF
        self.lent.discard(head)
        return head, length
