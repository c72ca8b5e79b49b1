// SPDX-License-Identifier: MIT OR Apache-2.0
//! From c_shim/reset.S to the application.
#![allow(unsafe_code)]

use core::sync::atomic::{AtomicU32, Ordering};

use crate::arch::xtensa::{Clock, DataCache, unmask, wait_for_interrupt};
use crate::mailbox::mu::{self, Mailbox};
use crate::rpmsg::Link;
use crate::shm::Shm;
use crate::vring::RingAddress;
use crate::{board, console};

/// Cache attribute of the memory that rings, buffers and image share (one nibble for each 512 MiB).
const IMAGE_ATTRIBUTE: u32 = (board::CACHEATTR >> (4 * (board::IMAGE_BASE >> 29))) & 0xf;

/// Attribute of write-back memory.
const WRITE_BACK: u32 = 4;

/// The data cache of the board's core.
pub type Cache = DataCache<{ board::DCACHE_LINE }, { IMAGE_ATTRIBUTE == WRITE_BACK }>;

/// The link of the board with up to `N` endpoints.
pub type BoardLink<'b, const N: usize> = Link<'static, Cache, &'b Mailbox, N>;

/// The board's hardware. There is one; the start-up code hands it to the application.
pub struct Board {
    mailbox: Mailbox,
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
        let fallback = [ring(board::VRING0), ring(board::VRING1)];
        let mailbox = &self.mailbox;
        (Link::new(shm, mailbox, super::table::live(), Some(fallback)), mailbox)
    }
}

/// Sleeps until the mailbox has signals or an interrupt came, ten times a second at least.
pub fn wait(mailbox: &Mailbox) {
    wait_for_interrupt(|| mailbox.has_signals());
}

/// How often [`wake`] was heard; wraps.
static WAKES: AtomicU32 = AtomicU32::new(0);

/// Ends a [`wait`], from an interrupt handler or ahead of it: raises the core's software interrupt.
pub fn wake() {
    // SAFETY: the interrupt has a handler, below.
    unsafe { xtensa_lx::interrupt::set(1 << board::SOFTWARE_INTERRUPT) };
}

/// Wake-ups by [`wake`] since start; wraps.
pub fn wakes() -> u32 {
    WAKES.load(Ordering::Relaxed)
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
    };
}

/// All interrupts that are ever enabled.
const INTERRUPTS: u32 = 1 << board::MU_INTERRUPT | 1 << board::TIMER_INTERRUPT | 1 << board::SOFTWARE_INTERRUPT;

/// Called by c_shim/reset.S with interrupts masked, .bss cleared and a stack.
#[unsafe(no_mangle)]
extern "C" fn imx_rpmsg_main() -> ! {
    // SAFETY: reset.S calls once, before anything else.
    unsafe { console::init() };
    Clock::start(board::CLOCK_HZ);
    // SAFETY: as above; interrupts are still masked.
    let mailbox = unsafe { Mailbox::new() };
    // SAFETY: the vectors are loaded, both interrupts have handlers, and what they use is set up.
    unsafe {
        xtensa_lx::interrupt::set_mask(INTERRUPTS);
        unmask();
    }
    imx_rpmsg_application(Board { mailbox })
}

/// Called by c_shim/entry.S for interrupts of `level`, with those up to EXCM_LEVEL masked.
#[unsafe(no_mangle)]
extern "C" fn imx_rpmsg_interrupt(_level: u32) {
    let pending = xtensa_lx::interrupt::get() & xtensa_lx::interrupt::get_mask();
    if pending & 1 << board::MU_INTERRUPT != 0 {
        mu::on_interrupt();
    }
    if pending & 1 << board::TIMER_INTERRUPT != 0 {
        Clock::tick(board::CLOCK_HZ);
    }
    if pending & 1 << board::SOFTWARE_INTERRUPT != 0 {
        // SAFETY: clears the request that `wake` made.
        unsafe { xtensa_lx::interrupt::clear(1 << board::SOFTWARE_INTERRUPT) };
        WAKES.store(WAKES.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }
}
