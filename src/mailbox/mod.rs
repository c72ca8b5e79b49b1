// SPDX-License-Identifier: MIT OR Apache-2.0
//! Kicks: how one side tells the other to look at the rings.

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
