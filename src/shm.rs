// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one accessor of shared memory.
//!
//! Everything above this module is safe code, because four things happen only here: an address that
//! the peer names is translated and checked against the memory the board shares ([`Shm::span`]); each
//! access is volatile and of the size the layout says; each read is preceded by an invalidate of its
//! cache lines and each write is followed by a write-back; and barriers order them
//! ([`Coherency::barrier`]).
//!
//! A [`Span`] is the proof of that check: it can only be made by [`Shm`], lies inside one [`Window`],
//! and hands out [`Half`], [`Halves`] and [`Records`] whose accesses cannot leave it.
#![allow(unsafe_code)]

use core::cell::Cell;
use core::marker::PhantomData;
use core::ptr::NonNull;

use crate::arch::access::{load_half, load_words, store_half, store_words};

/// Memory that both sides can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Address on Linux's side, as in descriptors and ring addresses.
    pub linux: u32,
    /// Address of the same byte on this core.
    pub device: u32,
    /// Length in bytes.
    pub len: u32,
}

impl Window {
    /// The device address of `len` bytes at Linux's `address`, or `None` when they are not all inside.
    #[inline(always)]
    pub const fn translate(&self, address: u32, len: u32) -> Option<u32> {
        // Below the window this wraps to more than its length, as no window wraps.
        let offset = address.wrapping_sub(self.linux);
        if offset >= self.len || len > self.len - offset {
            return None;
        }
        Some(self.device.wrapping_add(offset))
    }
}

/// What makes this core and its peer see the same bytes in the same order.
///
/// # Safety
///
/// `invalidate` and `write_back` must not change bytes that either side may rely on: an implementation
/// only maintains caches, and invalidating a line must never drop a write that was not written back.
pub unsafe trait Coherency {
    /// Makes the next read of `len` bytes at `at` see memory.
    fn invalidate(&self, at: *const u8, len: usize);
    /// Makes preceding writes to `len` bytes at `at` reach memory.
    fn write_back(&self, at: *const u8, len: usize);
    /// Makes the next read of a field see memory. `len` is 2, 4, 8 or 16 bytes and `at` aligned to it, so that
    /// the field lies in one line of any cache.
    #[inline(always)]
    fn invalidate_field(&self, at: *const u8, len: usize) {
        self.invalidate(at, len);
    }
    /// Orders all accesses of shared memory before it against all after it, as the peer sees them.
    fn barrier(&self);
}

/// The shared memory of one link.
#[derive(Clone)]
pub struct Shm<'m, C> {
    windows: &'m [Window],
    origin: *mut u8,
    coherency: C,
    /// The window of the last span, which mostly is that of the next: buffers lie in one window.
    recent: Cell<Window>,
}

// SAFETY: a reference to nothing but memory that every core may change at any time, accessed volatile.
unsafe impl<C: Send> Send for Shm<'_, C> {}

impl<'m, C: Coherency> Shm<'m, C> {
    /// Shared memory made of `windows`, the byte with device address `a` being at `origin + a`.
    ///
    /// `origin` is null on the device itself, where a device address is a pointer.
    ///
    /// # Safety
    ///
    /// For `'m`, every byte of every window must be readable and writable memory at that place, free of
    /// Rust references and objects. Others (the peer) may change it at any time.
    pub const unsafe fn new(origin: *mut u8, windows: &'m [Window], coherency: C) -> Self {
        Self { windows, origin, coherency, recent: Cell::new(Window { linux: 0, device: 0, len: 0 }) }
    }

    /// The `len` bytes at Linux's `address`, or `None` unless one window holds them all and they are
    /// aligned to 4 bytes.
    #[inline(always)]
    pub fn span(&self, address: u32, len: u32) -> Option<Span<'m>> {
        let device = match self.recent.get().translate(address, len) {
            Some(device) => device,
            None => self.search(address, len)?,
        };
        if device % 4 != 0 {
            return None;
        }
        let at = NonNull::new(self.origin.wrapping_add(device as usize))?;
        Some(Span { at, len, memory: PhantomData })
    }

    #[cold]
    #[inline(never)]
    fn search(&self, address: u32, len: u32) -> Option<u32> {
        self.windows.iter().find_map(|window| {
            let device = window.translate(address, len)?;
            self.recent.set(*window);
            Some(device)
        })
    }

    /// The same by this core's address of the bytes.
    #[inline(never)]
    pub fn device_span(&self, address: u32, len: u32) -> Option<Span<'m>> {
        let known = |window: &&Window| Window { linux: window.device, ..**window }.translate(address, len).is_some();
        let window = self.windows.iter().find(known)?;
        self.span(window.linux.wrapping_add(address.wrapping_sub(window.device)), len)
    }

    /// The coherency of this memory.
    pub fn coherency(&self) -> &C {
        &self.coherency
    }
}

