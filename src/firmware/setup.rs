// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a board wants changed before the mailbox is listened to, such as an interrupt router's mask.
#![allow(unsafe_code)]

/// Changes each register, of an address, the bits to clear and the bits to set, in the order given.
///
/// # Safety
///
/// The addresses are those of 32-bit registers that nobody else changes at the same time, and that can be read back.
pub(super) unsafe fn apply(changes: &[(usize, u32, u32)]) {
    for &(address, clear, set) in changes {
        let register = core::ptr::with_exposed_provenance_mut::<u32>(address);
        // SAFETY: the address is that of a 32-bit register that can be read back, and nobody else changes it now.
        unsafe { register.write_volatile(register.read_volatile() & !clear | set) };
    }
}
