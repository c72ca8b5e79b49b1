// SPDX-License-Identifier: MIT OR Apache-2.0
//! The shell over the fake world: what Linux types and reads, whatever it lends and however it behaves.
mod common;

use std::fmt::{self, Write};

use common::{Linux, TestLink, events};
use imx_rpmsg::rpmsg::Address;
use imx_rpmsg::services::shell::{Channel, Crash, Output, Shell, System};
use log::LevelFilter;
use proptest::prelude::*;

const PEER: u32 = 0x7c;
const SHELL: u32 = 0x400;
const PROMPT: &str = "core> ";

/// A firmware that notes what it was asked to do.
#[derive(Default)]
struct Firmware {
    crashed: Option<Crash>,
    level: Option<(String, LevelFilter)>,
}

impl System for Firmware {
    fn version(&self, out: &mut dyn Write) -> fmt::Result {
        writeln!(out, "test 1.0 on a desk")
    }

    fn uptime(&self) -> (u32, u32) {
        (90_061, 42)
    }

    fn mem(&self, out: &mut dyn Write) -> fmt::Result {
        writeln!(out, "text 1")
    }

    fn regs(&self, out: &mut dyn Write) -> fmt::Result {
        writeln!(out, "PC 0")
    }

    fn log_levels(&self, out: &mut dyn Write) -> fmt::Result {
        writeln!(out, "all INFO")
    }

    fn set_log_level(&mut self, module: &str, level: LevelFilter) -> bool {
        self.level = Some((module.into(), level));
        module.len() < 10
    }

    fn crash(&mut self, how: Crash) {
        self.crashed = Some(how);
    }
}

struct World {
    linux: &'static Linux,
    link: TestLink<'static>,
    shell: Shell<'static>,
    output: &'static Output,
    firmware: Firmware,
    channel: Channel,
    /// Messages of the last answer.
    messages: usize,
}

impl World {
    /// A link that is up, its announcement received.
    fn new(num: u16) -> Self {
        let linux = Linux::new();
        let link = linux.link();
        let endpoint = link.open(Shell::NAME, Address::Dynamic).unwrap();
        let output: &'static Output = Box::leak(Box::default());
        let channel = Channel::new("shell", &endpoint);
        let mut shell = Shell::new(endpoint, PROMPT, output);
        linux.start(num);
        events(&link, true).into_iter().for_each(|event| shell.on_event(event));
        assert_eq!(linux.receive().len(), 1);
        Self { linux, link, shell, output, firmware: Firmware::default(), channel, messages: 0 }
    }

    /// A turn of the application.
    fn turn(&mut self) {
        while let Some(message) = self.link.receive() {
            self.channel.count(1, 0);
            let sent = self.shell.take(message, &self.link, &[self.channel], &mut self.firmware);
            self.channel.count(0, sent);
        }
        self.channel.count(0, self.shell.send(&self.link));
        self.link.flush();
    }

    /// What Linux reads, its buffers lent again.
    fn read(&mut self) -> String {
        let received = self.linux.receive();
        self.messages = received.len();
        let mut text = Vec::new();
        for message in received {
            assert_eq!((message.src, message.dst), (SHELL, PEER));
            assert!(!message.payload.is_empty() && message.payload.len() <= 496);
            text.extend(message.payload);
        }
        String::from_utf8(text).unwrap()
    }

    fn type_from(&mut self, peer: u32, keys: &[u8]) {
        for part in keys.chunks(496) {
            self.linux.send(peer, SHELL, part);
            self.turn();
        }
    }

    fn run(&mut self, keys: &str) -> String {
        self.type_from(PEER, keys.as_bytes());
        self.read()
    }
}

#[test]
fn the_prompt_waits_for_the_first_key() {
    let mut world = World::new(64);
    assert!(world.linux.receive().is_empty() && !world.shell.has_output());
    assert_eq!(world.run("echo hi\n"), "core> echo hi\r\nhi\r\ncore> ");
    assert_eq!(world.run(""), "");
}

