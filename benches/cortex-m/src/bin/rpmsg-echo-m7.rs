// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program of the README without a board: what its loop takes of the library is weighed
//! (benches/harness/sizes.py). Never run, as no Linux is there to answer.
#![no_std]
#![no_main]

use core::hint::black_box;

use cortex_m_rt::entry;
use imx_rpmsg::arch::cortex_m::wait_for_interrupt;
use imx_rpmsg::mailbox::Doorbell;
use imx_rpmsg::rpmsg::{Address, Idle, Link, Wake};
use rpmsg_bench_cortex_m::common::linux::RINGS;
use rpmsg_bench_cortex_m::shared;

/// In the place of the Messaging Unit: does nothing, of which the compiler does not know.
struct Mailbox;

impl Doorbell for Mailbox {
    #[inline(never)]
    fn kick(&self, vqid: u32) {
        black_box(vqid);
    }
}

impl Mailbox {
    fn ready(&self) {}
}

/// In the place of the firmware's.
struct Deadline;

impl Deadline {
    fn never(_mailbox: &Mailbox) -> Self {
        Self
    }
}

impl Idle for Deadline {
    #[inline(never)]
    fn idle(&mut self) -> Wake {
        wait_for_interrupt(|| false);
        black_box(Wake::Other)
    }
}

#[entry]
fn main() -> ! {
    let mailbox = &Mailbox;
    // SAFETY: called once; there is no driver.
    let (memory, table) = unsafe { (shared::memory(), shared::table()) };
    let link: Link<'_, _, _, 4> = Link::new(memory, mailbox, table, Some(RINGS));
    let _echo = link.open("rpmsg-tty", Address::Dynamic).unwrap();
    mailbox.ready();
    let mut forever = Deadline::never(mailbox);
    loop {
        match link.receive_with_grants_until::<1>(&mut forever) {
            Ok((message, [mut grant])) => {
                let len = message.len();
                if grant.copy(0, &message, 0, len).is_ok() {
                    let _ = message.reply(grant, len);
                }
            }
            Err(event) => log::info!("{event}"),
        }
    }
}
