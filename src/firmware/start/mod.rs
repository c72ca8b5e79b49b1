// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the core's own start-up to the application.
#![allow(unsafe_code)]

#[cfg(target_arch = "arm")]
mod cortex_m;
#[cfg(target_arch = "xtensa")]
mod xtensa;

#[cfg(target_arch = "arm")]
use cortex_m as core_start;
#[cfg(target_arch = "xtensa")]
use xtensa as core_start;

use core::sync::atomic::{AtomicU32, Ordering};

pub use core_start::Cache;
#[cfg(feature = "shell")]
pub(super) use core_start::STACK_GUARD;

use super::exception::{Interrupted, hang};
use super::watch;
use crate::arch::cpu::Clock;
use crate::mailbox::mu::Mailbox;
use crate::rpmsg::{Link, LiveTable};
use crate::shm::Shm;
use crate::vring::RingAddress;
use crate::{board, console};

/// The link of the board with up to `N` endpoints.
pub type BoardLink<'b, const N: usize> = Link<'static, Cache, &'b Mailbox, N>;

/// The board's hardware. There is one; the start-up code hands it to the application.
pub struct Board {
    mailbox: Mailbox,
    table: LiveTable<'static>,
}

impl Board {
    /// The mailbox to Linux. Call [`Mailbox::ready`] when the endpoints are open.
    pub fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// A link to Linux, over the carveouts of the board file.
    pub fn link<const N: usize>(&mut self) -> (BoardLink<'_, N>, &Mailbox) {
        // SAFETY: the board file gives these carveouts to rings and buffers, build.rs has checked that
        // nothing of the image is in them, and a device address is a pointer on this core. `&mut self`
        // and the borrowed result keep it at one link.
        let shm = unsafe { Shm::new(core::ptr::null_mut(), &board::CARVEOUTS, Cache::default()) };
        let ring = |window: crate::shm::Window| RingAddress {
            da: window.linux,
            align: board::VRING_ALIGN,
            num: board::VRING_NUM.into(),
        };
        // A driver that always writes the table has not come while it is pristine, whatever kicked.
        let fallback = (!board::TABLE_IS_KEPT).then(|| [ring(board::VRING0), ring(board::VRING1)]);
        let mailbox = &self.mailbox;
        let link = Link::new(shm, mailbox, self.table, fallback);
        match super::note::note() {
            Some(note) => (link.with_note(note), mailbox),
            None => (link, mailbox),
        }
    }
}

/// How often [`wake`] was heard; wraps.
static WAKES: AtomicU32 = AtomicU32::new(0);

/// Ends a [`wait`](super::wait), from an interrupt handler or ahead of it: raises an interrupt that the core has for software.
pub fn wake() {
    core_start::raise();
}

/// Wake-ups by [`wake`] since start; wraps.
pub fn wakes() -> u32 {
    WAKES.load(Ordering::Relaxed)
}

/// For the handler of the interrupt that [`wake`] raises.
fn woken() {
    WAKES.store(WAKES.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

/// For the clock's interrupt, with what it came upon.
fn look(interrupted: &Interrupted) {
    if let Some(limit) = watch::tick() {
        hang(limit, interrupted);
    }
}

unsafe extern "Rust" {
    /// The application, by [`entry!`](crate::entry).
    safe fn imx_rpmsg_application(board: Board) -> !;
}

/// Names the function that runs the firmware: `fn(imx_rpmsg::firmware::Board) -> !`.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        // SAFETY: the one definition of the symbol that start-up declares, with its signature.
        #[unsafe(export_name = "imx_rpmsg_application")]
        fn imx_rpmsg_application(board: $crate::firmware::Board) -> ! {
            let main: fn($crate::firmware::Board) -> ! = $main;
            main(board)
        }

        // A program that is linked without the script would be an ELF of nothing: no vector table, entry point 0. The
        // linker keeps this section (R) and refuses the symbol; the script discards the one and defines the other.
        #[cfg(all(target_arch = "arm", target_os = "none"))]
        ::core::arch::global_asm!(
            ".pushsection .linker_script, \"aR\", %progbits",
            ".word linker_script_cortex_m_x_is_missing__use_scripts_build_sh",
            ".popsection",
        );
    };
}

/// Sets up what all cores have alike and runs the application.
///
/// # Safety
///
/// To be called once, with interrupts masked, .bss cleared and a stack.
unsafe fn run() -> ! {
    #[cfg(feature = "shell")]
    // SAFETY: interrupts are masked, and nothing is on the stack but what is above here.
    unsafe {
        super::monitor::paint_stack();
    }
    // SAFETY: called once, before anything logs, with interrupts masked; the board file names the registers.
    let board = unsafe {
        console::init();
        Clock::start(board::CLOCK_HZ);
        super::setup::apply(&board::SETUP);
        let table = super::table::live();
        Board { mailbox: Mailbox::new(super::note::is_there()), table }
    };
    // SAFETY: console, clock and mailbox are set up.
    unsafe { core_start::let_interrupts_in() };
    imx_rpmsg_application(board)
}
