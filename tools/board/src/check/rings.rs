// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rings and buffers: whether Linux takes them and they fit.

use crate::check::{Check, line};
use crate::{Board, CarveoutRole, MAX_NUM, buffer_bytes, ring_bytes};

/// Linux maps carveouts by pages, so no larger alignment is certain.
const LARGEST_ALIGN: u32 = 4096;

pub(super) fn check(board: &Board, check: &mut Check<'_>) {
    let (num, align) = (board.vring.num, board.vring.align);
    let mut usable = true;
    if !num.is_power_of_two() || !(2..=MAX_NUM).contains(&num) {
        check.refuse(
            "vring.num",
            format!("{num} entries make no ring"),
            format!("write a power of two from 2 to {MAX_NUM}"),
        );
        usable = false;
    }
    if !align.is_power_of_two() || align > LARGEST_ALIGN {
        check.refuse(
            "vring.align",
            format!("{align} is no alignment for a ring"),
            format!("write a power of two from {} to {LARGEST_ALIGN}", line(board)),
        );
        usable = false;
    } else if align < line(board) {
        check.refuse(
            "vring.align",
            format!("{align} lets the avail and the used ring share a cache line"),
            format!("write {} (cpu.dcache_line) or more", line(board)),
        );
    }
    if usable {
        fit(board, check);
    }
}

fn fit(board: &Board, check: &mut Check<'_>) {
    let (num, align) = (board.vring.num, board.vring.align);
    for (i, carveout) in board.carveouts.iter().enumerate() {
        let path = format!("carveout.{i}");
        let ring = carveout.role.is_ring();
        let need = |num| {
            match carveout.role {
                CarveoutRole::Vring0 | CarveoutRole::Vring1 => ring_bytes(num, align),
                CarveoutRole::Buffer => buffer_bytes(num),
                // Both rings and the buffers, wherever in the pool Linux puts each.
                CarveoutRole::Pool => 2 * ring_bytes(num, align) + buffer_bytes(num),
                CarveoutRole::RscTable => 0,
            }
        };
        if need(num) > u64::from(carveout.size) {
            let fitting = (1..8).rev().map(|p| 1 << p).find(|n| need(*n) <= u64::from(carveout.size));
            let less = fitting.map_or(String::new(), |n| format!(", or vring.num = {n}"));
            check.refuse(
                format!("{path}.size"),
                format!(
                    "{:#x} is too little: the {} {num} entries take {:#x}",
                    carveout.size,
                    match carveout.role {
                        CarveoutRole::Buffer => "buffers for",
                        CarveoutRole::Pool => "rings and buffers for",
                        _ => "ring of",
                    },
                    need(num)
                ),
                format!("write {:#x} or more, as the device tree must have it{less}", need(num)),
            );
        }
        if ring && (carveout.linux % align != 0 || carveout.device % align != 0) {
            check.refuse(
                format!("{path}.linux"),
                format!("{:#x} is not a multiple of vring.align", carveout.linux),
                format!("write a multiple of {align:#x}: the ring starts where the carveout does"),
            );
        }
    }
}
