// SPDX-License-Identifier: MIT OR Apache-2.0
//! Three tasks of embassy-executor: one follows the link, and each of two endpoints has its own.
#![no_std]
#![no_main]
#![forbid(unsafe_op_in_unsafe_fn)]

use imx_rpmsg::entry;
use imx_rpmsg::firmware::{Board, BoardLink, Cache, run_tasks};
use imx_rpmsg::mailbox::mu::Mailbox;
use imx_rpmsg::rpmsg::{Address, AsyncLink, Endpoint, Unbound};
use imx_rpmsg::services::{Sample, Tty};
use static_cell::StaticCell;

entry!(main);

type Link = AsyncLink<'static, 'static, Cache, &'static Mailbox, 2>;

#[embassy_executor::task]
async fn follow(link: &'static Link, mailbox: &'static Mailbox) -> ! {
    link.run(mailbox, |event| log::info!("{event}")).await
}

#[embassy_executor::task]
async fn tty(link: &'static Link, endpoint: Endpoint<Unbound>) {
    let tty = Tty::new(endpoint.address());
    loop {
        let (message, grants) = link.receive_with_grants::<2>(endpoint.id()).await;
        if let Err(error) = tty.respond(message, grants) {
            log::warn!("{}: {error}", Tty::NAME);
        }
    }
}

#[embassy_executor::task]
async fn sample(link: &'static Link, endpoint: Endpoint<Unbound>) {
    let mut sample = Sample::default();
    loop {
        let (message, [grant]) = link.receive_with_grants::<1>(endpoint.id()).await;
        if let Err(error) = sample.respond(message, grant) {
            log::warn!("{}: {error}", Sample::NAME);
        }
    }
}

fn main(board: Board) -> ! {
    static BOARD: StaticCell<Board> = StaticCell::new();
    static BOARD_LINK: StaticCell<BoardLink<'static, 2>> = StaticCell::new();
    static LINK: StaticCell<Link> = StaticCell::new();

    let (link, mailbox) = BOARD.init(board).link::<2>();
    let link = BOARD_LINK.init(link);
    let sample_endpoint = link.open(Sample::NAME, Address::Dynamic).unwrap();
    let tty_endpoint = link.open(Tty::NAME, Address::Dynamic).unwrap();
    let link = LINK.init(AsyncLink::new(link));
    mailbox.ready();
    run_tasks(mailbox, |spawner| {
        spawner.spawn(follow(link, mailbox).unwrap());
        spawner.spawn(sample(link, sample_endpoint).unwrap());
        spawner.spawn(tty(link, tty_endpoint).unwrap());
    })
}
