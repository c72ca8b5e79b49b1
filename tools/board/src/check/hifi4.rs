// SPDX-License-Identifier: MIT OR Apache-2.0
//! A HiFi4: caches, vectors, attributes, interrupts.

use crate::check::{Check, line};
use crate::hifi4::{INTERRUPTS, LINE, VECTOR_BYTES, cacheattr};
use crate::{Board, Hifi4, MemoryRole, Range};

/// Stack frames of the windowed ABI are multiples of this.
const STACK_ALIGN: u32 = 16;

/// The least that is a stack: what a handler and the report of a fault take.
const LEAST_STACK: u32 = 1024;

pub(super) fn check(board: &Board, check: &mut Check<'_>) {
    let Some(hifi4) = &board.hifi4 else {
        return;
    };
    // A value that is no line size at all was refused before.
    if board.cpu.dcache_line.is_power_of_two() && board.cpu.dcache_line != LINE {
        check.refuse(
            "cpu.dcache_line",
            format!("{} is not that of a HiFi4 of an i.MX 8", board.cpu.dcache_line),
            format!("write {LINE}"),
        );
    }
    if let Some((i, stack)) = board.memory.iter().enumerate().find(|(_, m)| m.role == Some(MemoryRole::Stack)) {
        if stack.size > 0 && stack.size < LEAST_STACK {
            check.refuse(
                format!("memory.{i}.size"),
                format!("{:#x} is too little for a stack", stack.size),
                format!("write {LEAST_STACK:#x} or more"),
            );
        } else if stack.range().end() % u64::from(STACK_ALIGN) != 0 {
            check.refuse(
                format!("memory.{i}.size"),
                format!("the stack would start at {:#x}, not at a multiple of {STACK_ALIGN}", stack.range().end()),
                format!("write a size with which the memory ends on a multiple of {STACK_ALIGN}"),
            );
        }
    }
    for (field, size) in [("hifi4.dcache_size", hifi4.dcache_size), ("hifi4.icache_size", hifi4.icache_size)] {
        if size == 0 || size % line(board) != 0 {
            check.refuse(
                field,
                format!("{size:#x} is no size of a cache"),
                format!("write a multiple of {:#x} (cpu.dcache_line)", line(board)),
            );
        }
    }
    if !(1..=6).contains(&hifi4.excm_level) {
        check.refuse(
            "hifi4.excm_level",
            format!("{} is no interrupt level", hifi4.excm_level),
            "write 1 to 6, the XCHAL_EXCM_LEVEL of the core",
        );
    }
    vectors(board, hifi4, check);
    attributes(board, hifi4.cacheattr, check);
    interrupts(board, hifi4, check);
}

fn vectors(board: &Board, hifi4: &Hifi4, check: &mut Check<'_>) {
    let table = Range::new(hifi4.vecbase, VECTOR_BYTES);
    let reset = Range::new(hifi4.reset_vector, 4);
    for (field, range) in [("hifi4.reset_vector", &reset), ("hifi4.vecbase", &table)] {
        if range.start % 4 != 0 {
            check.refuse(
                field,
                format!("{:#x} is not a multiple of 4", range.start),
                format!("write {:#x}", range.start & !3),
            );
        }
        if let Some(memory) = board.memory(MemoryRole::Vectors) {
            if !memory.range().contains(range) {
                check.refuse(
                    field,
                    format!("{range} is outside '{}', {}, which has the role \"vectors\"", memory.name, memory.range()),
                    "write an address that the memory holds, or correct the memory",
                );
            }
        }
    }
    if table.overlaps(&reset) {
        check.refuse(
            "hifi4.reset_vector",
            format!("{:#010x} is inside the vectors, {table}", reset.start),
            "write the core's XCHAL_RESET_VECTOR0_VADDR",
        );
    }
}

fn attributes(board: &Board, value: u32, check: &mut Check<'_>) {
    for region in 0..8 {
        let attribute = (value >> (4 * region)) & 0xf;
        if !cacheattr::USABLE.contains(&attribute) && !cacheattr::UNUSABLE.contains(&attribute) {
            check.refuse(
                "hifi4.cacheattr",
                format!("nibble {region} is {attribute}, which no core knows"),
                "write 1 (write-through), 2 (bypass), 4 or 5 (write-back), 6 (bufferable) or 15 (no access)",
            );
        }
    }
    // One refusal per region, of the first thing in it that its attribute does not suit.
    let mut refused = [false; 8];
    for (name, range, user) in users(board) {
        for region in range.start >> 29..=((range.end() - 1) >> 29) as u32 {
            if !refused[region as usize] {
                refused[region as usize] = attribute(board, value, region, name, user, check);
            }
        }
    }
}

