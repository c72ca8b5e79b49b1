// SPDX-License-Identifier: MIT OR Apache-2.0
//! `virtio_rpmsg_bus` on the queues of virtio-drivers: legacy layout with pages of 4 KiB is byte for
//! byte Linux's vring.

use std::cell::Cell;

use virtio_drivers::queue::VirtQueue;
use virtio_drivers::transport::{DeviceStatus, DeviceType, InterruptStatus, Transport};
use virtio_drivers::{Error, PhysAddr, Result};

use crate::memory::{BUFFER_LEN, Memory};

/// When Linux wants to hear of its transmit buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// Only while a sender waits for one: `virtqueue_disable_cb(svq)` else.
    Up6_12,
    /// Always.
    From7,
}

/// remoteproc's transport: the resource table of the firmware.
struct Remoteproc {
    memory: &'static Memory,
    rings: [Cell<u32>; 2],
    notified: Cell<bool>,
}

impl Remoteproc {
    /// `field` of the vdev entry, in words from its type.
    fn vdev(&self, field: u32) -> u32 {
        self.memory.layout().status() - 24 + 4 * field
    }
}

impl Transport for Remoteproc {
    fn device_type(&self) -> DeviceType {
        DeviceType::try_from(self.memory.table_word(self.vdev(1))).expect("a device type")
    }

    fn read_device_features(&mut self) -> u64 {
        self.memory.table_word(self.vdev(3)).into()
    }

    fn write_driver_features(&mut self, features: u64) {
        self.memory.set_table_word(self.vdev(4), features as u32);
    }

    fn max_queue_size(&mut self, _queue: u16) -> u32 {
        256
    }

    fn notify(&mut self, _queue: u16) {
        self.notified.set(true);
    }

    fn get_status(&self) -> DeviceStatus {
        // SAFETY: a byte of the table.
        DeviceStatus::from_bits_retain(
            unsafe { self.memory.table_byte(self.memory.layout().status()).read_volatile() }.into(),
        )
    }

    fn set_status(&mut self, status: DeviceStatus) {
        let status = status.bits().try_into().expect("one byte");
        // SAFETY: a byte of the table.
        unsafe { self.memory.table_byte(self.memory.layout().status()).write_volatile(status) };
    }

    fn set_guest_page_size(&mut self, _size: u32) {}

    fn requires_legacy_layout(&self) -> bool {
        true
    }

    fn queue_set(&mut self, queue: u16, size: u32, descriptors: PhysAddr, _driver: PhysAddr, device: PhysAddr) {
        let vring = self.memory.layout().vring(queue.into());
        let da = u32::try_from(descriptors).expect("32 bits");
        assert_eq!(device % virtio_drivers::PAGE_SIZE as u64, 0);
        for (i, word) in [da, virtio_drivers::PAGE_SIZE as u32, size, queue.into()].into_iter().enumerate() {
            self.memory.set_table_word(vring + 4 * i as u32, word);
        }
        self.rings[usize::from(queue)].set(da);
    }

    fn queue_unset(&mut self, queue: u16) {
        self.rings[usize::from(queue)].set(0);
    }

    fn queue_used(&mut self, queue: u16) -> bool {
        self.rings[usize::from(queue)].get() != 0
    }

    fn ack_interrupt(&mut self) -> InterruptStatus {
        InterruptStatus::empty()
    }

    fn read_config_generation(&self) -> u32 {
        0
    }

    fn read_config_space<T>(&self, _offset: usize) -> Result<T> {
        Err(Error::ConfigSpaceMissing)
    }

    fn write_config_space<T>(&mut self, _offset: usize, _value: T) -> Result<()> {
        Err(Error::ConfigSpaceMissing)
    }
}

/// A message, in Linux's private memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub src: u32,
    pub dst: u32,
    pub payload: Vec<u8>,
}

impl Sent {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(16 + self.payload.len());
        bytes.extend(self.src.to_le_bytes());
        bytes.extend(self.dst.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend((self.payload.len() as u16).to_le_bytes());
        bytes.extend([0; 2]);
        bytes.extend(&self.payload);
        bytes
    }

    /// The message in the first `used` bytes of `buffer`, which have to be exactly a message.
    fn parse(buffer: &[u8], used: u32) -> Self {
        let word = |at| u32::from_le_bytes(buffer[at..at + 4].try_into().unwrap());
        let payload = buffer[16..used as usize].to_vec();
        assert_eq!(word(8), 0, "reserved");
        assert_eq!(word(12), payload.len() as u32, "length and flags, of {used} used bytes");
        Self { src: word(0), dst: word(4), payload }
    }
}

/// A driver that is bound to the device, with rings of `N` buffers.
pub struct Driver<const N: usize> {
    transport: Remoteproc,
    kernel: Kernel,
    rx: VirtQueue<Memory, N>,
    tx: VirtQueue<Memory, N>,
    rx_buffers: Vec<Vec<u8>>,
    tx_buffers: Vec<Vec<u8>>,
    /// Received, not lent again.
    kept: Vec<Vec<u8>>,
    tx_notify: bool,
}

