// SPDX-License-Identifier: MIT OR Apache-2.0
//! The library without feature `firmware`: on a core that no board file describes. What is the core's own is up to the
//! `extern` functions here. A library, as whoever calls `serve` has the start-up code.
#![no_std]

use core::ptr::{NonNull, null_mut, with_exposed_provenance_mut};
use core::sync::atomic::{Ordering, fence};

use imx_rpmsg::mailbox::Doorbell;
use imx_rpmsg::rpmsg::{Address, Idle, Link, LiveTable, Wake};
use imx_rpmsg::shm::{Coherency, Shm, Span, Window};
use imx_rpmsg::wire::resource_table::{Config, TABLE_LEN, Table};

unsafe extern "C" {
    safe fn kick_linux(word: u32);
    safe fn sleep_until_kicked();
}

/// Two rings and the buffers of both directions, at the same addresses for both sides.
static WINDOWS: [Window; 1] = [Window { linux: 0x9000_0000, device: 0x9000_0000, len: 0x10_0000 }];

/// To be in the image too, in section `.resource_table`, where Linux's loader looks for it.
pub const TABLE: Table =
    Table::new(&Config { vring_num: 256, vring_align: 4096, trace: None, nxp_vendor_entry: false });

/// Where Linux keeps its copy of the table current.
const TABLE_AT: usize = 0x9010_0000;

#[derive(Clone)]
struct Uncached;

// SAFETY: the memory of WINDOWS is not cached on this core.
unsafe impl Coherency for Uncached {
    fn invalidate(&self, _at: *const u8, _len: usize) {}
    fn write_back(&self, _at: *const u8, _len: usize) {}
    fn barrier(&self) {
        fence(Ordering::SeqCst);
    }
}

struct Kick;

impl Doorbell for Kick {
    fn kick(&self, vqid: u32) {
        kick_linux(vqid);
    }
}

struct Sleep;

impl Idle for Sleep {
    fn idle(&mut self) -> Wake {
        sleep_until_kicked();
        Wake::Kicked
    }
}

/// Echoes what comes to channel `rpmsg-tty`.
///
/// # Safety
///
/// To be called once: the memory is this core's and Linux's, and nothing of Rust is in it.
pub unsafe fn serve() -> ! {
    // SAFETY: the caller's.
    let shm = unsafe { Shm::new(null_mut(), &WINDOWS, Uncached) };
    // SAFETY: the caller's; the address is not 0.
    let table = unsafe { Span::new(NonNull::new_unchecked(with_exposed_provenance_mut(TABLE_AT)), TABLE_LEN as u32) };
    let link: Link<'_, _, _, 1> = Link::new(shm, Kick, LiveTable::new(table, TABLE.layout()), None);
    let _echo = link.open("rpmsg-tty", Address::Dynamic);
    loop {
        if let Ok((message, [mut grant])) = link.receive_with_grants_until::<1>(&mut Sleep) {
            let len = message.len();
            if grant.copy(0, &message, 0, len).is_ok() {
                let _ = message.reply(grant, len);
            }
        }
    }
}