/// Bytes in shared memory that [`Shm::span`] has checked, aligned to 4.
#[derive(Clone, Copy)]
pub struct Span<'m> {
    at: NonNull<u8>,
    len: u32,
    memory: PhantomData<&'m [Cell<u8>]>,
}

// SAFETY: as for Shm.
unsafe impl Send for Span<'_> {}

/// A [`Span`] of a length that need not be kept with it.
#[derive(Clone, Copy)]
pub struct Head<'m, const LEN: u32> {
    at: NonNull<u8>,
    memory: PhantomData<&'m [Cell<u8>]>,
}

// SAFETY: as for Shm.
unsafe impl<const LEN: u32> Send for Head<'_, LEN> {}

impl<'m, const LEN: u32> Head<'m, LEN> {
    /// The bytes as a span.
    pub const fn span(self) -> Span<'m> {
        Span { at: self.at, len: LEN, memory: PhantomData }
    }
}

impl<'m> Span<'m> {
    /// `len` bytes at `at`, for memory that is not found by a Linux address: the resource table and
    /// the trace buffer.
    ///
    /// # Safety
    ///
    /// As for [`Shm::new`]: for `'m`, the bytes must be readable and writable memory, aligned to 4 bytes
    /// and free of Rust references and objects.
    pub const unsafe fn new(at: NonNull<u8>, len: u32) -> Self {
        Self { at, len, memory: PhantomData }
    }

    /// Length in bytes.
    pub const fn len(&self) -> u32 {
        self.len
    }

