// SPDX-License-Identifier: MIT OR Apache-2.0
//! The seed corpus, written down: `cargo run --example make-seeds` makes the files of `seeds/`.
//!
//! For `call_sequence` it is the list of what hostile peers are known to do to the incumbents, one
//! file each, and the plain exchanges that the fuzzer starts mutating from.

use crate::linux::{
    ANNOUNCE, AVAIL_FLAGS, AVAIL_IDX, BAD_HEADER, COLLECT, DESC_ADDRESS, DESC_FLAGS, DESC_LEN, DESCRIBE, LEND, POKE,
    SEND, START, STATUS,
};
use crate::memory::{BUFFERS, BUFFERS_LEN, VRING0, VRING1};
use crate::op::Op;
use crate::targets::call_sequence as call;
use crate::targets::ring;
use crate::targets::steps::DELAY;

/// A seed: its target, its name and its bytes.
pub type Seed = (&'static str, &'static str, Vec<u8>);

const fn op(code: u8, a: u8, b: u16, word: u32) -> Op {
    Op { code, a, b, word }
}

fn steps(first: u8, ops: &[Op]) -> Vec<u8> {
    std::iter::once(first).chain(ops.iter().flat_map(|op| op.bytes())).collect()
}

/// Dynamic address of the first endpoint.
const FIRST: u32 = 0x400;
/// With 8 descriptors, Linux's first transmit buffer is number 0.
const SENT: Op = op(SEND, 3, 12, FIRST);
const POLL: Op = op(call::POLL, 1, 0, 0);
const RECEIVE: Op = op(call::RECEIVE, 0, 0, 0);
const ECHO: Op = op(call::ECHO, 0, 0, 0);
const FLUSH: Op = op(call::FLUSH, 0, 0, 0);
const COLLECTED: Op = op(COLLECT, 0, 0, 0);

/// A message, then what Linux does to it before the device looks.
fn tampered(ops: &[Op]) -> Vec<u8> {
    steps(0, &[&[SENT], ops, &[ECHO, POLL, SENT, ECHO, FLUSH, COLLECTED]].concat())
}

/// What Linux does after `accesses` of the call that receives a message, or of those that follow.
fn during(accesses: u8, change: Op) -> Vec<u8> {
    let receive = op(call::RECEIVE_WITH, 1, 0, 0);
    let copy = op(call::COPY, 0, 12, 0);
    let reply = op(call::REPLY, 0, 12, 0);
    let read = op(call::READ, 0, 600, 0);
    steps(0, &[SENT, op(DELAY, accesses, 0, 0), change, receive, read, copy, reply, FLUSH, RECEIVE, POLL])
}

/// A transmit buffer that came back unsent, then what Linux does to its descriptor: number 1, as an announcement
/// went in number 0.
fn kept(change: Op) -> Vec<u8> {
    let grant = op(call::GRANT, 0, 0, 0);
    steps(0, &[grant, op(call::DROP_GRANT, 0, 0, 0), change, grant, grant, op(call::WRITE_GRANT, 0, 496, 0), FLUSH])
}

fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("avail-id-num", steps(0, &[op(LEND, 1, 8, 0), ECHO, SENT, ECHO])),
        ("avail-id-0xffff", steps(0, &[op(LEND, 1, 0xffff, 0), ECHO, SENT, ECHO])),
        ("receive-id-0xffff", steps(0, &[op(LEND, 0, 0xffff, 0), SENT, ECHO, POLL])),
        ("avail-idx-plus-257", tampered(&[op(AVAIL_IDX, 1, 257, 0)])),
        ("avail-idx-back", tampered(&[op(AVAIL_IDX, 1, 0xffff, 0)])),
        ("receive-idx-jump", tampered(&[op(AVAIL_IDX, 0, 0x8000, 0)])),
        ("desc-over-the-end", tampered(&[op(DESC_ADDRESS, 1, 0, BUFFERS + BUFFERS_LEN - 16)])),
        ("desc-one-byte-over", tampered(&[op(DESC_ADDRESS, 1, 0, BUFFERS + BUFFERS_LEN - 18), op(DESC_LEN, 1, 0, 19)])),
        ("avail-idx-one-too-far", steps(0, &[op(AVAIL_IDX, 1, 9, 0), ECHO, POLL, SENT, ECHO])),
        (
            "rings-anew-while-granted",
            steps(
                0,
                &[
                    op(call::GRANT, 0, 0, 0),
                    op(START, 3, 4, 2),
                    op(STATUS, 0, 0, 0),
                    POLL,
                    op(STATUS, 7, 0, 0),
                    POLL,
                    op(call::DROP_GRANT, 0, 0, 0),
                    op(call::GRANT, 0, 0, 0),
                    op(call::WRITE_GRANT, 0, 20, 0),
                ],
            ),
        ),
        ("desc-address-0", tampered(&[op(DESC_ADDRESS, 1, 0, 0)])),
        ("desc-firmware-memory", tampered(&[op(DESC_ADDRESS, 1, 0, 0x9240_0000)])),
        ("desc-unaligned", tampered(&[op(DESC_ADDRESS, 1, 0, BUFFERS + 2)])),
        ("desc-64-bit", tampered(&[op(POKE, 1 | 4 << 1, 4, 1)])),
        ("desc-len-0", tampered(&[op(DESC_LEN, 1, 0, 0)])),
        ("desc-len-15", tampered(&[op(DESC_LEN, 1, 0, 15)])),
        ("desc-len-maximal", tampered(&[op(DESC_LEN, 1, 0, u32::MAX)])),
        ("desc-chained-to-itself", tampered(&[op(DESC_FLAGS, 1, 0, 1)])),
        ("desc-indirect", tampered(&[op(DESC_FLAGS, 1, 0, 4)])),
        ("desc-direction", tampered(&[op(DESC_FLAGS, 1, 0, 2)])),
        ("desc-in-its-own-ring", tampered(&[op(DESC_ADDRESS, 1, 0, VRING1), op(DESC_LEN, 1, 0, 512)])),
        ("receive-desc-in-the-ring", steps(0, &[op(DESC_ADDRESS, 0, 1, VRING0), op(LEND, 0, 1, 0), SENT, ECHO])),
        ("receive-buffer-16", steps(0, &[op(DESC_LEN, 0, 1, 16), SENT, ECHO, SENT, ECHO, COLLECTED])),
        ("receive-buffer-outside", steps(0, &[op(DESC_ADDRESS, 0, 1, 0x10), SENT, ECHO, SENT, ECHO, COLLECTED])),
        ("header-len-400-in-32", steps(0, &[op(BAD_HEADER, 16, 400, FIRST), ECHO, SENT, ECHO])),
        ("header-len-65535", steps(0, &[op(BAD_HEADER, 16, 0xffff, FIRST), ECHO, SENT, ECHO])),
        ("message-for-nobody", steps(0, &[op(SEND, 0, 8, 0x999), ECHO, SENT, ECHO])),
        ("lent-twice", steps(0, &[SENT, op(LEND, 1, 0, 0), RECEIVE, RECEIVE, op(call::DROP_MESSAGE, 0, 0, 0)])),
        (
            "announcements",
            steps(0, &[op(ANNOUNCE, 0, 0, 0x500), op(ANNOUNCE, 1, 0, 0x500), op(ANNOUNCE, 7, 0, 1), ECHO]),
        ),
        (
            "no-interrupt-flag",
            steps(0, &[op(AVAIL_FLAGS, 1, 1, 0), SENT, ECHO, FLUSH, op(AVAIL_FLAGS, 1, 0, 0), FLUSH]),
        ),
        ("kick-storm", steps(0, &[POLL, POLL, POLL, FLUSH, FLUSH, ECHO, POLL])),
        (
            "status-0-while-held",
            steps(
                0,
                &[
                    SENT,
                    op(call::RECEIVE_WITH, 1, 0, 0),
                    op(STATUS, 0, 0, 0),
                    POLL,
                    op(START, 3, 4, 0),
                    POLL,
                    op(call::REPLY, 0, 4, 0),
                ],
            ),
        ),
        ("rings-anew-unseen", steps(0, &[SENT, ECHO, op(START, 4, 10, 0), POLL, POLL, SENT, ECHO])),
        (
            "rings-anew-then-dropped",
            steps(
                0,
                &[
                    SENT,
                    op(call::RECEIVE_WITH, 1, 0, 0),
                    op(START, 4, 10, 0),
                    op(call::DROP_MESSAGE, 0, 0, 0),
                    op(call::DROP_GRANT, 0, 0, 0),
                    POLL,
                    POLL,
                    SENT,
                    ECHO,
                ],
            ),
        ),
        (
            "rings-anew-then-replied",
            steps(
                0,
                &[
                    SENT,
                    op(call::RECEIVE_WITH, 1, 0, 0),
                    op(START, 4, 10, 0),
                    op(call::REPLY, 0, 4, 0),
                    POLL,
                    POLL,
                    SENT,
                    ECHO,
                ],
            ),
        ),
        ("kept-buffer-shortened", kept(op(DESC_LEN, 0, 1, 511))),
        ("kept-buffer-moved", kept(op(DESC_ADDRESS, 0, 1, BUFFERS + 4))),
        ("kept-buffer-outside", kept(op(DESC_ADDRESS, 0, 1, 0))),
        ("kept-buffer-chained", kept(op(DESC_FLAGS, 0, 1, 3))),
        ("ring-with-history", steps(2, &[op(START, 3, 4, 2), op(POKE, 5, 194, 0x10), op(STATUS, 7, 0, 0), POLL, ECHO])),
        (
            "history-contradicts",
            steps(2, &[op(START, 3, 10, 2), op(POKE, 5, 4098, 0x1000), op(STATUS, 7, 0, 0), POLL, POLL]),
        ),
        ("num-0", steps(2, &[op(START, 3, 4, 2), op(DESCRIBE, 4, 0, 0), op(STATUS, 7, 0, 0), POLL])),
        ("num-larger", steps(2, &[op(START, 3, 4, 2), op(DESCRIBE, 5, 0, 256), op(STATUS, 7, 0, 0), POLL, ECHO])),
        ("num-smaller", steps(2, &[op(START, 5, 4, 2), op(DESCRIBE, 5, 0, 2), op(STATUS, 7, 0, 0), POLL, ECHO])),
        ("align-0", steps(2, &[op(START, 3, 4, 2), op(DESCRIBE, 3, 0, 0), op(STATUS, 7, 0, 0), POLL])),
        (
            "same-ring-twice",
            steps(2, &[op(START, 3, 4, 2), op(DESCRIBE, 1, 0, VRING0), op(STATUS, 7, 0, 0), POLL, SENT, ECHO]),
        ),
        (
            "fallback-by-kick",
            steps(3, &[op(START, 8, 10, 1), POLL, SENT, ECHO, FLUSH, op(START, 8, 10, 1), POLL, POLL]),
        ),
        // Double fetches: the change comes between two reads of one call.
        ("changes-after-avail-idx", during(7, op(AVAIL_IDX, 1, 0x4000, 0))),
        ("changes-after-entry", during(8, op(DESC_LEN, 1, 0, u32::MAX))),
        ("changes-after-descriptor", during(9, op(DESC_ADDRESS, 1, 0, 0))),
        ("changes-after-header", during(10, op(POKE, 2 | 4, 8 * 512 + 12, 0xffff))),
        ("goes-while-receiving", during(6, op(STATUS, 0, 0, 0))),
        ("restarts-while-receiving", during(7, op(START, 2, 0, 0))),
    ]
}

