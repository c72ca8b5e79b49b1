// SPDX-License-Identifier: MIT OR Apache-2.0
//! The demo firmware: answers Linux's `rpmsg_client_sample` and `rpmsg_tty`, and logs what they send. With feature `shell`, a
//! shell is on another `rpmsg-tty` channel, the first; with feature `nxp-names`, the client drivers of NXP's Linux are
//! answered too.
#![no_std]
#![no_main]
#![forbid(unsafe_op_in_unsafe_fn)]

#[cfg_attr(feature = "nxp-names", path = "rpmsg-demo/nxp.rs")]
#[cfg_attr(not(feature = "nxp-names"), path = "rpmsg-demo/no_nxp.rs")]
mod nxp;
#[cfg_attr(feature = "shell", path = "rpmsg-demo/shell.rs")]
#[cfg_attr(not(feature = "shell"), path = "rpmsg-demo/no_shell.rs")]
mod shell;

use imx_rpmsg::firmware::{Board, BoardLink, alive, wait, watch};
use imx_rpmsg::mailbox::mu::Mailbox;
use imx_rpmsg::rpmsg::{Address, Endpoint, Event, Unbound};
use imx_rpmsg::services::{Incoming, Sample, Tty};
use imx_rpmsg::vring::PeerError;
use imx_rpmsg::{board, entry};
use log::Level;
use nxp::Nxp;
use shell::{Console, Output};

entry!(main);

/// The shell's, if there is one; the sample's and the tty's; and those under NXP's names.
const ENDPOINTS: usize = shell::ENDPOINTS + 2 + nxp::ENDPOINTS;

/// Messages answered before the life of the link is looked at again.
const BURST: usize = 256;

/// Milliseconds that no round of the loop takes, unless something hangs.
const LONGEST_ROUND: u32 = 2000;

fn main(mut board: Board) -> ! {
    log::info!("imx-rpmsg {} on {}", env!("CARGO_PKG_VERSION"), board::NAME);
    let output = Output::default();
    let (link, mailbox) = board.link::<ENDPOINTS>();
    let mut console = Console::open(&link, mailbox, &output);
    let (Ok(sample_endpoint), Ok(tty_endpoint)) =
        (link.open(Sample::NAME, Address::Dynamic), link.open(Tty::NAME, Address::Dynamic))
    else {
        panic!("they fit the table")
    };
    let nxp = Nxp::open(&link);
    console.others([(Sample::NAME, &sample_endpoint), (Tty::NAME, &tty_endpoint)].into_iter().chain(nxp.endpoints()));
    let mut incoming = Incoming::default();
    let mut sample = Sample::default();
    let tty = Tty::new(tty_endpoint.address());
    let mut faults = Faults::default();
    log::info!("waiting for Linux");
    mailbox.ready();
    watch(LONGEST_ROUND);

    let mut kicked = false;
    loop {
        alive();
        while let Some(event) = link.poll(kicked) {
            report(event);
            console.on_event(event);
        }
        for _ in 0..BURST {
            let Some(received) = link.receive_with_grants::<2>() else { break };
            let Some((message, grants)) = console.take(received, &link) else { continue };
            let source = message.source();
            let answered = if message.endpoint() == sample_endpoint.id() {
                let [grant, _] = grants;
                incoming.note("Linux sample client", Some(sample.echoed().wrapping_add(1)), &message);
                sample.respond(message, grant).map(drop)
            } else if message.endpoint() == tty_endpoint.id() {
                incoming.note("Linux TTY", None, &message);
                tty.respond(message, grants)
            } else {
                nxp.respond(message, grants, &mut incoming)
            };
            if let Err(error) = answered {
                log::warn!("no answer to {source:#x}: {error}");
            }
            console.answered(&link);
        }
        console.send(&link);
        link.flush();
        faults.report(&link);
        if console.is_stopped() {
            let others = [sample_endpoint, tty_endpoint].into_iter().chain(nxp.into_endpoints());
            retire(&link, mailbox, others.chain([console.into_endpoint()]));
        }
        // The answers are on their way. One line in each round: a client that waits for each answer finds every message in
        // the log. The other lines follow when neither a message nor the wish to suspend waits.
        incoming.show();
        while !link.has_work_for(2) && !mailbox.has_signals() && incoming.show() {}
        // Answers Linux's wish to suspend too, and then does not return until Linux kicks again.
        kicked = !link.has_work_for(2) && wait(mailbox);
    }
}

/// Takes the channels back, touches nothing shared any more, and waits for Linux to stop the core.
fn retire(link: &BoardLink<'_, ENDPOINTS>, mailbox: &Mailbox, endpoints: impl Iterator<Item = Endpoint<Unbound>>) -> ! {
    endpoints.for_each(|endpoint| link.close(endpoint));
    link.flush();
    log::info!("quiet until Linux stops this core");
    loop {
        let _ = wait(mailbox);
    }
}

fn report(event: Event) {
    let level = match event {
        Event::Up { .. } | Event::Moving(_) => Level::Info,
        Event::Refused(..) | Event::Stuck(_) => Level::Error,
        Event::Down(_) => Level::Warn,
    };
    log::log!(level, "{event}");
}

/// Says what the peer got wrong, once for each new count.
#[derive(Default)]
struct Faults {
    nobody: u32,
    errors: [u32; PeerError::ALL.len()],
}

impl Faults {
    fn report<const N: usize>(&mut self, link: &BoardLink<'_, N>) {
        let stats = link.stats();
        if self.nobody != stats.nobody() {
            self.nobody = stats.nobody();
            log::warn!("no endpoint {:#x}; {} messages were for nobody so far", stats.last_nobody(), self.nobody);
        }
        for (seen, kind) in self.errors.iter_mut().zip(PeerError::ALL) {
            if *seen != stats.errors(kind) {
                *seen = stats.errors(kind);
                log::warn!("Linux's mistake: {kind} ({seen} so far)");
            }
        }
    }
}