#[test]
fn the_time_is_told_in_days() {
    assert_eq!(World::new(64).run("uptime\n"), "core> uptime\r\n1 days 01:01:01.000042\r\ncore> ");
}

#[test]
fn the_firmware_is_asked() {
    let mut world = World::new(64);
    assert!(world.run("version\n").contains("test 1.0 on a desk\r\n"));
    assert!(world.run("mem\nregs\nlog\n").contains("text 1\r\ncore> regs\r\nPC 0\r\ncore> log\r\nall INFO"));
    assert_eq!(world.run("log tty Trace\n"), "log tty Trace\r\ncore> ");
    assert_eq!(world.firmware.level, Some(("tty".into(), LevelFilter::Trace)));
    assert!(world.run("log much_too_long off\n").contains("error: no room"));
    let ways = [("panic", Crash::Panic), ("illegal", Crash::Illegal), ("hang", Crash::Hang), ("deaf", Crash::Deaf)];
    for (word, how) in ways {
        // The word is on its way before the firmware ends.
        world.type_from(PEER, format!("crash {word}\n").as_bytes());
        assert_eq!(world.firmware.crashed.take(), Some(how));
        assert!(world.read().contains("good-bye"));
    }
}

#[test]
fn stats_and_link_tell_what_happened() {
    let mut world = World::new(64);
    world.linux.send(PEER, 0x999, b"anyone?");
    let said = world.run("stats\n");
    assert!(said.contains("shell                  0x400          1          0\r\n"), "{said}");
    assert!(said.contains("     1 for nobody, the last for 0x999\r\n"), "{said}");
    assert!(said.contains("     0 avail index jumped\r\n"), "{said}");
    assert!(
        world.run("link\n").contains("up, attachments so far: 1\r\nvring0 64 at 0x942f0000, told by the Table\r\n")
    );
}

#[test]
fn an_answer_waits_for_buffers_and_is_whole_when_they_come() {
    let mut world = World::new(4);
    let whole = World::new(64).run("help\nstats\n");
    assert!(whole.len() > 2 * 496);
    // Linux keeps what it gets.
    world.type_from(PEER, b"help\nstats\n");
    let kept = world.linux.receive_and_keep();
    let mut text: Vec<u8> = Vec::new();
    for (_, message) in &kept {
        text.extend(&message.payload);
    }
    while world.shell.has_output() {
        let before = world.output.len();
        world.turn();
        let more = world.linux.receive_and_keep();
        if more.is_empty() {
            assert_eq!(world.output.len(), before);
        }
        for (_, message) in &more {
            text.extend(&message.payload);
        }
        for id in 0..4 {
            world.linux.lend(0, id);
        }
    }
    assert_eq!(String::from_utf8(text).unwrap(), whole);
    assert_eq!(world.output.lost(), 0);
}

#[test]
fn nothing_grows_when_linux_lends_nothing() {
    let mut world = World::new(4);
    for _ in 0..100 {
        world.type_from(PEER, b"help\n");
        world.linux.reclaim();
    }
    assert!(world.output.len() <= 2048 && world.output.lost() > 0);
    let mut text = world.read();
    while world.shell.has_output() {
        world.turn();
        text += &world.read();
    }
    assert!(text.contains(" bytes lost]\r\n"));
    assert!(world.run("echo on\n").ends_with("\r\non\r\ncore> "));
}

#[test]
fn a_link_that_is_new_has_a_new_session() {
    let mut world = World::new(64);
    world.run("crash pan");
    world.linux.stop();
    events(&world.link, true).into_iter().for_each(|event| world.shell.on_event(event));
    assert!(!world.shell.has_output());
    world.linux.start(64);
    events(&world.link, true).into_iter().for_each(|event| world.shell.on_event(event));
    assert_eq!(world.linux.receive().len(), 1);
    assert_eq!(world.run("ic\n"), "core> ic\r\nerror: no command 'ic'; try help\r\ncore> ");
    assert_eq!(world.firmware.crashed, None);
}

