// SPDX-License-Identifier: MIT OR Apache-2.0
//! A Cortex-M: interrupts, vector table, stack, and what its MPU must leave uncached.

use crate::check::{Check, listed};
use crate::cortex_m::{MPU_GRANULE, most_interrupts, vector_table_bytes};
use crate::mpu::GUARD;
use crate::{Board, CarveoutRole, Core, CortexM, Memory, MemoryRole};

/// Bytes of a line of the Cortex-M7's data cache.
const M7_LINE: u32 = 32;

/// Stacks are multiples of this (procedure call standard for Arm), and MSPLIM too (Armv8-M).
const STACK_ALIGN: u32 = 8;

/// The least that is a stack: the guard, and what a handler and the report of a fault take.
const LEAST_STACK: u32 = 4 * GUARD;

pub(super) fn check(board: &Board, check: &mut Check<'_>) {
    let Some(cortex_m) = &board.cortex_m else {
        return;
    };
    let line = board.cpu.dcache_line;
    if board.core == Core::CortexM7 && (16..M7_LINE).contains(&line) {
        check.refuse(
            "cpu.dcache_line",
            format!("{line} is less than a line of a Cortex-M7"),
            format!("write {M7_LINE}"),
        );
    }
    interrupts(board, cortex_m, check);
    memory(board, cortex_m, check);
    mpu(board, cortex_m, check);
}

fn interrupts(board: &Board, cortex_m: &CortexM, check: &mut Check<'_>) {
    let (core, most) = (board.core.name(), most_interrupts(board.core));
    if cortex_m.interrupts == 0 || cortex_m.interrupts > most {
        check.refuse(
            "cortex_m.interrupts",
            format!("a {core} has no {} external interrupts", cortex_m.interrupts),
            format!("write 1 to {most}"),
        );
    } else if board.mailbox.interrupt >= cortex_m.interrupts {
        check.refuse(
            "mailbox.interrupt",
            format!("{} is beyond the NVIC of {} interrupts", board.mailbox.interrupt, cortex_m.interrupts),
            format!("write 0 to {}, or correct cortex_m.interrupts", cortex_m.interrupts - 1),
        );
    }
}

fn memory(board: &Board, cortex_m: &CortexM, check: &mut Check<'_>) {
    let table = vector_table_bytes(cortex_m.interrupts.min(most_interrupts(board.core)));
    let align = table.next_power_of_two();
    for (i, memory) in board.memory.iter().enumerate() {
        let path = format!("memory.{i}");
        if memory.role == Some(MemoryRole::Code) {
            if memory.address % align != 0 {
                check.refuse(
                    format!("{path}.address"),
                    format!("{:#x} is not a multiple of {align:#x}: VTOR cannot point there", memory.address),
                    format!("write {:#x}", memory.address - memory.address % align),
                );
            }
            if memory.size <= table {
                check.refuse(
                    format!("{path}.size"),
                    format!("{:#x} has no room for code: the vector table alone takes {table:#x}", memory.size),
                    "write the size of the memory that holds the code",
                );
            }
        }
        if let (Some(MemoryRole::Code), Some(mask)) = (memory.role, cortex_m.reset_vector_mask) {
            if memory.address & !mask != 0 {
                check.refuse(
                    "cortex_m.reset_vector_mask",
                    format!("{mask:#x} leaves out bits of {:#x}, where the vector table is", memory.address),
                    "copy it from the driver, or remove it where the driver has none",
                );
            }
        }
        if memory.role == Some(MemoryRole::Stack) {
            stack(board, cortex_m, memory, &path, check);
        }
    }
}

fn stack(board: &Board, cortex_m: &CortexM, stack: &Memory, path: &str, check: &mut Check<'_>) {
    let guarded = board.core != Core::CortexM33 && cortex_m.mpu_regions > 0;
    let (align, why) =
        if guarded { (GUARD, "the MPU cannot guard its end") } else { (STACK_ALIGN, "no stack can end there") };
    if stack.address % align != 0 {
        check.refuse(
            format!("{path}.address"),
            format!("{:#x} is not a multiple of {align:#x}: {why}", stack.address),
            format!("write {:#x}", stack.address - stack.address % align),
        );
    }
    if stack.size < LEAST_STACK {
        check.refuse(
            format!("{path}.size"),
            format!("{:#x} is too little for a stack", stack.size),
            format!("write {LEAST_STACK:#x} or more"),
        );
    }
    if stack.range().end() % u64::from(STACK_ALIGN) != 0 {
        check.refuse(
            format!("{path}.size"),
            format!("the stack would start at {:#x}, not at a multiple of {STACK_ALIGN}", stack.range().end()),
            format!("write a size with which the memory ends on a multiple of {STACK_ALIGN}"),
        );
    }
}

fn mpu(board: &Board, cortex_m: &CortexM, check: &mut Check<'_>) {
    let most = if board.core == Core::CortexM4 { 8 } else { 16 };
    if ![0, 8, 16].contains(&cortex_m.mpu_regions) || cortex_m.mpu_regions > most {
        check.refuse(
            "cortex_m.mpu_regions",
            format!("no {} has an MPU of {} regions", board.core.name(), cortex_m.mpu_regions),
            if most == 8 { "write 8, or 0 to do without" } else { "write 8 or 16, or 0 to do without" },
        );
        return;
    }
    if cortex_m.mpu_regions == 0 {
        return;
    }
    let before = check.problems.len();
    for (i, carveout) in board.carveouts.iter().enumerate().filter(|(_, c)| c.role != CarveoutRole::Pool) {
        for (field, value) in [("linux", carveout.device), ("size", carveout.size)] {
            if value % MPU_GRANULE != 0 {
                check.refuse(
                    format!("carveout.{i}.{field}"),
                    format!("{value:#x} is not a multiple of {MPU_GRANULE}: no region of the MPU describes it"),
                    format!("write a multiple of {MPU_GRANULE:#x}"),
                );
            }
        }
    }
    let regions = board.uncached();
    if check.problems.len() == before && regions.len() > cortex_m.mpu_regions as usize {
        let shared = listed(regions.iter().copied());
        check.refuse(
            "cortex_m.mpu_regions",
            format!("{} regions are too few: what must not be cached takes {}", cortex_m.mpu_regions, regions.len()),
            format!("move carveouts onto multiples of their sizes, each a power of two; the regions are {shared}"),
        );
    }
}
