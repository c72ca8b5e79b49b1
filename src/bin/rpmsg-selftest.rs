// SPDX-License-Identifier: MIT OR Apache-2.0
//! Proves start-up, register windows (of a HiFi4), interrupts and fault reports on a core: each message to the channel
//! `imx-rpmsg-selftest` is a command, answered by a line of text or, for faults, by a report in the trace. What becomes of
//! rings that are full is for flow.rs.
#![no_std]
#![no_main]
#![forbid(unsafe_op_in_unsafe_fn)]
#![cfg_attr(target_arch = "xtensa", feature(asm_experimental_arch))]

#[path = "rpmsg-selftest/flow.rs"]
mod flow;
#[path = "rpmsg-selftest/followers.rs"]
mod followers;

use core::convert::Infallible;
use core::fmt::Write;
use core::hint::black_box;
use core::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use flow::{ENDPOINTS, Flow};
use heapless::String;
#[cfg(target_arch = "arm")]
use imx_rpmsg::arch::cortex_m as cpu;
#[cfg(target_arch = "xtensa")]
use imx_rpmsg::arch::xtensa as cpu;
use imx_rpmsg::entry;
use imx_rpmsg::firmware::{Board, BoardLink, wait, wake, wakes, watch};
use imx_rpmsg::mailbox::mu::Mailbox;
use imx_rpmsg::rpmsg::Address;

entry!(main);

/// What the command `watch` allows: milliseconds.
const WATCH_MS: u32 = 400;

/// Bytes of the frame that the command `frame` makes: more than any board's stack.
const FRAME: usize = 60 * 1024;

/// A command to run before Linux is told that the firmware is ready. A test puts it here in the ELF.
// SAFETY: no other symbol of the program has this name.
#[unsafe(no_mangle)]
static AT_START: [AtomicU8; 16] = [const { AtomicU8::new(b'-') }; 16];

/// Set by the commands `handler` and `endless handler`, for the mailbox's interrupt handler.
static HANDLER_IS_TO_FAULT: AtomicBool = AtomicBool::new(false);
static HANDLER_IS_TO_HANG: AtomicBool = AtomicBool::new(false);

fn main(mut board: Board) -> ! {
    // Without the black box the compiler could use the value in the source.
    let at_start = black_box(&AT_START).each_ref().map(|byte| byte.load(Ordering::Relaxed));
    match at_start.trim_ascii_end() {
        b"panic" => panic!("asked to"),
        b"illegal" => raise::illegal(),
        b"hang" => {
            watch(WATCH_MS);
            hang()
        }
        _ => (),
    }
    let (link, mailbox) = board.link::<ENDPOINTS>();
    let Ok(_endpoint) = link.open("imx-rpmsg-selftest", Address::Dynamic) else { panic!("no endpoint") };
    let mut flow = Flow::open(&link);
    log::info!("selftest ready");
    let mut handler = || {
        if HANDLER_IS_TO_FAULT.load(Ordering::Relaxed) {
            raise::illegal();
        }
        if HANDLER_IS_TO_HANG.load(Ordering::Relaxed) {
            hang();
        }
    };
    mailbox.ready();
    mailbox.on_kick(&mut handler, || serve(&link, mailbox, &mut flow))
}

fn serve<'l>(link: &'l BoardLink<'_, ENDPOINTS>, mailbox: &Mailbox, flow: &mut Flow<'l>) -> Infallible {
    let mut kicked = false;
    loop {
        while let Some(event) = link.poll(kicked) {
            log::info!("{event}");
            flow.on_event(event);
        }
        while flow.is_keeping() {
            let Some(message) = link.receive() else { break };
            flow.keep(message);
        }
        while !flow.is_keeping() && !flow.is_releasing() {
            let Some((message, [mut grant])) = link.receive_with_grants::<1>() else { break };
            let mut answer = String::<128>::new();
            let sent = if flow.is_for(&message) {
                let len = message.len();
                grant.copy(0, &message, 0, len).and_then(|()| message.reply(grant, len))
            } else {
                let mut command = [0; 32];
                let len = message.read(0, &mut command);
                if flow.command(&command[..len], message.source(), &mut answer).is_none() {
                    run(&command[..len], mailbox, &mut answer);
                }
                grant.write(0, answer.as_bytes()).and_then(|()| message.reply(grant, answer.len()))
            };
            if let Err(error) = sent {
                log::error!("no answer: {error:?}");
            }
        }
        flow.go_on(link);
        link.flush();
        kicked = !link.has_work() && wait(mailbox);
    }
}

