// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a program ends: the emulator's exit status says whether all went well.

use core::fmt::Write;
use core::panic::PanicInfo;

use cortex_m_rt::{ExceptionFrame, exception};
use cortex_m_semihosting::debug::{EXIT_FAILURE, EXIT_SUCCESS, exit};
use cortex_m_semihosting::hio::hstderr;

/// Ends the emulator, all being well.
pub fn success() -> ! {
    loop {
        exit(EXIT_SUCCESS);
    }
}

fn failure(why: &dyn core::fmt::Display) -> ! {
    if let Ok(mut stream) = hstderr() {
        let _ = writeln!(stream, "{why}");
    }
    loop {
        exit(EXIT_FAILURE);
    }
}

#[panic_handler]
fn panicked(info: &PanicInfo<'_>) -> ! {
    failure(info)
}

// SAFETY: reports and ends, and relies on nothing that the fault may have spoiled but the stack.
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    failure(&format_args!("HardFault: {frame:?}"))
}

// SAFETY: as above.
#[exception]
unsafe fn DefaultHandler(number: i16) -> ! {
    failure(&format_args!("exception or interrupt {number}"))
}
