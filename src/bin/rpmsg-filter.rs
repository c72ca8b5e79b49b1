// SPDX-License-Identifier: MIT OR Apache-2.0
//! Filters audio for Linux: docs/filter.md has the messages, examples/filter the program that sends them.
#![no_std]
#![no_main]
#![forbid(unsafe_op_in_unsafe_fn)]

use imx_rpmsg::firmware::{Board, COUNTER, Deadline, cycles};
use imx_rpmsg::rpmsg::{Address, Event, Interrupted};
use imx_rpmsg::services::filter::{Filter, Status};

imx_rpmsg::entry!(main);

/// Senders that can have a filter at a time.
const SENDERS: usize = 4;

fn main(mut board: Board) -> ! {
    let (link, mailbox) = board.link::<1>();
    let _filter = link.open(Filter::<SENDERS>::NAME, Address::Dynamic).unwrap();
    let mut filter = Filter::<SENDERS>::new(COUNTER, cycles);
    mailbox.ready();
    loop {
        match link.receive_with_grants_until::<1>(&mut Deadline::after(mailbox, 1000)) {
            Ok((message, [grant])) => {
                let source = message.source();
                match filter.respond(message, grant) {
                    Ok(Status::Done) => {}
                    Ok(refused) => log::warn!("{source:#x}: {refused:?}"),
                    Err(error) => log::warn!("no answer to {source:#x}: {error}"),
                }
            }
            Err(Interrupted::Life(event)) => {
                log::info!("{event}");
                if matches!(event, Event::Down(_)) {
                    filter.forget();
                }
            }
            Err(Interrupted::TimeUp) => {}
            Err(Interrupted::Refused(error)) => log::warn!("{error}"),
        }
    }
}