fn run(command: &[u8], mailbox: &Mailbox, answer: &mut String<128>) {
    let before = wakes();
    // An answer that is cut at 128 bytes fails its test, which is all that can be said of it.
    let _ = match command {
        b"windows" => {
            let sum: u32 = (1..60).map(|depth| descend(black_box(depth), false)).sum();
            write!(answer, "windows {sum}")
        }
        b"interrupts" => {
            let sum: u32 = (1..60).map(|depth| descend(black_box(depth), true)).sum();
            write!(answer, "interrupts {sum} wakes {}", wakes().wrapping_sub(before))
        }
        b"sleep" => {
            wake();
            write!(answer, "sleep {}", wakes().wrapping_sub(before))
        }
        b"arithmetic" => {
            let (a, b) = (black_box(0x0123_4567_89ab_cdefu64), black_box(1_000_003u64));
            write!(answer, "arithmetic {} {} {:x}", a / b, a % b, (a as i64).wrapping_mul(-(b as i64)))
        }
        #[cfg(target_arch = "xtensa")]
        b"alloca" => {
            let sum: u32 = (1..20).map(|depth| reload(black_box(depth))).sum();
            write!(answer, "alloca {sum} wakes {}", wakes().wrapping_sub(before))
        }
        b"illegal" => raise::illegal(),
        b"store" => raise::store(),
        b"unaligned" => raise::unaligned(),
        b"handler" => {
            HANDLER_IS_TO_FAULT.store(true, Ordering::Relaxed);
            // Not by the answer: a kick may come before it is sent.
            log::info!("the next kick's handler is to fault");
            write!(answer, "at the next kick")
        }
        b"endless handler" => {
            watch(WATCH_MS);
            HANDLER_IS_TO_HANG.store(true, Ordering::Relaxed);
            log::info!("the next kick's handler is to hang");
            write!(answer, "at the next kick")
        }
        b"null" => raise::null(),
        #[cfg(target_arch = "arm")]
        b"null read" => raise::null_read(),
        #[cfg(target_arch = "arm")]
        b"code" => raise::code(),
        #[cfg(target_arch = "arm")]
        b"data" => raise::data(),
        b"panic" => panic!("{Interrupting}asked to"),
        b"endless panic" => panic!("{}", Endless),
        b"masked sleep" => {
            let inside = cpu::masked(|| {
                wake();
                cpu::wait_for_interrupt(|| false);
                wakes().wrapping_sub(before)
            });
            write!(answer, "masked sleep {inside} {}", wakes().wrapping_sub(before))
        }
        b"followers" => write!(answer, "followers {:?}", followers::ask(mailbox)),
        b"woken" => write!(answer, "woken {}", followers::await_woken(mailbox)),
        b"nested log" => {
            log::info!("outside <{}>", Nested(|| log::info!("within")));
            write!(answer, "nested")
        }
        b"nested panic" => {
            log::info!("outside <{}>", Nested(|| panic!("within")));
            write!(answer, "nested")
        }
        b"watch" => {
            watch(WATCH_MS);
            write!(answer, "watch")
        }
        b"hang" => hang(),
        b"deaf" => deaf(),
        b"overflow" => write!(answer, "{}", overflow(black_box(1))),
        b"frame" => write!(answer, "{}", frame(black_box(1))),
        _ => write!(answer, "unknown"),
    };
}

/// Recurses deeper than the register file has windows; each level keeps values across the call, and asks
/// for an interrupt in the middle of it when told to.
#[inline(never)]
fn descend(depth: u32, interrupt: bool) -> u32 {
    let (a, b, c) = (black_box(depth), black_box(depth * 3), black_box(depth ^ 0x55));
    if interrupt {
        wake();
    }
    let below = if depth == 0 { 0 } else { black_box(descend as fn(u32, bool) -> u32)(depth - 1, interrupt) };
    if interrupt {
        wake();
    }
    below.wrapping_mul(31).wrapping_add(a).wrapping_add(b).wrapping_add(c)
}

/// Recurses; at each level the interrupt spills the caller's window, so that the MOVSP behind it raises the
/// alloca exception.
#[cfg(target_arch = "xtensa")]
#[inline(never)]
fn reload(depth: u32) -> u32 {
    let (a, b) = (black_box(depth), black_box(depth ^ 0x55));
    wake();
    raise::movsp();
    let below = if depth == 0 { 0 } else { black_box(reload as fn(u32) -> u32)(depth - 1) };
    below.wrapping_mul(31).wrapping_add(a).wrapping_add(b)
}

/// Text that does something while it is formatted.
struct Nested<F>(F);

