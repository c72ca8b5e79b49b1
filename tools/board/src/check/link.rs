// SPDX-License-Identifier: MIT OR Apache-2.0
//! What joins the firmware to Linux's driver, and its log.

use crate::check::{Check, line};
use crate::{Board, Loader, MemoryRole, Range};

/// `struct fw_rsc_trace` has 32 bytes for the name, the last of them 0.
const TRACE_NAME_BYTES: usize = 31;

pub(super) fn check(board: &Board, check: &mut Check<'_>) {
    mailbox(board, check);
    registers(board, check);
    trace(board, check);
    if board.resource_table.nxp_vendor_entry && board.loader != Loader::ImxDspRproc {
        check.refuse("resource_table.nxp_vendor_entry", "only imx_dsp_rproc knows NXP's vendor entry", "write false");
    }
}

fn mailbox(board: &Board, check: &mut Check<'_>) {
    let mailbox = &board.mailbox;
    if !(1..=2).contains(&mailbox.mu_version) {
        check.refuse(
            "mailbox.mu_version",
            format!("there is no MU version {}", mailbox.mu_version),
            "write 1 (fsl,imx6sx-mu: 8M Plus, 8QM, 8QXP) or 2 (fsl,imx8ulp-mu: 8ULP, 93, 95)",
        );
    }
    if mailbox.channel > 3 {
        check.refuse(
            "mailbox.channel",
            format!("a MU has no channel {}", mailbox.channel),
            "write 0 to 3, the last cell of the device tree's mboxes",
        );
    }
    if ![0, 16].contains(&mailbox.kick_shift) {
        check.refuse(
            "mailbox.kick_shift",
            format!("no driver shifts by {}", mailbox.kick_shift),
            "write 0 (imx_dsp_rproc) or 16 (imx_rproc)",
        );
    } else {
        let (driver, shift) = match board.loader {
            Loader::ImxDspRproc => ("imx_dsp_rproc", 0),
            Loader::ImxRproc => ("imx_rproc", 16),
        };
        if mailbox.kick_shift != shift {
            check.refuse(
                "mailbox.kick_shift",
                format!("{driver} does not shift by {}", mailbox.kick_shift),
                format!("write {shift}"),
            );
        }
    }
}

fn registers(board: &Board, check: &mut Check<'_>) {
    let uart = board.uart.as_ref().map(|u| ("uart.base", u.base));
    for (field, base) in [("mailbox.base", board.mailbox.base)].into_iter().chain(uart) {
        if base == 0 || base % 0x1000 != 0 {
            check.refuse(
                field,
                format!("{base:#x} is no base of a peripheral"),
                "write the multiple of 0x1000 in the reference manual's memory map of this core",
            );
        }
        let memories = board.memory.iter().map(|m| (m.name.as_str(), m.range()));
        let carveouts = board.carveouts.iter().map(|c| (c.name.as_str(), c.device_range()));
        for (name, range) in memories.chain(carveouts) {
            if range.contains(&Range::new(base, 4)) {
                check.refuse(
                    field,
                    format!("{base:#010x} is inside the memory '{name}', {range}"),
                    "write the address of the registers",
                );
            }
        }
    }
}

fn trace(board: &Board, check: &mut Check<'_>) {
    let trace = &board.trace;
    let line = line(board);
    let most = board.memory(MemoryRole::Image).map_or(u32::MAX, |image| image.size / 2);
    if trace.size == 0 || trace.size % line != 0 || trace.size > most {
        check.refuse(
            "trace.size",
            format!("{:#x} is no size for the log", trace.size),
            format!("write a multiple of {line:#x} (cpu.dcache_line) up to half of the image, {most:#x}"),
        );
    }
    let printable = trace.name.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
    if trace.name.is_empty() || trace.name.len() > TRACE_NAME_BYTES || !printable {
        check.refuse(
            "trace.name",
            format!("{:?} does not fit the resource table", trace.name),
            format!("write 1 to {TRACE_NAME_BYTES} printable ASCII characters"),
        );
    }
}
