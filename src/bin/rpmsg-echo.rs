// SPDX-License-Identifier: MIT OR Apache-2.0
//! The firmware of the README: what is written to `/dev/ttyRPMSG0` comes back.
#![no_std]
#![no_main]

use imx_rpmsg::firmware::{Board, wait};
use imx_rpmsg::rpmsg::Address;

imx_rpmsg::entry!(main);

fn main(mut board: Board) -> ! {
    let (link, mailbox) = board.link::<4>();
    let _echo = link.open("rpmsg-tty", Address::Dynamic).unwrap();
    mailbox.ready();
    loop {
        let signals = mailbox.signals();
        while link.poll(signals.kicked).is_some() {}
        while let Some((message, [mut grant])) = link.receive_with_grants::<1>() {
            let len = message.len();
            if grant.copy(0, &message, 0, len).is_ok() {
                let _ = message.reply(grant, len);
            }
        }
        link.flush();
        if !link.has_work() {
            wait(mailbox);
        }
    }
}