fn plain() -> Vec<(&'static str, Vec<u8>)> {
    let open = op(call::OPEN, 0, 0, 0);
    let fixed = op(call::OPEN, 1, 1, 7);
    let grant = op(call::GRANT, 0, 0, 0);
    vec![
        ("one-address-twice", steps(0, &[fixed, fixed, op(call::CLOSE, 1, 0, 0), fixed])),
        ("echo-burst", steps(0, &[SENT, SENT, SENT, SENT, ECHO, FLUSH, COLLECTED, POLL])),
        (
            "grants-kept-and-dropped",
            steps(
                0,
                &[
                    grant,
                    grant,
                    op(call::WRITE_GRANT, 0, 20, 4),
                    op(call::DROP_GRANT, 0, 0, 0),
                    op(call::SEND_GRANT, 0, 20, 0x777),
                    grant,
                    COLLECTED,
                ],
            ),
        ),
        (
            "answers",
            steps(
                0,
                &[
                    SENT,
                    grant,
                    grant,
                    RECEIVE,
                    op(call::READ, 0, 12, 2),
                    op(call::ANSWER, 0, 8, 0),
                    op(call::REPLY, 0, 8, 0),
                    COLLECTED,
                ],
            ),
        ),
        (
            "endpoints",
            steps(
                2,
                &[
                    open,
                    open,
                    op(call::OPEN, 1, 1, 7),
                    op(START, 3, 4, 0),
                    POLL,
                    op(call::CLOSE, 0, 0, 0),
                    op(call::BIND, 0, 0, 0x777),
                    op(call::SEND_FROM, 0, 9, 0),
                    COLLECTED,
                    POLL,
                ],
            ),
        ),
        (
            "starved",
            steps(2, &[open, op(START, 1, 4, 0), POLL, grant, grant, SENT, ECHO, op(call::DROP_GRANT, 0, 0, 0), ECHO]),
        ),
    ]
}

