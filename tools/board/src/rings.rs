// SPDX-License-Identifier: MIT OR Apache-2.0
//! The memory that Linux needs for rings and buffers of a given size.

/// Bytes of one buffer (`RPMSG_BUF_SIZE` in Linux's virtio_rpmsg_bus).
pub const BUFFER_BYTES: u32 = 512;

/// The most entries a ring can have here: Linux never lends more than 2 x 256 buffers.
pub const MAX_NUM: u32 = 256;

const LINUX_PAGE: u64 = 4096;

/// Bytes of a legacy split ring of `num` entries, its used ring on a multiple of `align`, rounded up to
/// a page as Linux's remoteproc core does before it looks for a carveout. `align` must be a power of two.
pub const fn ring_bytes(num: u32, align: u32) -> u64 {
    let num = num as u64;
    let descriptors_and_avail = 16 * num + 2 * (3 + num);
    let used = 2 * 3 + 8 * num;
    let bytes = descriptors_and_avail.next_multiple_of(align as u64) + used;
    bytes.next_multiple_of(LINUX_PAGE)
}

/// Bytes of all buffers for two rings of `num` entries: twice `num` buffers, but 512 from 256 entries on.
pub const fn buffer_bytes(num: u32) -> u64 {
    let buffers = if num < MAX_NUM { 2 * num as u64 } else { 2 * MAX_NUM as u64 };
    buffers * BUFFER_BYTES as u64
}

#[cfg(test)]
mod tests {
    use super::{buffer_bytes, ring_bytes};

    #[test]
    fn rings_as_linux_counts_them() {
        // 4096 + 518 of descriptors and avail, up to 8192, then 2054 of used: three pages.
        assert_eq!(ring_bytes(256, 4096), 0x3000);
        // Zephyr's sample: 230 bytes, one page.
        assert_eq!(ring_bytes(8, 16), 0x1000);
        assert_eq!(ring_bytes(8, 4096), 0x2000);
    }

    #[test]
    fn buffers_as_linux_counts_them() {
        assert_eq!(buffer_bytes(8), 8 << 10);
        assert_eq!(buffer_bytes(128), 128 << 10);
        assert_eq!(buffer_bytes(256), 256 << 10);
    }
}
