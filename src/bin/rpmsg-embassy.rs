// SPDX-License-Identifier: MIT OR Apache-2.0
//! Three tasks of embassy-executor: one follows the link, and each of two endpoints has its own.
#![no_std]
#![no_main]
#![forbid(unsafe_op_in_unsafe_fn)]

use embassy_executor::raw::Executor;
use imx_rpmsg::arch::xtensa::wait_for_interrupt;
use imx_rpmsg::entry;
use imx_rpmsg::firmware::{Board, BoardLink, Cache, wake, wakes};
use imx_rpmsg::mailbox::mu::Mailbox;
use imx_rpmsg::rpmsg::{Address, AsyncLink, Endpoint, Unbound};
use imx_rpmsg::services::{Sample, Tty};
use static_cell::StaticCell;

entry!(main);

type Link = AsyncLink<'static, 'static, Cache, &'static Mailbox, 2>;

/// The executor has a task to poll: ends the sleep of `main`, or keeps it from going to sleep.
// SAFETY: the one definition of the symbol that embassy-executor declares, with its signature.
#[unsafe(export_name = "__pender")]
fn pender(_context: *mut ()) {
    wake();
}

#[embassy_executor::task]
async fn follow(link: &'static Link, mailbox: &'static Mailbox) -> ! {
    link.run(mailbox, |event| log::info!("{event:?}")).await
}

#[embassy_executor::task]
async fn tty(link: &'static Link, endpoint: Endpoint<Unbound>) {
    let tty = Tty::new(endpoint.address());
    loop {
        let (message, grants) = link.receive_with_grants::<2>(endpoint.id()).await;
        if let Err(error) = tty.respond(message, grants) {
            log::warn!("{}: {error:?}", Tty::NAME);
        }
    }
}

#[embassy_executor::task]
async fn sample(link: &'static Link, endpoint: Endpoint<Unbound>) {
    let mut sample = Sample::default();
    loop {
        let (message, [grant]) = link.receive_with_grants::<1>(endpoint.id()).await;
        if let Err(error) = sample.respond(message, grant) {
            log::warn!("{}: {error:?}", Sample::NAME);
        }
    }
}

fn main(board: Board) -> ! {
    static BOARD: StaticCell<Board> = StaticCell::new();
    static BOARD_LINK: StaticCell<BoardLink<'static, 2>> = StaticCell::new();
    static LINK: StaticCell<Link> = StaticCell::new();
    static EXECUTOR: StaticCell<Executor> = StaticCell::new();

    let (link, mailbox) = BOARD.init(board).link::<2>();
    let link = BOARD_LINK.init(link);
    let sample_endpoint = link.open(Sample::NAME, Address::Dynamic).unwrap();
    let tty_endpoint = link.open(Tty::NAME, Address::Dynamic).unwrap();
    let link = LINK.init(AsyncLink::new(link));
    let executor: &'static Executor = EXECUTOR.init(Executor::new(core::ptr::null_mut()));
    let spawner = executor.spawner();
    spawner.spawn(follow(link, mailbox).unwrap());
    spawner.spawn(sample(link, sample_endpoint).unwrap());
    spawner.spawn(tty(link, tty_endpoint).unwrap());
    mailbox.ready();

    // Linux has asked for silence before suspend: no task runs until it kicks again.
    let mut quiet = false;
    loop {
        let seen = wakes();
        if !quiet {
            // SAFETY: only here, so never from within itself.
            unsafe { executor.poll() };
        }
        if mailbox.suspend_asked() {
            quiet = mailbox.suspended();
        }
        // A kick and a task that is to run both raise the count: the mailbox calls the waker of `follow`.
        wait_for_interrupt(|| wakes() != seen || mailbox.has_signals());
        quiet &= !mailbox.has_kick();
    }
}