fn rings() -> Vec<(&'static str, Vec<u8>)> {
    let attach = op(ring::ATTACH, 3, 4, 0);
    let pop = op(ring::POP, 0, 0, 0);
    let ask = op(ring::ASK, 0, 0, 0);
    let push = op(ring::PUSH, 0, 0, 40);
    vec![
        (
            "writable",
            steps(0, &[attach, pop, op(ring::USE, 32, 0, 480), push, ask, pop, pop, op(ring::DETACH, 0, 0, 0)]),
        ),
        ("readable", steps(1, &[SENT, SENT, attach, ask, pop, pop, pop, op(ring::USE, 28, 0, 0), push, push, ask])),
        (
            "attach-any",
            steps(
                1,
                &[op(ring::ATTACH_ANY, 128, 4096 + 2048, VRING1), op(ring::ATTACH_ANY, 128, 4096, VRING1), pop, ask],
            ),
        ),
        (
            "attach-edges",
            steps(
                1,
                &[
                    op(ring::ATTACH_ANY, 4, 2, VRING1),
                    op(ring::ATTACH_ANY, 128, 2048, VRING1),
                    op(ring::ATTACH_ANY, 8, 64, VRING1 + 32),
                    op(ring::ATTACH_ANY, 1, 4, VRING1),
                ],
            ),
        ),
        ("filled", steps(0, &[op(ring::FILL, 0, 10_246, 0x0002_0001), attach, pop, pop, push, ask])),
        (
            "bad-entries",
            steps(1, &[attach, op(LEND, 1, 8, 0), pop, op(LEND, 1, 0, 0), pop, op(LEND, 1, 0, 0), pop, ask]),
        ),
        ("jump", steps(1, &[attach, op(AVAIL_IDX, 1, 9, 0), pop, pop, ask])),
        ("changes-after-entry", steps(0, &[attach, op(DELAY, 3, 0, 0), op(DESC_ADDRESS, 0, 0, 4), pop, push, ask])),
    ]
}

fn header(src: u32, dst: u32, known: u8, claim: u16, room: u16, from: u16, len: u16) -> Vec<u8> {
    let mut bytes = [src.to_le_bytes(), dst.to_le_bytes()].concat();
    bytes.push(known);
    for half in [claim, room, from, len] {
        bytes.extend(half.to_le_bytes());
    }
    // A fill byte, and one more: the last input has to leave something.
    bytes.extend([0x20, 0]);
    bytes
}

fn headers() -> Vec<(&'static str, Vec<u8>)> {
    let join = |parts: &[Vec<u8>]| parts.concat();
    vec![
        ("good", join(&[header(1, 0, 0, 12, 12, 0, 12), header(2, 0, 1, 496, 496, 0, 496)])),
        ("empty", header(u32::MAX, 0, 0, 0, 0, 0, 0)),
        ("claims-400-in-16", header(1, 0, 0, 400, 16, 0, 400)),
        ("claims-65535", header(1, 0, 1, 0xffff, 496, 0, 0)),
        (
            "reads-beyond",
            join(&[header(1, 0, 0, 10, 20, 10, 1), header(1, 0, 0, 10, 20, 5, 6), header(1, 0, 0, 9, 9, 0xffff, 599)]),
        ),
        ("nobody", join(&[header(1, 0x401, 2, 4, 4, 0, 4), header(1, u32::MAX, 3, 4, 4, 0, 4)])),
    ]
}

fn announcement(name: &[u8], addr: u32, flags: u32) -> Vec<u8> {
    let mut bytes = vec![0; 32];
    bytes[..name.len()].copy_from_slice(name);
    bytes.extend(addr.to_le_bytes());
    bytes.extend(flags.to_le_bytes());
    bytes
}

fn announcements() -> Vec<(&'static str, Vec<u8>)> {
    let message =
        |claim: u8, bytes: &[u8]| [&[if bytes.len() == 40 { 255 } else { bytes.len() as u8 }, claim], bytes].concat();
    let good = announcement(b"rpmsg-raw", 0x401, 0);
    vec![
        ("create-destroy", [message(0, &good), message(0, &announcement(b"rpmsg-raw", 0x401, 1))].concat()),
        ("longest-name", message(0, &announcement(&[b'x'; 31], 1, 0))),
        ("unterminated", message(0, &announcement(&[b'x'; 32], 1, 0))),
        ("empty-name", message(0, &announcement(b"", 1, 0))),
        (
            "rest-after-terminator",
            message(0, &{
                let mut bytes = good.clone();
                bytes[20..32].fill(b'x');
                bytes
            }),
        ),
        ("flags", message(0, &announcement(b"a", u32::MAX, 2))),
        ("not-text", message(0, &announcement(&[0xff, 0xc0], 1, 1))),
        ("sizes", [message(0, &good[..39]), message(0, &[&good[..], &[0]].concat()), message(0, b"")].concat()),
        ("claims", [message(1, &good), message(64, &good), message(63, &good)].concat()),
        ("name-as-text", b"rpmsg-client-sample".to_vec()),
    ]
}