    /// The first `LEN` bytes, or `None` when there are fewer.
    pub const fn head<const LEN: u32>(self) -> Option<Head<'m, LEN>> {
        if self.len < LEN { None } else { Some(Head { at: self.at, memory: PhantomData }) }
    }

    /// Whether a byte is in both, neither of which is empty.
    pub fn overlaps(&self, other: &Self) -> bool {
        let (a, b) = (self.at.addr().get(), other.at.addr().get());
        // One begins in the other.
        a.wrapping_sub(b) < other.len as usize || b.wrapping_sub(a) < self.len as usize
    }

    /// Whether the span holds no byte.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The `len` bytes from `offset`, or `None` when they are not all inside or not aligned to 4.
    #[inline(always)]
    pub const fn part(self, offset: u32, len: u32) -> Option<Self> {
        if offset > self.len || len > self.len - offset || offset % 4 != 0 {
            return None;
        }
        // SAFETY: offset is within the span, so the result points into it or to its end.
        Some(Self { at: unsafe { self.at.add(offset as usize) }, len, memory: PhantomData })
    }

    /// The 16-bit field at `offset`, or `None` when it is outside or not aligned.
    #[inline(always)]
    pub const fn half(self, offset: u32) -> Option<Half<'m>> {
        if offset > self.len || self.len - offset < 2 || offset % 2 != 0 {
            return None;
        }
        // SAFETY: the two bytes from offset are within the span.
        Some(Half { at: unsafe { self.at.add(offset as usize) }.cast(), memory: PhantomData })
    }

    /// The two 16-bit fields at `offset`, or `None` when they are outside or not aligned to 4.
    pub const fn pair(self, offset: u32) -> Option<Pair<'m>> {
        match self.part(offset, 4) {
            Some(part) => Some(Pair { at: part.at.cast(), memory: PhantomData }),
            None => None,
        }
    }

    /// `count` 16-bit fields from `offset`, or `None` when they are not all inside, not aligned or
    /// `count` is no power of two.
    pub const fn halves(self, offset: u32, count: u16) -> Option<Halves<'m>> {
        if !count.is_power_of_two() || offset > self.len || self.len - offset < 2 * count as u32 {
            return None;
        }
        match self.half(offset) {
            Some(first) => Some(Halves { first: first.at, mask: count as u32 - 1, memory: PhantomData }),
            None => None,
        }
    }

    /// `count` records of `W` words from `offset`, or `None` when they are not all inside, not aligned
    /// or `count` is no power of two.
    #[inline(always)]
    pub const fn records<const W: usize>(self, offset: u32, count: u16) -> Option<Records<'m, W>> {
        let len = 4 * W as u32 * count as u32;
        if !count.is_power_of_two() {
            return None;
        }
        match self.part(offset, len) {
            Some(part) => Some(Records { first: part.at.cast(), mask: count as u32 - 1, memory: PhantomData }),
            None => None,
        }
    }

    /// Reads the byte at `offset`, or `None` when it is outside.
    pub fn read_byte<C: Coherency>(&self, c: &C, offset: u32) -> Option<u8> {
        if offset >= self.len {
            return None;
        }
        // SAFETY: offset is within the span.
        let at = unsafe { self.at.add(offset as usize) };
        c.invalidate(at.as_ptr(), 1);
        // SAFETY: one readable byte, by the contract of whoever made the span.
        Some(unsafe { at.as_ptr().read_volatile() })
    }

    /// Reads the `N` words at `offset`, or `None` when they are not all inside or not aligned.
    #[inline(always)]
    pub fn read_words<const N: usize, C: Coherency>(&self, c: &C, offset: u32) -> Option<[u32; N]> {
        self.records::<N>(offset, 1).map(|record| record.load(c, 0))
    }

    /// Writes `words` at `offset`; `false`, with nothing written, when they do not fit or are not
    /// aligned.
    #[must_use]
    #[inline(always)]
    pub fn write_words<const N: usize, C: Coherency>(&self, c: &C, offset: u32, words: [u32; N]) -> bool {
        self.records::<N>(offset, 1).map(|record| record.store(c, 0, words)).is_some()
    }

    /// Copies bytes from `offset` into `out` and returns how many there were: all of `out`, or those up
    /// to the end of the span.
    #[inline(always)]
    pub fn read<C: Coherency>(&self, c: &C, offset: u32, out: &mut [u8]) -> usize {
        let n = out.len().min(self.len.saturating_sub(offset) as usize);
        if n == 0 {
            return 0;
        }
        // SAFETY: offset is below the length, as n is not 0.
        let from = unsafe { self.at.add(offset as usize) };
        c.invalidate(from.as_ptr(), n);
        // SAFETY: n bytes from `from` are within the span, n bytes are in `out`, which is private.
        unsafe { copy::<false>(from.as_ptr(), out.as_mut_ptr(), n, is_aligned(offset, out.as_ptr())) };
        n
    }

    /// Copies `bytes` to `offset`; `false`, with nothing written, when they do not fit.
    #[must_use]
    #[inline(always)]
    pub fn write<C: Coherency>(&self, c: &C, offset: u32, bytes: &[u8]) -> bool {
        if offset > self.len || bytes.len() > (self.len - offset) as usize {
            return false;
        }
        if bytes.is_empty() {
            return true;
        }
        // SAFETY: offset is within the span.
        let to = unsafe { self.at.add(offset as usize) };
        // SAFETY: bytes.len() bytes from `to` are within the span.
        unsafe { copy::<true>(bytes.as_ptr(), to.as_ptr(), bytes.len(), is_aligned(offset, bytes.as_ptr())) };
        c.write_back(to.as_ptr(), bytes.len());
        true
    }

    /// Writes 0 to every byte.
    pub fn clear<C: Coherency>(&self, c: &C) {
        if self.len == 0 {
            return;
        }
        let words = self.len as usize / 4;
        for i in 0..words {
            // SAFETY: the span is aligned to 4 bytes, and 4 * words is at most its length.
            unsafe { store_words(self.at.cast::<u32>().add(i).as_ptr(), [0]) };
        }
        for i in 4 * words..self.len as usize {
            // SAFETY: i is below the length.
            unsafe { self.at.add(i).write_volatile(0) };
        }
        c.write_back(self.at.as_ptr(), self.len as usize);
    }

    /// Copies `len` bytes from `from_offset` of `from` to `to_offset` of this span, without a private
    /// copy in between; `false`, with nothing written, when either range is outside.
    #[must_use]
    #[inline(always)]
    pub fn copy_span<C: Coherency>(&self, c: &C, to_offset: u32, from: &Span<'_>, from_offset: u32, len: u32) -> bool {
        if to_offset > self.len || len > self.len - to_offset || from_offset > from.len || len > from.len - from_offset
        {
            return false;
        }
        if len == 0 {
            return true;
        }
        // SAFETY: both offsets are within their spans.
        let (to, source) = unsafe { (self.at.add(to_offset as usize), from.at.add(from_offset as usize)) };
        c.invalidate(source.as_ptr(), len as usize);
        // SAFETY: len bytes are within either span; volatile accesses may overlap.
        unsafe { copy::<false>(source.as_ptr(), to.as_ptr(), len as usize, (to_offset | from_offset) % 4 == 0) };
        c.write_back(to.as_ptr(), len as usize);
        true
    }
}