#[test]
fn another_peer_gets_nothing_of_the_first() {
    let mut world = World::new(64);
    world.run("crash pan");
    world.type_from(PEER + 1, b"ic\n");
    let received = world.linux.receive();
    assert!(received.iter().all(|message| message.dst == PEER + 1));
    assert_eq!(world.firmware.crashed, None);
    assert!(world.run("echo me\n").starts_with("core> echo me\r\nme\r\n"));
}

#[test]
fn nothing_is_done_behind_reboot_wait() {
    let mut world = World::new(64);
    assert!(!world.shell.is_stopped());
    let said = world.run("reboot-wait\ncrash panic\n");
    assert!(world.shell.is_stopped() && !world.shell.has_output());
    assert!(said.ends_with("stop the core from Linux\r\ncore> "));
    world.run("crash panic\n");
    assert_eq!(world.firmware.crashed, None);
}

#[test]
fn words_behind_a_command_are_completed() {
    let mut world = World::new(64);
    assert_eq!(world.run("cra\tp\t"), "core> crash panic ");
    assert_eq!(world.run("\n"), "\r\ngood-bye\r\ncore> ");
    assert_eq!(world.firmware.crashed.take(), Some(Crash::Panic));
    // Several ways, no way, and no word.
    assert_eq!(world.run("lo\ta\to\tx\t\n").lines().next(), Some("log all off x"));
    // At the end of the line, wherever the cursor is; what comes of it is what is shown.
    world.run("log tty wa\x01");
    assert_eq!(world.run("\t\n"), format!("{}rn \r\ncore> ", "\x1b[C".repeat(10)));
    assert_eq!(world.firmware.level, Some(("tty".into(), LevelFilter::Warn)));
    assert_eq!(world.run("\t\n"), "\r\ncore> ");
}

#[test]
fn a_completion_that_has_no_room_is_told_as_typing_is() {
    let mut world = World::new(64);
    let said = world.run(&format!("crash{}p\t\n", " ".repeat(80 - "crashpan".len())));
    assert!(said.contains("pan\x07\x07\x07\r\nerror: a line has 80 characters at most"), "{said:?}");
    assert_eq!(world.firmware.crashed, None);
}

#[test]
fn a_line_that_is_too_long_is_told_and_not_run() {
    let mut world = World::new(64);
    let said = world.run(&format!("crash panic {}\n", " ".repeat(80)));
    assert!(said.contains('\x07') && said.contains("a line has 80 characters at most; nothing was done"));
    assert_eq!(world.firmware.crashed, None);
    // The same with room for all of it.
    world.run(&format!("crash panic{}\n", " ".repeat(80 - "crash panic".len())));
    assert_eq!(world.firmware.crashed, Some(Crash::Panic));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Keys, words, and bytes that are neither.
    #[test]
    fn whatever_is_typed_the_shell_goes_on(
        parts in proptest::collection::vec(
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..40),
                proptest::sample::select(vec![
                    "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[", "\t", "\x7f", "\n", "\r\n", "\x15", "\x01", "\x05",
                    "help", "echo ", "\"", "\\", " ", "stats\n", "\u{e9}", "\u{1f980}", "log a off\n",
                ]).prop_map(|text| text.as_bytes().to_vec()),
            ],
            0..60,
        ),
    ) {
        let mut world = World::new(64);
        for part in &parts {
            // It may ask for these, and then it is right not to go on.
            if !world.shell.is_stopped() {
                world.type_from(PEER, part);
                // Text at all times, and within its bounds: see `read`.
                world.read();
            }
        }
        prop_assert_eq!(world.output.lost(), 0);
        if !world.shell.is_stopped() {
            // Out of a sequence that has begun, away with the line, and a last command.
            let said = world.run("m\x15\x15\necho through\n");
            prop_assert!(said.ends_with("\r\nthrough\r\ncore> "), "{:?}", said);
        }
    }
}