/// What an address is used for.
#[derive(Clone, Copy, PartialEq)]
enum User {
    Memory,
    /// Memory that Linux and the core share.
    Shared,
    Registers,
}

/// All that the core accesses. What was refused for its size or place is left out.
fn users(board: &Board) -> impl Iterator<Item = (&str, Range, User)> {
    let memories = board.memory.iter().map(|m| (m.name.as_str(), m.range(), User::Memory));
    let carveouts = board.carveouts.iter().filter(|c| c.device != 0);
    let carveouts = carveouts.map(|c| (c.name.as_str(), c.device_range(), User::Shared));
    let uart = board.uart.as_ref().map(|u| ("uart.base", u.base));
    let setup = board.setup.iter().map(|s| ("setup.address", s.address));
    let registers = [("mailbox.base", board.mailbox.base)].into_iter().chain(uart).chain(setup);
    let registers = registers.map(|(name, address)| (name, Range::new(address, 4), User::Registers));
    memories.chain(carveouts).chain(registers).filter(|(_, range, _)| range.size > 0 && range.end() <= 1 << 32)
}

/// Whether the attribute of a region is refused for what it does to one user of it.
fn attribute(board: &Board, value: u32, region: u32, name: &str, user: User, check: &mut Check<'_>) -> bool {
    let attribute = (value >> (4 * region)) & 0xf;
    // The firmware treats all shared memory as it must that in the image's region (`Cache` in
    // src/firmware/start/xtensa.rs); what bypasses the cache stands any treatment.
    let image = board.memory(MemoryRole::Image).map(|image| cacheattr::of(value, image.address));
    let (what, instead) = if cacheattr::UNUSABLE.contains(&attribute) {
        ("forbids access to".to_owned(), "write 1 (write-through) or 2 (bypass) there".to_owned())
    } else if attribute == cacheattr::BYPASS {
        return false;
    } else if user == User::Registers {
        ("does not suit the registers of".to_owned(), "write 2 (bypass) there".to_owned())
    } else if let Some(image) = image.filter(|image| user == User::Shared && *image != attribute) {
        let instead = if image == cacheattr::BYPASS { String::new() } else { format!(" or {image}") };
        (format!("is not the image's {image}, and Linux shares"), format!("write 2 (bypass){instead} there"))
    } else {
        return false;
    };
    let place = format!("'{name}', in {:#010x}..={:#010x}", region << 29, region << 29 | 0x1fff_ffff);
    check.refuse("hifi4.cacheattr", format!("nibble {region} is {attribute}, which {what} {place}"), instead);
    true
}

fn interrupts(board: &Board, hifi4: &Hifi4, check: &mut Check<'_>) {
    let mailbox = &board.mailbox;
    let all = [
        ("hifi4.timer_interrupt", hifi4.timer_interrupt, "hifi4.timer_interrupt_level", hifi4.timer_interrupt_level),
        (
            "hifi4.software_interrupt",
            hifi4.software_interrupt,
            "hifi4.software_interrupt_level",
            hifi4.software_interrupt_level,
        ),
        ("mailbox.interrupt", mailbox.interrupt, "mailbox.interrupt_level", mailbox.interrupt_level.unwrap_or(0)),
    ];
    for (i, (field, number, level_field, level)) in all.into_iter().enumerate() {
        if number >= INTERRUPTS {
            check.refuse(
                field,
                format!("{number} is no interrupt of the core"),
                format!("write 0 to {}", INTERRUPTS - 1),
            );
        }
        if !(1..=hifi4.excm_level).contains(&level) {
            check.refuse(
                level_field,
                format!("a handler at level {level} cannot be compiled code"),
                format!("write 1 to {} (hifi4.excm_level), or take another interrupt", hifi4.excm_level),
            );
        }
        if let Some((other, ..)) = all[..i].iter().find(|(_, n, ..)| *n == number) {
            check.refuse(field, format!("{number} is {other} already"), "write the number of another interrupt");
        }
    }
}
