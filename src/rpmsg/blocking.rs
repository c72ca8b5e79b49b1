// SPDX-License-Identifier: MIT OR Apache-2.0
//! The calls of a link that wait, for applications that have nothing else to do.
//!
//! Each tries first and returns at once when it can. Otherwise it follows the life of the link, tries again, kicks
//! Linux for what was done so far and idles, over and over. A change in the link's life ends every wait
//! ([`Interrupted::Life`]), so that none goes on over a reset unseen.
//!
//! Linux is only kicked when a wait idles or is interrupted: who sends and then does something else calls
//! [`Link::flush`].
//!
//! ```
//! use imx_rpmsg::mailbox::Doorbell;
//! use imx_rpmsg::rpmsg::{Idle, Interrupted, Link};
//! use imx_rpmsg::shm::Coherency;
//!
//! /// Returns the next message to its sender; whether one came in time.
//! fn echo_one<C: Coherency, D: Doorbell>(link: &Link<'_, C, D, 4>, deadline: &mut impl Idle) -> bool {
//!     loop {
//!         match link.receive_with_grants_until::<1>(deadline) {
//!             Ok((message, [mut grant])) => {
//!                 let len = message.len();
//!                 return grant.copy(0, &message, 0, len).is_ok() && message.reply(grant, len).is_ok();
//!             }
//!             Err(Interrupted::Life(_)) => {}
//!             Err(Interrupted::TimeUp | Interrupted::Refused(_)) => return false,
//!         }
//!     }
//! }
//! # use core::ptr::NonNull;
//! # use imx_rpmsg::{arch::Host, rpmsg::{Address, LiveTable, Wake}, shm::{Shm, Span}};
//! # use imx_rpmsg::wire::resource_table::{Config, TABLE_LEN, Table};
//! # struct Silent;
//! # impl Doorbell for Silent {
//! #     fn kick(&self, _vqid: u32) {}
//! # }
//!
//! /// A deadline that is over after a few wake-ups.
//! struct Patience(u32);
//!
//! impl Idle for Patience {
//!     fn idle(&mut self) -> Wake {
//!         let left = self.0.checked_sub(1);
//!         self.0 = left.unwrap_or(0);
//!         left.map_or(Wake::TimeUp, |_| Wake::Other)
//!     }
//! }
//! # const TABLE: Table = Table::new(&Config { vring_num: 256, vring_align: 4096, trace: None, nxp_vendor_entry: false });
//! # let table: NonNull<u8> = NonNull::from(Box::leak(Box::new(TABLE))).cast();
//! # // SAFETY: the table is leaked, and there is no other memory.
//! # let (shm, table) = unsafe { (Shm::new(core::ptr::null_mut(), &[], Host), Span::new(table, TABLE_LEN as u32)) };
//! # let link: Link<'_, Host, Silent, 4> = Link::new(shm, Silent, LiveTable::new(table, TABLE.layout()), None);
//! let endpoint = link.open("rpmsg-tty", Address::Dynamic).unwrap();
//!
//! // No Linux, no message.
//! assert!(!echo_one(&link, &mut Patience(3)));
//! # link.close(endpoint);
//! ```
#![forbid(unsafe_code)]

use super::endpoint::{Bound, Endpoint};
use super::grant::{Grant, SendError};
use super::life::Event;
use super::link::Link;
use super::message::Message;
use crate::mailbox::Doorbell;
use crate::shm::Coherency;

/// Why a core woke up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// Linux kicked. Said before [`TimeUp`](Self::TimeUp) when both are so.
    Kicked,
    /// Something else, or nothing.
    Other,
    /// The time to wait is over.
    TimeUp,
}

/// How a core waits, and for how long: a deadline, or none.
pub trait Idle {
    /// Sleeps until Linux kicks, something else wakes the core or the time is over. A kick that came since the last
    /// call, or before the first, counts.
    fn idle(&mut self) -> Wake;

    /// Whether the time was over before the last [`idle`](Self::idle) began. Asked after [`Wake::Kicked`], so that a peer
    /// that kicks all the time cannot prolong a wait. The default is for waits without a time.
    fn was_over(&self) -> bool {
        false
    }

