// SPDX-License-Identifier: MIT OR Apache-2.0
//! Registers of the core that tell how it is set up and what it waits for.
#![allow(unsafe_code)]

use core::arch::asm;
use core::fmt::{self, Write};

/// Reads a special register of a HiFi4.
#[cfg(target_arch = "xtensa")]
macro_rules! special {
    ($name:literal) => {{
        let value: u32;
        // SAFETY: reading this register changes nothing.
        unsafe { asm!(concat!("rsr.", $name, " {0}"), out(reg) value, options(nomem, nostack)) };
        value
    }};
}

#[cfg(target_arch = "xtensa")]
fn all() -> [(&'static str, u32); 9] {
    let sp: u32;
    // SAFETY: only copies a register.
    unsafe { asm!("mov {0}, a1", out(reg) sp, options(nomem, nostack)) };
    [
        ("PS", special!("ps")),
        ("SP", sp),
        ("VECBASE", special!("vecbase")),
        ("WINDOWBASE", special!("windowbase")),
        ("WINDOWSTART", special!("windowstart")),
        ("INTENABLE", special!("intenable")),
        ("INTERRUPT", special!("interrupt")),
        ("CCOUNT", special!("ccount")),
        ("CCOMPARE0", special!("ccompare0")),
    ]
}

#[cfg(target_arch = "arm")]
fn all() -> [(&'static str, u32); 9] {
    use cortex_m::peripheral::{CPUID, SCB, SYST};
    use cortex_m::register::{control, primask};
    let sp: u32;
    // SAFETY: only copies a register.
    unsafe { asm!("mov {0}, sp", out(reg) sp, options(nomem, nostack)) };
    // SAFETY: reading these registers changes nothing.
    unsafe {
        [
            ("CPUID", (*CPUID::PTR).base.read()),
            ("SP", sp),
            ("CONTROL", control::read().bits()),
            ("PRIMASK", u32::from(primask::read().is_inactive())),
            ("VTOR", (*SCB::PTR).vtor.read()),
            ("ICSR", (*SCB::PTR).icsr.read()),
            ("CFSR", (*SCB::PTR).cfsr.read()),
            ("HFSR", (*SCB::PTR).hfsr.read()),
            ("SYST_CVR", (*SYST::PTR).cvr.read()),
        ]
    }
}

/// The core's part of the answer of `regs`.
pub(super) fn show(out: &mut dyn Write) -> fmt::Result {
    for row in all().chunks(3) {
        for (i, (name, value)) in row.iter().enumerate() {
            let gap = if i == 0 { "" } else { "  " };
            write!(out, "{gap}{name:11} {value:08x}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}
