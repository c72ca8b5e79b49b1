// SPDX-License-Identifier: MIT OR Apache-2.0
//! The demo without feature `shell`: nothing, under the names of shell.rs.

use imx_rpmsg::firmware::BoardLink;
use imx_rpmsg::mailbox::mu::Mailbox;
use imx_rpmsg::rpmsg::{Endpoint, Event, Unbound};

use crate::ENDPOINTS as ALL;

/// It has none.
pub const ENDPOINTS: usize = 0;

#[derive(Default)]
pub struct Output {}

pub struct Console;

impl Console {
    pub fn open(_: &BoardLink<'_, ALL>, _: &Mailbox, _: &Output) -> Self {
        Self
    }

    pub fn others<'e>(&mut self, _: impl Iterator<Item = (&'static str, &'e Endpoint<Unbound>)>) {}

    pub fn on_event(&mut self, _: Event) {}

    pub fn take<T>(&mut self, received: T, _: &BoardLink<'_, ALL>) -> Option<T> {
        Some(received)
    }

    pub fn answered(&mut self, _: &BoardLink<'_, ALL>) {}

    pub fn send(&mut self, _: &BoardLink<'_, ALL>) {}

    pub fn is_stopped(&self) -> bool {
        false
    }

    pub fn into_endpoint(self) -> Endpoint<Unbound> {
        unreachable!("it is never stopped")
    }
}
