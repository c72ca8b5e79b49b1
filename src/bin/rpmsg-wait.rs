// SPDX-License-Identifier: MIT OR Apache-2.0
//! An echo that does something each second too: what is written to `/dev/ttyRPMSG0` comes back, and whoever has written
//! to channel `rpmsg-clock` last is sent the time of each second, 8 bytes, the lowest first: microseconds since start.
#![no_std]
#![no_main]
#![forbid(unsafe_op_in_unsafe_fn)]

use imx_rpmsg::firmware::{Board, Deadline, watch};
use imx_rpmsg::rpmsg::{Address, Interrupted};

imx_rpmsg::entry!(main);

fn main(mut board: Board) -> ! {
    let (link, mailbox) = board.link::<4>();
    let echo = link.open("rpmsg-tty", Address::Dynamic).unwrap();
    let clock = link.open("rpmsg-clock", Address::Dynamic).unwrap();
    mailbox.ready();
    // Sleep is no hang, however long.
    watch(500);
    let mut listener = None;
    let mut second = Deadline::after(mailbox, 1000);
    loop {
        match link.receive_with_grants_until::<1>(&mut second) {
            Ok((message, [mut grant])) if message.endpoint() == echo.id() => {
                let len = message.len();
                if grant.copy(0, &message, 0, len).is_ok() {
                    let _ = message.reply(grant, len);
                }
            }
            Ok((message, _)) => listener = Some(message.source()),
            Err(Interrupted::TimeUp) => {}
            Err(event) => {
                log::info!("{event}");
                listener = None;
            }
        }
        // Asked each time: while messages come one upon the other, no call says that the time is up.
        if second.is_over() {
            let time = second.end();
            second.then(1000);
            match listener {
                None => log::info!("a second, and nobody listens"),
                Some(to) => {
                    if let Err(error) = link.send_to(&clock, to, &time.to_le_bytes()) {
                        log::warn!("no time for {to:#x}: {error}");
                    }
                }
            }
        }
    }
}
