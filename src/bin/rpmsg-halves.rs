// SPDX-License-Identifier: MIT OR Apache-2.0
//! An echo of two contexts: the mailbox's interrupt handler receives, the main loop sends. What is written to
//! `/dev/ttyRPMSG0` comes back.
#![no_std]
#![no_main]
#![forbid(unsafe_op_in_unsafe_fn)]

use core::sync::atomic::{AtomicBool, Ordering};

use heapless::Vec;
use heapless::spsc::Queue;
use imx_rpmsg::firmware::{Board, wait};
use imx_rpmsg::rpmsg::{Address, SendError};

imx_rpmsg::entry!(main);

/// Linux's buffers are of 512 bytes, with a header of 16.
const LONGEST: usize = 496;

/// Messages between the two contexts; one place of the queue stays free.
const PLACES: usize = 5;

struct Heard {
    source: u32,
    payload: Vec<u8, LONGEST>,
}

/// Whether the handler left messages in the ring, for want of a place in the queue.
static LEFT: AtomicBool = AtomicBool::new(false);

fn main(mut board: Board) -> ! {
    let mut queue = Queue::<Heard, PLACES>::new();
    let (mut heard, mut to_answer) = queue.split();

    let (mut link, mailbox) = board.link::<2>();
    let echo = link.open("rpmsg-tty", Address::Dynamic).unwrap();
    let (incoming, outgoing) = link.split();

    let mut handler = move || {
        while incoming.poll(true).is_some() {}
        while heard.ready() {
            let Some(message) = incoming.receive() else { break };
            let mut payload = Vec::new();
            // What is longer than any of Linux's buffers is cut.
            let _ = payload.resize(message.len().min(LONGEST), 0);
            message.read(0, &mut payload);
            let _ = heard.enqueue(Heard { source: message.source(), payload });
        }
        LEFT.store(incoming.has_work(), Ordering::Relaxed);
        incoming.flush();
    };

    mailbox.ready();
    mailbox.on_kick(&mut handler, move || {
        let mut kicked = false;
        loop {
            while let Some(event) = outgoing.poll(kicked) {
                log::info!("{event}");
            }
            loop {
                while let Some(next) = to_answer.peek() {
                    match outgoing.send_to(&echo, next.source, &next.payload) {
                        // Linux kicks when it has lent a buffer.
                        Err(SendError::NoBuffer) => break,
                        Err(error) => log::warn!("{error}"),
                        Ok(()) => {}
                    }
                    let _ = to_answer.dequeue();
                }
                if to_answer.ready() || !LEFT.load(Ordering::Relaxed) {
                    break;
                }
                mailbox.handle_again();
            }
            outgoing.flush();
            kicked = wait(mailbox);
        }
    })
}