fn tables() -> Vec<(&'static str, Vec<u8>)> {
    let head = |trace: bool, vendor: bool, choice: u8| {
        let mut bytes = 256u16.to_le_bytes().to_vec();
        bytes.extend(4096u32.to_le_bytes());
        bytes.push(trace.into());
        if trace {
            bytes.extend([0x9240_0100u32.to_le_bytes(), 0x2000u32.to_le_bytes()].concat());
            bytes.push(31);
        }
        bytes.extend([vendor.into(), choice]);
        bytes
    };
    let round = |status: u8, kicked: bool, how: u16, word: u32| {
        let mut bytes = vec![status, kicked.into()];
        bytes.extend(how.to_le_bytes());
        for _ in 0..8 {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend([3, 4]);
        bytes
    };
    // Two bits a field: da, align, num, notifyid of ring 0, then of ring 1.
    let field = |ring: u16, field: u16, how: u16| how << (8 * ring + 2 * field);
    vec![
        ("good", [head(true, true, 1), round(7, true, 0, 0), round(7, false, 0, 0)].concat()),
        (
            "pristine-and-kicked",
            [head(false, true, 2), round(0, true, field(0, 0, 1) | field(1, 0, 1), u32::MAX)].concat(),
        ),
        ("nothing-but-the-vdev", [head(false, false, 1), round(7, true, 0, 0)].concat()),
        ("short-table", [head(false, true, 48), round(7, true, 0, 0)].concat()),
        ("no-table", [head(false, true, 0), round(7, true, 0, 0)].concat()),
        ("da-outside", [head(false, true, 1), round(7, true, field(0, 0, 1), 0x9240_0000)].concat()),
        ("da-moved", [head(false, true, 1), round(7, true, field(1, 0, 2), 64)].concat()),
        ("da-unaligned", [head(false, true, 1), round(7, true, field(1, 0, 2), 2)].concat()),
        ("da-of-the-other-ring", [head(false, true, 1), round(7, true, field(1, 0, 1), VRING0)].concat()),
        ("num-512", [head(false, true, 1), round(7, true, field(1, 2, 1), 512)].concat()),
        ("align-high", [head(false, true, 1), round(7, true, field(0, 1, 3), 31)].concat()),
        ("notifyid-any", [head(false, true, 1), round(7, true, field(0, 3, 1) | field(1, 3, 1), 0xffff)].concat()),
        ("status-without-ok", [head(false, true, 1), round(3, true, 0, 0), round(0xff, true, 0, 0)].concat()),
    ]
}

/// Each thing that Linux can change about a message it sent, at each access of the calls that handle it.
pub fn changes() -> impl Iterator<Item = Vec<u8>> {
    let changes = [
        op(AVAIL_IDX, 1, 0x4000, 0),
        op(AVAIL_IDX, 1, 9, 0),
        op(POKE, 1 | 4, 16 * 8 + 4, 0xffff),
        op(DESC_ADDRESS, 1, 0, 0),
        op(DESC_LEN, 1, 0, u32::MAX),
        op(DESC_FLAGS, 1, 0, 4),
        op(POKE, 2 | 4, 8 * 512 + 12, 0xffff),
        op(POKE, 2 | 8, 8 * 512 + 4, 53),
        op(DESC_ADDRESS, 0, 1, 0),
        op(DESC_LEN, 0, 1, 16),
        op(STATUS, 0, 0, 0),
        op(START, 2, 0, 0),
    ];
    (0..40).flat_map(move |accesses| changes.into_iter().map(move |change| during(accesses, change)))
}

/// All seeds.
pub fn all() -> Vec<Seed> {
    let named = |target: &'static str, seeds: Vec<(&'static str, Vec<u8>)>| {
        seeds.into_iter().map(move |(name, bytes)| (target, name, bytes))
    };
    named("ring", rings())
        .chain(named("header", headers()))
        .chain(named("name_service", announcements()))
        .chain(named("resource_table", tables()))
        .chain(named("call_sequence", hostile()))
        .chain(named("call_sequence", plain()))
        .collect()
}