/// A 16-bit field.
#[derive(Clone, Copy)]
pub struct Half<'m> {
    at: NonNull<u16>,
    memory: PhantomData<&'m [Cell<u8>]>,
}

// SAFETY: as for Shm.
unsafe impl Send for Half<'_> {}

impl Half<'_> {
    /// Reads the field.
    #[inline(always)]
    pub fn load<C: Coherency>(&self, c: &C) -> u16 {
        c.invalidate_field(self.at.as_ptr().cast(), 2);
        // SAFETY: an aligned field inside a span.
        u16::from_le(unsafe { load_half(self.at.as_ptr()) })
    }

    /// Writes the field.
    #[inline(always)]
    pub fn store<C: Coherency>(&self, c: &C, value: u16) {
        // SAFETY: an aligned field inside a span.
        unsafe { store_half(self.at.as_ptr(), value.to_le()) };
        c.write_back(self.at.as_ptr().cast(), 2);
    }
}

/// Two 16-bit fields in one word, read at once.
#[derive(Clone, Copy)]
pub struct Pair<'m> {
    at: NonNull<u32>,
    memory: PhantomData<&'m [Cell<u8>]>,
}

// SAFETY: as for Shm.
unsafe impl Send for Pair<'_> {}

impl Pair<'_> {
    /// Reads the field at the lower address and the one behind it.
    #[inline(always)]
    pub fn load<C: Coherency>(&self, c: &C) -> (u16, u16) {
        c.invalidate_field(self.at.as_ptr().cast(), 4);
        // SAFETY: an aligned word inside a span.
        let [word] = unsafe { load_words(self.at.as_ptr()) }.map(u32::from_le);
        (word as u16, (word >> 16) as u16)
    }
}

/// A power of two of 16-bit fields; an index wraps.
#[derive(Clone, Copy)]
pub struct Halves<'m> {
    first: NonNull<u16>,
    mask: u32,
    memory: PhantomData<&'m [Cell<u8>]>,
}

// SAFETY: as for Shm.
unsafe impl Send for Halves<'_> {}

impl<'m> Halves<'m> {
    /// Field `index`, modulo the number of fields.
    #[inline(always)]
    pub fn at(&self, index: u16) -> Half<'m> {
        // SAFETY: index & mask is below the number of fields, all inside the span.
        let at = unsafe { self.first.add((u32::from(index) & self.mask) as usize) };
        Half { at, memory: self.memory }
    }

    /// Reads field `index`, modulo the number of fields.
    #[inline(always)]
    pub fn load<C: Coherency>(&self, c: &C, index: u16) -> u16 {
        self.at(index).load(c)
    }

    /// Writes field `index`, modulo the number of fields.
    #[cfg(feature = "driver-role")]
    pub fn store<C: Coherency>(&self, c: &C, index: u16, value: u16) {
        self.at(index).store(c, value);
    }
}

/// A power of two of records of `W` words; an index wraps.
#[derive(Clone, Copy)]
pub struct Records<'m, const W: usize> {
    first: NonNull<u32>,
    mask: u32,
    memory: PhantomData<&'m [Cell<u8>]>,
}

// SAFETY: as for Shm.
unsafe impl<const W: usize> Send for Records<'_, W> {}