impl<const N: usize> Driver<N> {
    /// Binds (`rpmsg_probe`), leaving `kept` of the receive buffers out of the ring.
    pub fn probe(kernel: Kernel, kept: usize) -> Self {
        let memory = Memory::get();
        let mut transport = Remoteproc { memory, rings: [Cell::new(0), Cell::new(0)], notified: Cell::new(false) };
        assert_eq!(transport.device_type(), DeviceType::Rpmsg);
        transport.set_status(DeviceStatus::empty());
        transport.set_status(DeviceStatus::ACKNOWLEDGE | DeviceStatus::DRIVER);
        // Neither indirect descriptors nor event indices may be offered: the rest of this driver would be
        // another.
        assert_eq!(transport.read_device_features(), 1);
        transport.write_driver_features(1);
        let rx = VirtQueue::new(&mut transport, 0, false, false).unwrap();
        let tx = VirtQueue::new(&mut transport, 1, false, false).unwrap();
        let mut driver = Self {
            transport,
            kernel,
            rx,
            tx,
            rx_buffers: vec![Vec::new(); N],
            tx_buffers: vec![Vec::new(); N],
            kept: vec![vec![0; BUFFER_LEN]; N],
            tx_notify: true,
        };
        driver.lend(N - kept);
        driver.notify_about_tx(kernel == Kernel::From7);
        driver.transport.set_status(DeviceStatus::ACKNOWLEDGE | DeviceStatus::DRIVER | DeviceStatus::DRIVER_OK);
        driver.transport.notify(0);
        driver
    }

    /// Unbinds (`rpmsg_remove`); the device may know of it or not.
    pub fn remove(mut self) {
        self.transport.set_status(DeviceStatus::empty());
        Memory::get().take_back_buffers();
    }

    /// Whether the device was kicked since the last call.
    pub fn take_notification(&self) -> bool {
        self.transport.notified.replace(false)
    }

    /// Whether the device may kick for transmit buffers.
    pub fn wants_tx_kick(&self) -> bool {
        self.tx_notify
    }

    fn notify_about_tx(&mut self, wanted: bool) {
        self.tx_notify = wanted;
        self.tx.set_dev_notify(wanted);
    }

    /// Lends up to `count` of the kept receive buffers.
    pub fn lend(&mut self, count: usize) {
        for _ in 0..count {
            let Some(mut buffer) = self.kept.pop() else { break };
            // SAFETY: the buffer is kept by its token, untouched until it is popped.
            let token = unsafe { self.rx.add(&[], &mut [&mut buffer]) }.unwrap();
            self.rx_buffers[usize::from(token)] = buffer;
        }
        if self.rx.should_notify() {
            self.transport.notify(0);
        }
    }

    /// Lends all kept receive buffers but `kept` of them.
    pub fn lend_all_but(&mut self, kept: usize) {
        self.lend(self.kept.len().saturating_sub(kept));
    }

    /// Takes everything that the device sent; the buffers are kept.
    pub fn receive(&mut self) -> Vec<Sent> {
        let mut messages = Vec::new();
        while let Some(token) = self.rx.peek_used() {
            let mut buffer = std::mem::take(&mut self.rx_buffers[usize::from(token)]);
            // SAFETY: the buffer that was added under this token.
            let used = unsafe { self.rx.pop_used(token, &[], &mut [&mut buffer]) }.unwrap();
            messages.push(Sent::parse(&buffer, used));
            self.kept.push(buffer);
        }
        messages
    }

    /// Takes transmit buffers back and says how many.
    pub fn reclaim(&mut self) -> usize {
        let mut count = 0;
        while let Some(token) = self.tx.peek_used() {
            let buffer = std::mem::take(&mut self.tx_buffers[usize::from(token)]);
            // SAFETY: the buffer that was added under this token.
            let used = unsafe { self.tx.pop_used(token, &[&buffer], &mut []) }.unwrap();
            assert_eq!(used, 0, "nothing may be written into a transmit buffer");
            count += 1;
        }
        count
    }

    /// Free transmit buffers.
    pub fn free(&self) -> usize {
        self.tx.available_desc()
    }

    /// Sends, or does not when no buffer is free: then the device has to kick for the next one.
    pub fn send(&mut self, message: &Sent) -> bool {
        // From 7 on, buffers come back by kick alone here: one that is missing is found.
        if self.kernel == Kernel::Up6_12 && self.free() == 0 {
            self.reclaim();
            if self.free() == 0 {
                // `rpmsg_upref_sleepers`: ask for kicks, then look once more.
                self.notify_about_tx(true);
                self.reclaim();
            }
        }
        if self.free() == 0 {
            return false;
        }
        if self.kernel == Kernel::Up6_12 {
            self.notify_about_tx(false);
        }
        let bytes = message.to_bytes();
        // SAFETY: the buffer is kept by its token, untouched until it is popped.
        let token = unsafe { self.tx.add(&[&bytes], &mut []) }.unwrap();
        self.tx_buffers[usize::from(token)] = bytes;
        if self.tx.should_notify() {
            self.transport.notify(1);
        }
        true
    }
}
