// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory that Linux and the core share: roles, device addresses, and that nothing else is there.

use crate::check::{Check, line, listed};
use crate::{Board, Carveout, CarveoutRole, Loader, Range};

/// What Linux takes for the live resource table when it attaches (`imx_rproc_get_loaded_rsc_table`).
const TABLE_BYTES: u32 = 1024;

pub(super) fn check(board: &mut Board, check: &mut Check<'_>) {
    for i in 0..board.carveouts.len() {
        let path = format!("carveout.{i}");
        let carveout = &board.carveouts[i];
        let linux = carveout.linux_range();
        if !check.is_sane(&linux, &path, "linux") {
            continue;
        }
        name(board, i, &path, check);
        role(board, i, &path, check);
        apart(&board.carveouts[..i], carveout, &path, check);
        for (field, value) in [("linux", linux.start), ("size", linux.size)] {
            if value % line(board) != 0 {
                check.refuse(
                    format!("{path}.{field}"),
                    format!("{value:#x} is not a multiple of cpu.dcache_line"),
                    format!("write a multiple of {:#x}, or neighbours share a cache line", line(board)),
                );
            }
        }
        if let Some(device) = device(board, carveout, &path, check) {
            board.carveouts[i].device = device;
            apart_for_the_core(&board.carveouts[..i], &board.carveouts[i], &path, check);
            clear_of_memory(board, &board.carveouts[i], check);
            unambiguous(board, i, &path, check);
        }
    }
    for role in CarveoutRole::NEEDED {
        if board.carveout(role).is_none() {
            check.refuse(
                "carveout",
                format!("no carveout has the role \"{}\"", role.name()),
                format!("add a [[carveout]] with role = \"{}\"", role.name()),
            );
        }
    }
}

/// Linux goes by the names of nodes: `vdev0vring0` and `vdev0vring1` are the rings of the first virtio device
/// (`rproc_alloc_vring`), `vdev0buffer` its buffers, or `vdevbuffer` in device trees for imx_rproc, `rsc-table` the live
/// resource table.
fn name(board: &Board, i: usize, path: &str, check: &mut Check<'_>) {
    let carveout = &board.carveouts[i];
    let field = format!("{path}.name");
    let name = carveout.name.as_str();
    let same = board.carveouts[..i].iter().find(|earlier| earlier.name == name);
    // One role twice is refused for that.
    if let Some(earlier) = same.filter(|e| e.role != carveout.role || e.role == CarveoutRole::Pool) {
        let role = earlier.role.name();
        let what = format!("'{name}' is there already, with the role \"{role}\": Linux would take one for the other");
        check.refuse(field, what, "write the name of the node without @...");
        return;
    }
    let (wanted, instead): (&[&str], &str) = match carveout.role {
        CarveoutRole::Vring0 => (&["vdev0vring0"], "write \"vdev0vring0\", as the node must be called"),
        CarveoutRole::Vring1 => (&["vdev0vring1"], "write \"vdev0vring1\", as the node must be called"),
        CarveoutRole::Buffer => {
            (&["vdev0buffer", "vdevbuffer"], "write \"vdev0buffer\" or \"vdevbuffer\", as the node must be called")
        }
        // Checked with its role.
        CarveoutRole::RscTable => return,
        CarveoutRole::Pool if name.is_empty() || name.starts_with("vdev") || name == "rsc-table" => {
            (&[], "write the name of the node from which Linux takes its memory, or correct role")
        }
        CarveoutRole::Pool => return,
    };
    if name.contains('@') {
        let node = name.split('@').next().unwrap_or_default();
        check.refuse(field, format!("'{name}' has the node's address"), format!("write \"{node}\""));
    } else if !wanted.contains(&name) {
        let role = carveout.role.name();
        check.refuse(field, format!("Linux does not take '{name}' for the {role}"), instead);
    }
}

fn role(board: &Board, i: usize, path: &str, check: &mut Check<'_>) {
    let carveout = &board.carveouts[i];
    let twice = board.carveouts[..i].iter().find(|earlier| earlier.role == carveout.role);
    if let Some(earlier) = twice.filter(|_| carveout.role != CarveoutRole::Pool) {
        check.refuse(
            format!("{path}.role"),
            format!("'{}' has this role already", earlier.name),
            "give the role to one of them",
        );
    }
    if carveout.role != CarveoutRole::RscTable {
        return;
    }
    if board.loader == Loader::ImxDspRproc {
        check.refuse(
            format!("{path}.role"),
            "imx_dsp_rproc keeps the resource table in the ELF's own section",
            "remove the table",
        );
    } else if carveout.name != "rsc-table" {
        check.refuse(
            format!("{path}.name"),
            format!("imx_rproc does not find the resource table in '{}'", carveout.name),
            "write \"rsc-table\", as the node must be called",
        );
    }
    if carveout.size < TABLE_BYTES {
        check.refuse(
            format!("{path}.size"),
            format!("{:#x} is too little for the resource table", carveout.size),
            format!("write {TABLE_BYTES:#x} or more, as the device tree must have it"),
        );
    }
}

