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

/// What wakes the tasks that follow links. Any number of them may share it, and each kick is for all of them.
pub trait Signals {
    /// Ready when a kick came that `seen` does not know of yet (`true`; from then on it does), or when the link should be
    /// looked at for another reason (`false`). Otherwise the context's waker is woken when it is time to ask again.
    ///
    /// A follower keeps `seen` from call to call. It begins with [`Seen::default`], for which all kicks so far are new.
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
    /// Whether the number of kicks since the start, `kicks`, has changed since the last call. Before the first call it
    /// was 0.
    pub fn is_news(&mut self, kicks: u32) -> bool {
        core::mem::replace(&mut self.0, kicks) != kicks
    }
}
