// SPDX-License-Identifier: MIT OR Apache-2.0
//! What differs between processors: barriers and caches here, interrupts and waiting in the module of
//! the processor.

use core::sync::atomic::{AtomicU32, Ordering};

#[cfg(not(target_arch = "xtensa"))]
pub(crate) mod access;
#[cfg(target_arch = "xtensa")]
#[path = "access_xtensa.rs"]
pub(crate) mod access;

#[cfg(not(target_os = "none"))]
mod host;
#[cfg(not(target_os = "none"))]
pub use host::Host;

#[cfg(all(target_arch = "arm", target_os = "none"))]
pub mod cortex_m;
#[cfg(target_arch = "xtensa")]
pub mod xtensa;

/// The firmware's processor: what the modules above have under the same names.
#[cfg(all(feature = "firmware", target_arch = "arm"))]
pub(crate) use cortex_m as cpu;
#[cfg(all(feature = "firmware", target_arch = "xtensa"))]
pub(crate) use xtensa as cpu;

/// Adds one in a step that no other context of this core can interrupt, and returns the new count. Where there is no
/// operating system, interrupts are masked for that: a HiFi4 has no compare-and-swap, and the exclusive accesses of a
/// Cortex-M do not work on all memory.
pub(crate) fn count_up(counter: &AtomicU32) -> u32 {
    #[cfg(all(target_arch = "arm", target_os = "none"))]
    use cortex_m::masked as step;
    #[cfg(target_arch = "xtensa")]
    use xtensa::masked as step;
    #[cfg(any(all(target_arch = "arm", target_os = "none"), target_arch = "xtensa"))]
    return step(|| {
        let count = counter.load(Ordering::Relaxed).wrapping_add(1);
        counter.store(count, Ordering::Relaxed);
        count
    });
    #[cfg(not(any(all(target_arch = "arm", target_os = "none"), target_arch = "xtensa")))]
    counter.fetch_add(1, Ordering::Relaxed).wrapping_add(1)
}

/// What counts a core's cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// CCOUNT of an Xtensa core.
    Ccount,
    /// SysTick of a Cortex-M, by the core's clock.
    SysTick,
}

/// Microseconds that `cycles` of a core of `hz` take.
#[cfg(any(test, target_os = "none"))]
fn micros(cycles: u32, hz: u32) -> u32 {
    // What does not fit 32 bits would be more than an hour of a core of 1 MHz.
    (u64::from(cycles) * 1_000_000 / u64::from(hz.max(1))) as u32
}

#[cfg(test)]
mod tests {
    #[test]
    fn microseconds_of_clocks_that_are_no_whole_megahertz() {
        assert_eq!(super::micros(47_520_000, 475_200_000), 100_000);
        assert_eq!(super::micros(1_600_000_000, 800_000_000), 2_000_000);
        assert_eq!(super::micros(66_666_667, 133_333_333), 500_000);
    }
}
