// SPDX-License-Identifier: MIT OR Apache-2.0
//! Kicks: how one side tells the other to look at the rings.

use core::task::{Context, Poll};

#[cfg(any(feature = "firmware", test))]
mod listeners;
#[cfg(feature = "firmware")]
pub mod mu;

/// Kicks the peer.
pub trait Doorbell {
    /// Tells the peer that ring `vqid` (the notifyid of the resource table) has news. Never waits.
    fn kick(&self, vqid: u32);
}

impl<D: Doorbell + ?Sized> Doorbell for &D {
    fn kick(&self, vqid: u32) {
        D::kick(self, vqid);
    }
}

/// What wakes the tasks that follow links: any number of them may share it, and a kick is for each.
pub trait Signals {
    /// Ready when a kick came that `seen` does not know of (`true`), which it then does, or the link should be looked at
    /// for another reason (`false`). Else the context's waker is woken when it is time to ask again.
    ///
    /// A follower keeps `seen` from call to call. It begins with [`Seen::default`], for which all kicks so far are news.
    fn poll_signals(&self, seen: &mut Seen, context: &mut Context<'_>) -> Poll<bool>;
}

impl<S: Signals + ?Sized> Signals for &S {
    fn poll_signals(&self, seen: &mut Seen, context: &mut Context<'_>) -> Poll<bool> {
        S::poll_signals(self, seen, context)
    }
}

/// The kicks that one follower knows of.
#[derive(Debug, Default)]
pub struct Seen(u32);

impl Seen {
    /// Whether `kicks`, how many there were since the start, has changed since the last call; 0 is that of before the
    /// first.
    pub fn is_news(&mut self, kicks: u32) -> bool {
        core::mem::replace(&mut self.0, kicks) != kicks
    }
}
