// SPDX-License-Identifier: MIT OR Apache-2.0
//! The demo's shell, on the first of its channels.

use imx_rpmsg::firmware::{BoardLink, Cache, Monitor};
use imx_rpmsg::mailbox::mu::Mailbox;
use imx_rpmsg::rpmsg::{Address, Endpoint, EndpointId, Event, Grant, Message, Unbound};
use imx_rpmsg::services::shell::{Channel, Shell};

pub use imx_rpmsg::services::shell::Output;

use crate::ENDPOINTS as ALL;

/// The shell's own.
pub const ENDPOINTS: usize = 1;

const PROMPT: &str = "core> ";
const VERSION: &str = concat!("imx-rpmsg ", env!("CARGO_PKG_VERSION"));

/// A message and the grants for its answer.
type Received<'l> = (Message<'l, 'static, Cache>, [Grant<'l, 'static, Cache>; 2]);

pub struct Console<'b> {
    shell: Shell<'b>,
    monitor: Monitor<'b>,
    /// The shell's endpoint is the first.
    ids: [EndpointId; ALL],
    channels: [Channel; ALL],
    /// Whose message is being answered, and how many had been sent before.
    answering: (usize, u32),
}

impl<'b> Console<'b> {
    /// Opens the shell's endpoint. To be called ahead of the others', so that it gets the first address and Linux calls it
    /// ttyRPMSG0.
    pub fn open(link: &BoardLink<'_, ALL>, mailbox: &'b Mailbox, output: &'b Output) -> Self {
        let Ok(endpoint) = link.open(Shell::NAME, Address::Dynamic) else { panic!("an endpoint fits an empty table") };
        Self {
            ids: [endpoint.id(); ALL],
            channels: [Channel::new("shell", &endpoint); ALL],
            shell: Shell::new(endpoint, PROMPT, output),
            monitor: Monitor::new(mailbox, VERSION),
            answering: (0, 0),
        }
    }

    /// The demo's endpoints, for `stats`.
    pub fn others<'e>(&mut self, endpoints: impl Iterator<Item = (&'static str, &'e Endpoint<Unbound>)>) {
        let places = self.ids.iter_mut().zip(&mut self.channels).skip(ENDPOINTS);
        for ((id, channel), (name, endpoint)) in places.zip(endpoints) {
            *id = endpoint.id();
            *channel = Channel::new(name, endpoint);
        }
    }

    pub fn on_event(&mut self, event: Event) {
        self.shell.on_event(event);
    }

    /// Serves a message to the shell; gives back one to another endpoint.
    pub fn take<'l>(&mut self, (message, grants): Received<'l>, link: &BoardLink<'_, ALL>) -> Option<Received<'l>> {
        let to = self.ids.iter().position(|id| *id == message.endpoint()).unwrap_or(0);
        self.channels[to].count(1, 0);
        if to != 0 {
            self.answering = (to, link.stats().sent());
            return Some((message, grants));
        }
        // The shell takes as many buffers as its answer needs.
        drop(grants);
        let sent = self.shell.take(message, link, &self.channels, &mut self.monitor);
        self.channels[0].count(0, sent);
        None
    }

    /// Counts what was sent since [`take`](Self::take) gave a message back.
    pub fn answered(&mut self, link: &BoardLink<'_, ALL>) {
        let (to, before) = self.answering;
        self.channels[to].count(0, link.stats().sent().wrapping_sub(before));
    }

    /// Sends what waited for buffers.
    pub fn send(&mut self, link: &BoardLink<'_, ALL>) {
        let sent = self.shell.send(link);
        self.channels[0].count(0, sent);
    }

    /// Whether `reboot-wait` was asked for and said what it does.
    pub fn is_stopped(&self) -> bool {
        self.shell.is_stopped() && !self.shell.has_output()
    }

    /// The shell's endpoint back.
    pub fn into_endpoint(self) -> Endpoint<Unbound> {
        self.shell.into_endpoint()
    }
}