impl<const W: usize> Records<'_, W> {
    /// The highest index: one less than the number of records.
    #[inline(always)]
    pub fn last(&self) -> u32 {
        self.mask
    }

    #[inline(always)]
    fn at(&self, index: u16) -> NonNull<u32> {
        // SAFETY: index & mask is below the number of records, all inside the span.
        unsafe { self.first.add((u32::from(index) & self.mask) as usize * W) }
    }

    /// Reads record `index`, modulo the number of records, each word once.
    #[inline(always)]
    pub fn load<C: Coherency>(&self, c: &C, index: u16) -> [u32; W] {
        let at = self.at(index);
        c.invalidate(at.as_ptr().cast(), 4 * W);
        // SAFETY: `at` is the first of W aligned words inside the span.
        unsafe { load_words(at.as_ptr()) }.map(u32::from_le)
    }

    /// Reads the words `which` of record `index`, modulo the number of records, each once.
    #[inline(always)]
    pub fn pick<const M: usize, C: Coherency>(&self, c: &C, index: u16, which: [usize; M]) -> [u32; M] {
        let at = self.at(index);
        c.invalidate(at.as_ptr().cast(), 4 * W);
        which.map(|i| {
            // SAFETY: one of W aligned words inside the span.
            let [word] = unsafe { load_words(at.add(i % W).as_ptr()) };
            u32::from_le(word)
        })
    }

    /// Writes record `index`, modulo the number of records, each word once.
    #[inline(always)]
    pub fn store<C: Coherency>(&self, c: &C, index: u16, words: [u32; W]) {
        let at = self.at(index);
        // SAFETY: `at` is the first of W aligned words inside the span.
        unsafe { store_words(at.as_ptr(), words.map(u32::to_le)) };
        c.write_back(at.as_ptr().cast(), 4 * W);
    }
}

/// Whether words can be copied between `offset` in a span, which is aligned to 4, and private memory.
#[inline(always)]
fn is_aligned(offset: u32, private: *const u8) -> bool {
    (offset as usize | private as usize) % 4 == 0
}

/// Loads words: by a read that the compiler sees where they are in `PRIVATE` memory, by [`load_words`] where they are shared.
///
/// # Safety
///
/// `at` must be aligned to 4 and valid for reading `W` words.
#[inline(always)]
unsafe fn load<const PRIVATE: bool, const W: usize>(at: *const u32) -> [u32; W] {
    // SAFETY: `at` is aligned to 4 and valid for reading W words.
    if PRIVATE { unsafe { at.cast::<[u32; W]>().read() } } else { unsafe { load_words(at) } }
}

/// Copies `n` bytes from shared memory, or `PRIVATE` memory, to memory of either kind, by words where both are `aligned`.
///
/// # Safety
///
/// `from` must be valid for reading `n` bytes, `to` for writing them, and both aligned to 4 when it is said so.
#[inline(always)]
unsafe fn copy<const PRIVATE: bool>(from: *const u8, to: *mut u8, n: usize, aligned: bool) {
    let whole = if aligned { n & !15 } else { 0 };
    let (mut source, mut sink) = (from.cast::<u32>(), to.cast::<u32>());
    let end = from.wrapping_add(whole).cast();
    // Four at a time: the loop itself is most of what a word costs.
    while source != end {
        // SAFETY: both pointers are aligned, and four words lie before the end.
        unsafe { store_words::<4>(sink, load::<PRIVATE, 4>(source)) };
        (source, sink) = (source.wrapping_add(4), sink.wrapping_add(4));
    }
    if whole != n {
        // SAFETY: the rest of what the caller vouches for.
        unsafe { copy_rest::<PRIVATE>(source.cast(), sink.cast(), n - whole) };
    }
}

