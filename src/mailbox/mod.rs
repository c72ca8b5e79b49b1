// SPDX-License-Identifier: MIT OR Apache-2.0
//! Kicks: how one side tells the other to look at the rings.

use core::task::{Context, Poll};

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

/// What wakes the task that follows a link.
pub trait Signals {
    /// Ready when Linux kicked (`true`) or the link should be looked at for another reason (`false`), and not again
    /// for the same one. Else the context's waker is woken when it is time to ask again; that of the last call alone.
    fn poll_signals(&self, context: &mut Context<'_>) -> Poll<bool>;
}

impl<S: Signals + ?Sized> Signals for &S {
    fn poll_signals(&self, context: &mut Context<'_>) -> Poll<bool> {
        S::poll_signals(self, context)
    }
}
