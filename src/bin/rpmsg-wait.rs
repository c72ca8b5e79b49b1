// SPDX-License-Identifier: MIT OR Apache-2.0
//! An echo that waits with a deadline: what is written to `/dev/ttyRPMSG0` comes back, and the log says when nothing
//! was written for a second.
#![no_std]
#![no_main]
#![forbid(unsafe_op_in_unsafe_fn)]

use imx_rpmsg::firmware::{Board, Deadline};
use imx_rpmsg::rpmsg::{Address, Interrupted};

imx_rpmsg::entry!(main);

fn main(mut board: Board) -> ! {
    let (link, mailbox) = board.link::<4>();
    let _echo = link.open("rpmsg-tty", Address::Dynamic).unwrap();
    mailbox.ready();
    let mut deadline = Deadline::after(mailbox, 1000);
    loop {
        match link.receive_with_grants_until::<1>(&mut deadline) {
            Ok((message, [mut grant])) => {
                let len = message.len();
                if grant.copy(0, &message, 0, len).is_ok() {
                    let _ = message.reply(grant, len);
                }
            }
            Err(Interrupted::Life(event)) => log::info!("{event}"),
            Err(Interrupted::TimeUp) => log::info!("nothing for 1 s"),
            Err(Interrupted::Refused(error)) => log::warn!("{error}"),
        }
        deadline = Deadline::after(mailbox, 1000);
    }
}