/// Copies what is no whole number of four words, or not aligned.
///
/// # Safety
///
/// `from` must be valid for reading `n` bytes, `to` for writing them.
#[inline(never)]
unsafe fn copy_rest<const PRIVATE: bool>(from: *const u8, to: *mut u8, n: usize) {
    let words = if (from as usize | to as usize) % 4 == 0 { n / 4 } else { 0 };
    let (source, sink) = (from.cast::<u32>(), to.cast::<u32>());
    for i in 0..words {
        // SAFETY: both pointers are aligned, and 4 * words <= n.
        unsafe { store_words::<1>(sink.wrapping_add(i), load::<PRIVATE, 1>(source.wrapping_add(i))) };
    }
    for i in 4 * words..n {
        // SAFETY: i < n.
        unsafe { to.add(i).write_volatile(from.add(i).read_volatile()) };
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::arch::Host;

    /// All of `memory` as shared memory. It must not be used otherwise while the span is.
    pub(crate) fn span_of(memory: &mut [u32]) -> Span<'_> {
        let len = 4 * memory.len() as u32;
        let at = NonNull::from(memory).cast::<u8>();
        // SAFETY: aligned bytes, borrowed for as long as the span.
        unsafe { Span::new(at, len) }
    }

    const WINDOW: Window = Window { linux: 0x8ff0_0000, device: 0x1bf0_0000, len: 0x100 };

    #[test]
    fn a_window_translates_only_what_it_holds() {
        assert_eq!(WINDOW.translate(0x8ff0_0000, 0x100), Some(0x1bf0_0000));
        assert_eq!(WINDOW.translate(0x8ff0_00ff, 1), Some(0x1bf0_00ff));
        for (address, len) in
            [(0x8fef_ffff, 1), (0x8ff0_0100, 0), (0x8ff0_0001, 0x100), (0x8ff0_0000, u32::MAX), (u32::MAX, 1)]
        {
            assert_eq!(WINDOW.translate(address, len), None, "{address:#x} {len:#x}");
        }
    }

    fn with_span(f: impl FnOnce(Span<'_>)) {
        f(span_of(&mut [0; 8]));
    }

    #[test]
    fn spans_overlap_where_a_byte_is_in_both() {
        with_span(|span| {
            let part = |offset, len| span.part(offset, len).unwrap();
            assert!(part(0, 8).overlaps(&part(4, 4)) && part(4, 4).overlaps(&part(0, 8)));
            assert!(!part(0, 4).overlaps(&part(4, 4)) && !part(4, 4).overlaps(&part(0, 4)));
            assert!(span.overlaps(&part(4, 1)));
        });
    }

    #[test]
    fn nothing_leaves_a_span() {
        with_span(|span| {
            assert!(span.part(4, 28).is_some() && span.part(4, 29).is_none() && span.part(2, 4).is_none());
            assert!(span.part(36, 0).is_none() && span.part(u32::MAX - 3, 8).is_none());
            assert!(span.half(30).is_some() && span.half(31).is_none() && span.half(32).is_none());
            assert!(span.halves(0, 16).is_some() && span.halves(4, 16).is_none() && span.halves(0, 3).is_none());
            assert!(span.records::<4>(0, 2).is_some() && span.records::<4>(4, 2).is_none());
            assert!(!span.write(&Host, 1, &[0; 32]) && !span.write(&Host, u32::MAX, &[0; 2]));
            assert!(!span.write_words(&Host, 24, [0; 4]));
            assert_eq!(span.read_byte(&Host, 32), None);
            assert_eq!(span.read(&Host, 30, &mut [0; 8]), 2);
            assert_eq!(span.read(&Host, 33, &mut [0; 8]), 0);
            assert!(!span.copy_span(&Host, 0, &span, 1, 32) && !span.copy_span(&Host, 1, &span, 0, 32));
        });
    }

    #[test]
    fn records_and_halves_wrap() {
        with_span(|span| {
            let records = span.records::<2>(0, 4).unwrap();
            records.store(&Host, 5, [0x0403_0201, 7]);
            assert_eq!(records.load(&Host, 1), [0x0403_0201, 7]);
            let halves = span.halves(8, 4).unwrap();
            assert_eq!((halves.load(&Host, 4), halves.load(&Host, 65533)), (0x0201, 0x0403));
        });
    }

    #[test]
    #[cfg(feature = "driver-role")]
    fn a_cleared_part_is_zero_and_a_stored_half_wraps() {
        with_span(|span| {
            let halves = span.halves(8, 4).unwrap();
            halves.store(&Host, 65533, 0x0403);
            assert!(span.write(&Host, 0, &[0xa5; 4]) && span.write(&Host, 16, &[0xa5; 16]));
            span.part(16, 7).unwrap().clear(&Host);
            span.part(4, 0).unwrap().clear(&Host);
            let mut all = [0; 32];
            assert_eq!(span.read(&Host, 0, &mut all), 32);
            let mut expected = [0; 32];
            expected[..4].fill(0xa5);
            expected[10..12].copy_from_slice(&[3, 4]);
            expected[23..].fill(0xa5);
            assert_eq!(all, expected);
        });
    }

    #[test]
    fn copies_of_any_alignment_are_exact() {
        let bytes: [u8; 23] = core::array::from_fn(|i| i as u8 + 1);
        for offset in 0..8 {
            for len in 0..bytes.len() {
                with_span(|span| {
                    assert!(span.write(&Host, offset, &bytes[..len]));
                    let mut all = [0; 32];
                    assert_eq!(span.read(&Host, 0, &mut all), 32);
                    let start = offset as usize;
                    assert_eq!(&all[start..start + len], &bytes[..len]);
                    assert!(all[..start].iter().chain(&all[start + len..]).all(|&b| b == 0));
                });
            }
        }
    }
}