/// Against the carveouts before it.
fn apart(earlier: &[Carveout], carveout: &Carveout, path: &str, check: &mut Check<'_>) {
    let linux = carveout.linux_range();
    for earlier in earlier {
        if earlier.linux_range().overlaps(&linux) {
            check.refuse(
                format!("{path}.linux"),
                format!("{linux} overlaps '{}', {}", earlier.name, earlier.linux_range()),
                "copy addresses and sizes from the device tree",
            );
        }
    }
}

/// As [`apart`], where the core has them: a given device address may be that of another carveout.
fn apart_for_the_core(earlier: &[Carveout], carveout: &Carveout, path: &str, check: &mut Check<'_>) {
    let device = carveout.device_range();
    // Those that are refused for their own place have device address 0, and those that overlap for Linux have been refused.
    let placed = earlier.iter().filter(|e| e.device != 0 && !e.linux_range().overlaps(&carveout.linux_range()));
    for earlier in placed.filter(|e| e.device_range().overlaps(&device)) {
        check.refuse(
            format!("{path}.{}", device_field(carveout)),
            format!("{device}, by device addresses, overlaps '{}', {}", earlier.name, earlier.device_range()),
            "correct device or [[translation]]: what is apart for Linux is apart for the core",
        );
    }
}

/// The field that the device address comes from.
const fn device_field(carveout: &Carveout) -> &'static str {
    if carveout.given_device.is_some() { "device" } else { "linux" }
}

/// The file's device address, or that of the translation. `imx_rproc` takes reserved memory untranslated, so there
/// what is in no row has Linux's address.
fn device(board: &Board, carveout: &Carveout, path: &str, check: &mut Check<'_>) -> Option<u32> {
    let linux = carveout.linux_range();
    let translated = || board.device_of_linux(&linux);
    let untranslated = || (board.loader == Loader::ImxRproc).then_some(linux.start);
    let Some(device) = carveout.given_device.or_else(translated).or_else(untranslated) else {
        check.refuse(
            format!("{path}.linux"),
            format!("{linux} is not inside one row of [[translation]]: the core cannot reach it"),
            format!("keep it inside one of {}", listed(board.translation.iter().map(|t| t.linux_range()))),
        );
        return None;
    };
    if device == 0 {
        check.refuse(
            format!("{path}.{}", device_field(carveout)),
            "is at device address 0, a null pointer in the firmware",
            "write other memory, or leave the first bytes out",
        );
        return None;
    }
    check.is_sane(&Range::new(device, carveout.size), path, device_field(carveout)).then_some(device)
}

fn clear_of_memory(board: &Board, carveout: &Carveout, check: &mut Check<'_>) {
    let range = carveout.device_range();
    for (m, memory) in board.memory.iter().enumerate() {
        // The same memory may have a second device address.
        let linux = board.linux_of_device(&memory.range()).map(|start| Range::new(start, memory.size));
        if memory.range().overlaps(&range) || linux.is_some_and(|l| l.overlaps(&carveout.linux_range())) {
            check.refuse(
                format!("memory.{m}.address"),
                format!(
                    "{} overlaps the carveout '{}', {range}: the firmware would lie in {}",
                    memory.range(),
                    carveout.name,
                    match carveout.role {
                        CarveoutRole::RscTable => "the live resource table",
                        _ => "rings or buffers",
                    }
                ),
                "move or shrink the memory",
            );
        }
    }
}

/// A ring's address in the resource table may be Linux's or the device's. It must mean one place, so where Linux's
/// addresses of one carveout are device addresses of another (or of itself), both must be the same memory.
fn unambiguous(board: &Board, i: usize, path: &str, check: &mut Check<'_>) {
    let carveout = &board.carveouts[i];
    let offset = |c: &Carveout| c.device.wrapping_sub(c.linux);
    for other in &board.carveouts[..=i] {
        for (linux, device) in [(carveout, other), (other, carveout)] {
            let range = linux.linux_range();
            if range.overlaps(&device.device_range()) && (offset(linux) != 0 || offset(device) != 0) {
                check.refuse(
                    format!("{path}.linux"),
                    format!(
                        "Linux's addresses of '{}', {range}, are device addresses of '{}', {}, and other memory",
                        linux.name,
                        device.name,
                        device.device_range()
                    ),
                    "correct linux, device or [[translation]]: an address in the resource table must mean one place",
                );
                return;
            }
        }
    }
}
