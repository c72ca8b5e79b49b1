// SPDX-License-Identifier: MIT OR Apache-2.0
//! The firmware of the README: what is written to `/dev/ttyRPMSG0` comes back.
#![no_std]
#![no_main]

use imx_rpmsg::firmware::{Board, Deadline, watch};
use imx_rpmsg::rpmsg::Address;

imx_rpmsg::entry!(main);

fn main(mut board: Board) -> ! {
    log::info!("waiting for Linux");
    let (link, mailbox) = board.link::<4>();
    let _echo = link.open("rpmsg-tty", Address::Dynamic).unwrap();
    mailbox.ready();
    let mut forever = Deadline::never(mailbox);
    watch(2000);
    loop {
        match link.receive_with_grants_until::<1>(&mut forever) {
            Ok((message, [mut grant])) => {
                let len = message.len();
                if grant.copy(0, &message, 0, len).is_ok() {
                    let _ = message.reply(grant, len);
                }
            }
            Err(event) => log::info!("{event}"),
        }
    }
}
