// SPDX-License-Identifier: MIT OR Apache-2.0
//! What joins the firmware to Linux's driver, and its log.

use crate::check::{Check, line};
use crate::{Board, Loader};

/// `struct fw_rsc_trace` has 32 bytes for the name, the last of them 0.
const TRACE_NAME_BYTES: usize = 31;

/// The version of the Messaging Units of the SoCs that are known here (the compatible in the SoC's device tree).
const MU_OF_SOC: [(&str, u32); 6] =
    [("imx8mp", 1), ("imx8qm", 1), ("imx8qxp", 1), ("imx8ulp", 2), ("imx93", 2), ("imx95", 2)];

pub(super) fn check(board: &Board, check: &mut Check<'_>) {
    mailbox(board, check);
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
    } else if let Some((_, version)) = MU_OF_SOC.iter().find(|(soc, v)| *soc == board.soc && *v != mailbox.mu_version) {
        check.refuse(
            "mailbox.mu_version",
            format!("{} is not that of an {}", mailbox.mu_version, board.soc),
            format!("write {version}, or correct soc"),
        );
    }
    let driver = board.loader.name();
    let (channel, shift) = board.loader.kicks();
    if mailbox.channel != channel {
        check.refuse(
            "mailbox.channel",
            format!("{driver} does not kick on channel {}", mailbox.channel),
            format!("write {channel}, the last cell of the device tree's mboxes"),
        );
    }
    if mailbox.kick_shift != shift {
        check.refuse(
            "mailbox.kick_shift",
            format!("{driver} does not shift by {}", mailbox.kick_shift),
            format!("write {shift}"),
        );
    }
}

fn trace(board: &Board, check: &mut Check<'_>) {
    let trace = &board.trace;
    let line = line(board);
    let role = board.core.log_role();
    let most = board.memory(role).map_or(u32::MAX, |memory| memory.size / 2);
    if trace.size == 0 || trace.size % line != 0 || trace.size > most {
        check.refuse(
            "trace.size",
            format!("{:#x} is no size for the log", trace.size),
            format!("write a multiple of {line:#x} (cpu.dcache_line) up to half of the {}, {most:#x}", role.name()),
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
