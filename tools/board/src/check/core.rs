// SPDX-License-Identifier: MIT OR Apache-2.0
//! The core, and that the file has its fields and the driver's, and no other's.

use crate::check::Check;
use crate::{Board, Core, Loader};

/// A cycle for each microsecond.
const LEAST_CLOCK_HZ: u32 = 1_000_000;

/// Whether core, driver and tables go together; else the other rules would be those of another core.
pub(super) fn is_consistent(board: &Board, check: &mut Check<'_>) -> bool {
    let before = check.problems.len();
    tables(board, check);
    loader(board, check);
    check.problems.len() == before
}

pub(super) fn check(board: &Board, check: &mut Check<'_>) {
    let cpu = &board.cpu;
    if cpu.clock_hz < LEAST_CLOCK_HZ {
        check.refuse(
            "cpu.clock_hz",
            format!("{} is no clock of the core: the firmware counts in microseconds", cpu.clock_hz),
            "write the nominal clock in Hz",
        );
    }
    if !cpu.dcache_line.is_power_of_two() || !(16..=1024).contains(&cpu.dcache_line) {
        check.refuse(
            "cpu.dcache_line",
            format!("{} is no size of a cache line", cpu.dcache_line),
            "write a power of two from 16 to 1024 (a HiFi4 of i.MX 8 has 128; 32 does for a Cortex-M)",
        );
    }
}

fn tables(board: &Board, check: &mut Check<'_>) {
    let core = board.core.name();
    let cortex_m = board.core.is_cortex_m();
    for (table, present, wanted) in
        [("hifi4", board.hifi4.is_some(), !cortex_m), ("cortex_m", board.cortex_m.is_some(), cortex_m)]
    {
        match (present, wanted) {
            (false, true) => check.refuse("core", format!("a {core} has a table [{table}]"), format!("add [{table}]")),
            (true, false) => check.refuse(table, format!("is not for a {core}"), "remove it, or correct core"),
            _ => {}
        }
    }
    let level = "mailbox.interrupt_level";
    match (board.mailbox.interrupt_level, board.core) {
        (None, Core::Hifi4) => check.refuse(level, "is missing", "add interrupt_level = 2, the XCHAL_INTn_LEVEL"),
        (Some(_), core) if core.is_cortex_m() => {
            check.refuse(level, "is not for a Cortex-M: the firmware sets the priority", "remove it");
        }
        _ => {}
    }
    if board.uboot.is_some() && !cortex_m {
        check.refuse("uboot", "is not for a hifi4: only Linux's driver starts it", "remove it");
    }
}

fn loader(board: &Board, check: &mut Check<'_>) {
    let wanted = if board.core.is_cortex_m() { Loader::ImxRproc } else { Loader::ImxDspRproc };
    if board.loader != wanted {
        check.refuse(
            "loader",
            format!("{} does not load a {}", board.loader.name(), board.core.name()),
            format!("write \"{}\"", wanted.name()),
        );
        return;
    }
    let kind = match board.core {
        Core::Hifi4 => "hifi4",
        Core::CortexM4 => "cm4",
        Core::CortexM7 => "cm7",
        Core::CortexM33 => "cm33",
    };
    let compatible = &board.linux_compatible;
    if !compatible.starts_with("fsl,") || !compatible.split('-').any(|part| part == kind) {
        check.refuse(
            "linux_compatible",
            format!("'{compatible}' is none of {}'s compatibles for a {}", wanted.name(), board.core.name()),
            format!("write \"fsl,{}-{kind}\", or another of the driver's of_match table", board.soc),
        );
    }
    if board.loader == Loader::ImxDspRproc && !board.linux_starts {
        check.refuse("linux_starts", "is false, but imx_dsp_rproc cannot attach to a running core", "remove it");
    }
    if board.loader == Loader::ImxRproc {
        for (i, row) in board.translation.iter().enumerate() {
            if row.iram {
                check.refuse(format!("translation.{i}.iram"), "is no flag of imx_rproc's rows", "remove it");
            }
        }
    }
}
