// SPDX-License-Identifier: MIT OR Apache-2.0
//! A firmware that is loaded over one whose link was up: it goes on with the rings that the note names, and with nothing
//! else.

mod common;

use common::{Linux, TestLink, VRING0, VRING1, events};
use imx_rpmsg::mailbox::Doorbell;
use imx_rpmsg::rpmsg::{Address, Down, Endpoint, Event, Origin, Unbound};
use imx_rpmsg::shm::Window;

const PEER: u32 = 0x7c;

/// Where the board file has its rings: shared memory too, but nobody's.
const ELSEWHERE: [u32; 2] = [0x943c_0000, 0x943d_0000];

struct Silent;

impl Doorbell for Silent {
    fn kick(&self, _vqid: u32) {}
}

fn start(linux: &'static Linux) -> (TestLink<'static>, Endpoint<Unbound>) {
    let link = linux.link_with_note(&linux.kicks, ELSEWHERE, None);
    let endpoint = link.open("test", Address::Dynamic).unwrap();
    (link, endpoint)
}

fn up(origin: Origin, history: u16) -> Event {
    Event::Up { origin, num: [256, 256], da: [VRING0, VRING1], history }
}

/// A Linux whose firmware was up and has announced itself, and was cut off.
fn cut_off() -> &'static Linux {
    let linux = Linux::new();
    let (link, _endpoint) = start(linux);
    linux.start(256);
    assert_eq!(events(&link, false), [up(Origin::Table, 0)]);
    assert_eq!(linux.receive().len(), 1);
    linux
}

#[test]
fn the_rings_go_on_where_they_are_without_a_kick() {
    let linux = cut_off();
    for resumes in 1..4 {
        linux.reload_table();
        linux.send(PEER, 0x400, b"asleep?");
        let (link, endpoint) = start(linux);
        assert_eq!(events(&link, false), [up(Origin::Note, 3 * resumes - 2)]);
        // Its announcement, and what it has to say itself.
        link.send_to(&endpoint, PEER, b"awake").unwrap();
        assert_eq!(linux.receive()[1].payload, b"awake");
        assert_eq!(link.receive().map(|message| message.source()), Some(PEER));
        link.flush();
        assert_eq!(linux.reclaim().len(), 1);
        assert_eq!(events(&link, true), []);
    }
}

#[test]
fn both_halves_go_on() {
    let linux = cut_off();
    linux.reload_table();
    linux.send(PEER, 0x400, b"asleep?");
    let mut link = linux.link_with_note(Silent, ELSEWHERE, None);
    let endpoint = link.open("test", Address::Dynamic).unwrap();
    let (incoming, outgoing) = link.split();
    assert_eq!(incoming.poll(false), Some(up(Origin::Note, 0)));
    assert_eq!(incoming.receive().map(|message| message.source()), Some(PEER));
    assert_eq!(outgoing.poll(false), Some(up(Origin::Note, 1)));
    outgoing.send_to(&endpoint, PEER, b"awake").unwrap();
    assert_eq!(linux.receive().pop().unwrap().payload, b"awake");
}

#[test]
fn a_link_that_was_down_does_not_go_on() {
    let linux = cut_off();
    linux.reload_table();
    let (link, _endpoint) = start(linux);
    assert_eq!(events(&link, false), [up(Origin::Note, 1)]);
    linux.set_up_rings(256, 4096);
    assert_eq!(events(&link, false), [Event::Down(Down::RingsReset)]);
    let (link, _endpoint) = start(linux);
    assert_eq!(events(&link, false), []);
}

#[test]
fn nor_does_one_whose_driver_was_taken_back() {
    let linux = Linux::new();
    let (link, _endpoint) = start(linux);
    linux.start(256);
    assert_eq!(events(&link, false), [up(Origin::Table, 0)]);
    linux.stop();
    assert_eq!(events(&link, false), [Event::Down(Down::DriverGone)]);
    linux.reload_table();
    let (link, _endpoint) = start(linux);
    assert_eq!(events(&link, false), []);
}

#[test]
fn nor_do_rings_that_were_set_up_anew() {
    for ring in [VRING0, VRING1] {
        let linux = cut_off();
        linux.reload_table();
        linux.write(ring, &[0; 0x4000]);
        let (link, _endpoint) = start(linux);
        assert_eq!(events(&link, false), []);
    }
}

#[test]
fn a_table_that_linux_has_written_says_more_than_the_note() {
    let linux = cut_off();
    // Started by a driver that does not clear the memory: it has written the table, and will say where its rings are.
    linux.set_status(0);
    let (link, _endpoint) = start(linux);
    assert_eq!(events(&link, false), []);
    linux.start(256);
    assert_eq!(events(&link, false), [up(Origin::Table, 0)]);
}

#[test]
fn a_note_of_memory_that_is_not_shared_is_not_followed() {
    static LESS: [Window; 1] = [Window { linux: VRING0, device: common::DEVICE, len: 0x8000 }];
    let linux = cut_off();
    linux.reload_table();
    let before = linux.read(VRING0, 0x1_0000);
    let link = linux.link_with_note(&linux.kicks, ELSEWHERE, Some(&LESS));
    assert_eq!(events(&link, false), []);
    assert_eq!(linux.read(VRING0, 0x1_0000), before);
}

#[test]
fn without_a_note_the_board_file_says_where_the_rings_are() {
    let linux = cut_off();
    linux.reload_table();
    // SAFETY: a line of leaked memory.
    unsafe { linux.note.memory.write_bytes(0xa5, common::LINE) };
    let link = linux.link_with_note(&linux.kicks, [VRING0, VRING1], None);
    assert_eq!(events(&link, false), []);
    assert_eq!(events(&link, true), [up(Origin::Board, 1)]);
}

#[test]
fn a_driver_that_comes_after_a_resume_is_followed() {
    let linux = cut_off();
    linux.reload_table();
    let (link, _endpoint) = start(linux);
    assert_eq!(events(&link, false), [up(Origin::Note, 1)]);
    linux.describe_rings();
    linux.set_status(7);
    assert_eq!(events(&link, false), [Event::Down(Down::RingsReset), up(Origin::Table, 2)]);
}