impl<F: Fn()> core::fmt::Display for Nested<F> {
    fn fmt(&self, _: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        (self.0)();
        Ok(())
    }
}

/// Text that panics with itself.
struct Endless;

impl core::fmt::Display for Endless {
    fn fmt(&self, _: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        panic!("{Endless}")
    }
}

/// Asks for an interrupt while it is formatted.
struct Interrupting;

impl core::fmt::Display for Interrupting {
    fn fmt(&self, _: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        wake();
        Ok(())
    }
}

/// Does not come back.
#[inline(never)]
fn hang() -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// The same, and no interrupt gets through.
fn deaf() -> ! {
    cpu::mask();
    log::info!("deaf from here on");
    hang()
}

/// Recurses until the stack ends.
#[inline(never)]
#[allow(unconditional_recursion, reason = "the stack is to overflow")]
fn overflow(n: u32) -> u32 {
    let room = black_box([n; 64]);
    black_box(overflow as fn(u32) -> u32)(n + 1).wrapping_add(room[n as usize % 64])
}

/// One frame that is larger than the stack. What it holds is written from its lowest address on.
#[inline(never)]
fn frame(n: u8) -> u8 {
    let room = black_box([n; FRAME]);
    room[usize::from(n) % FRAME]
}

/// Exceptions on purpose.
#[allow(unsafe_code)]
#[cfg(target_arch = "xtensa")]
mod raise {
    use core::arch::asm;

    #[inline(always)]
    pub(crate) fn movsp() {
        // SAFETY: only copies the stack pointer, once the caller's window is loaded.
        unsafe { asm!("movsp {0}, a1", out(reg) _, options(nostack)) }
    }

    pub(crate) fn illegal() -> ! {
        // SAFETY: ILL raises EXCCAUSE 0, whose handler does not return.
        unsafe { asm!(".byte 0, 0, 0", in("a8") 0x1234, options(noreturn)) }
    }

    pub(crate) fn store() -> ! {
        // SAFETY: nothing is at this address, so the store raises an exception.
        unsafe { asm!("s32i {0}, {0}, 0", in(reg) 0x0000_0010u32, options(noreturn)) }
    }

    pub(crate) fn null() -> ! {
        // SAFETY: nothing is at this address, so the store raises an exception.
        unsafe { asm!("s32i {0}, {0}, 0", in(reg) 4u32, options(noreturn)) }
    }

    pub(crate) fn unaligned() -> ! {
        // SAFETY: an unaligned load raises EXCCAUSE 9.
        unsafe { asm!("l32i {0}, {0}, 0", in(reg) 0x9240_0001u32, options(noreturn)) }
    }
}

/// Exceptions on purpose.
#[allow(unsafe_code)]
#[cfg(target_arch = "arm")]
mod raise {
    use core::arch::asm;

    pub(crate) fn illegal() -> ! {
        // SAFETY: UDF raises a usage fault, which escalates to HardFault, whose handler does not return.
        unsafe { asm!("udf #0", in("r5") 0x1234, options(noreturn)) }
    }

    pub(crate) fn store() -> ! {
        // SAFETY: nothing is at this address (of the vendor's part of the system region), so the store raises a fault.
        unsafe { asm!("str {0}, [{0}]", "udf #0", in(reg) 0xe020_0010u32, options(noreturn)) }
    }

    pub(crate) fn null() -> ! {
        // SAFETY: no program may write there, so the store raises a fault.
        unsafe { asm!("str {0}, [{0}]", "udf #0", in(reg) 4u32, options(noreturn)) }
    }

    pub(crate) fn null_read() -> ! {
        // SAFETY: no program may read there, so the load raises a fault.
        unsafe { asm!("ldr {0}, [{0}]", "udf #0", in(reg) 4u32, options(noreturn)) }
    }

    pub(crate) fn code() -> ! {
        // SAFETY: code cannot be written, so the store raises a fault.
        unsafe { asm!("str {0}, [{0}]", "udf #0", in(reg) code as *const () as usize & !3, options(noreturn)) }
    }

    pub(crate) fn data() -> ! {
        // BX LR
        let instructions = [0x4770_u16; 2];
        // SAFETY: data cannot be run, so the jump raises a fault.
        unsafe { asm!("blx {0}", "udf #0", in(reg) instructions.as_ptr().addr() | 1, options(noreturn)) }
    }

    pub(crate) fn unaligned() -> ! {
        // SAFETY: LDRD takes words only, and raises a usage fault.
        unsafe { asm!("ldrd r0, r1, [r0]", "udf #0", in("r0") 0x2000_4001u32, options(noreturn)) }
    }
}