    /// A waiting call begins, which need not [`idle`](Self::idle) before it returns. A watchdog can tell by this that the
    /// program still makes such calls.
    fn called(&mut self) {}
}

/// Why a wait ended without what it was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupted {
    /// The life of the link changed; this stands for what [`Link::poll`] would have returned.
    Life(Event),
    /// The time was over.
    TimeUp,
    /// An error that waiting does not mend: any but [`SendError::NoBuffer`].
    Refused(SendError),
}

/// Waiting calls; what they mean apart from that is said at the calls that do not wait.
impl<'m, C: Coherency, D: Doorbell, const N: usize> Link<'m, C, D, N> {
    /// [`receive`](Self::receive) once there is a message. While the link is down it waits for the link to come up.
    pub fn receive_until(&self, idle: &mut impl Idle) -> Result<Message<'_, 'm, C>, Interrupted> {
        self.until(idle, || self.receive().ok_or(SendError::NoBuffer))
    }

    /// [`receive_with_grants`](Self::receive_with_grants) once there are a message and `K` transmit buffers. While the
    /// link is down it waits for the link to come up.
    #[allow(clippy::type_complexity, reason = "as in receive_with_grants")]
    pub fn receive_with_grants_until<const K: usize>(
        &self,
        idle: &mut impl Idle,
    ) -> Result<(Message<'_, 'm, C>, [Grant<'_, 'm, C>; K]), Interrupted> {
        self.until(idle, || self.receive_with_grants::<K>().ok_or(SendError::NoBuffer))
    }

    /// [`grant`](Self::grant) once there is a transmit buffer; refused while the link is down.
    pub fn grant_until(&self, idle: &mut impl Idle) -> Result<Grant<'_, 'm, C>, Interrupted> {
        self.until(idle, || self.grant())
    }

    /// [`send`](Self::send) once there is a transmit buffer.
    pub fn send_until(
        &self,
        endpoint: &Endpoint<Bound>,
        payload: &[u8],
        idle: &mut impl Idle,
    ) -> Result<(), Interrupted> {
        self.until(idle, || self.send(endpoint, payload))
    }

    /// Waits until the link is up. That it comes up is what is waited for; any other event ends the wait.
    pub fn up_until(&self, idle: &mut impl Idle) -> Result<(), Interrupted> {
        let up = || if self.is_up() { Ok(()) } else { Err(SendError::NoBuffer) };
        match self.until(idle, up) {
            Err(Interrupted::Life(Event::Up { .. })) => Ok(()),
            result => result,
        }
    }

    /// Whether a ring broke or got stuck and [`poll`](Self::poll) has not said so yet.
    pub(super) fn has_failed(&self) -> bool {
        self.sender.half.has_failed() || self.receiver.half.has_failed()
    }

    /// Waits for `attempt` to succeed, or to fail for another reason than that there is no buffer.
    fn until<T>(
        &self,
        idle: &mut impl Idle,
        mut attempt: impl FnMut() -> Result<T, SendError>,
    ) -> Result<T, Interrupted> {
        idle.called();
        let mut wake = Wake::Other;
        let (mut looked, mut is_over) = (false, false);
        // One attempt for the first look and all later ones: it is inlined, and not small.
        loop {
            match attempt() {
                Ok(found) => return Ok(found),
                Err(SendError::NoBuffer) => {}
                // Why the link is down, or that it is up by now, is told by `poll` first.
                Err(SendError::Detached | SendError::Stale) if !looked => {}
                Err(error) => return Err(Interrupted::Refused(error)),
            }
            if looked && !self.has_failed() {
                self.flush();
                if is_over {
                    return Err(Interrupted::TimeUp);
                }
                wake = idle.idle();
                is_over = wake == Wake::TimeUp || (wake == Wake::Kicked && idle.was_over());
            }
            looked = true;
            // Ahead of the next attempt: it also renews the patience with a peer's mistakes, so that the attempt gets
            // past all that was there before the core woke up, and a kick comes for the rest.
            if let Some(event) = self.poll(wake == Wake::Kicked) {
                self.flush();
                return Err(Interrupted::Life(event));
            }
        }
    }
}
