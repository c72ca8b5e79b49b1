// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an ELF that is fit looks like to the loader.

use std::fmt::Write;

use imx_rpmsg_board::{Board, Range};

use crate::entries::Entry;
use crate::image::{Image, Segment};
use crate::table::Table;

/// Segments and resource table in words.
pub(crate) fn render(board: &Board, image: &Image<'_>, table: Option<&Table>) -> String {
    let mut out = String::from("  address         in file  in memory  flags  region     sections\n");
    // Writing to a String cannot fail.
    for segment in &image.segments {
        let _ = writeln!(
            out,
            "  {:#010x}  {:>11}  {:>9}  {:<5}  {:<9}  {}",
            segment.paddr,
            segment.filesz,
            segment.memsz,
            segment.permissions(),
            region(board, segment),
            segment.names
        );
    }
    let sum = |size: fn(&Segment) -> u32| image.segments.iter().map(|s| u64::from(size(s))).sum::<u64>();
    let _ = writeln!(out, "  loadable: {} bytes from the file, {} in memory", sum(|s| s.filesz), sum(|s| s.memsz));
    if let Some(table) = table {
        let _ = writeln!(
            out,
            "  resource table at {:#010x}, {} bytes, {} entries",
            table.address,
            table.size,
            table.entries.len()
        );
        for entry in &table.entries {
            describe(&mut out, entry);
        }
    }
    out
}

fn region<'a>(board: &'a Board, segment: &Segment) -> &'a str {
    let memory = board.memory.iter().find(|m| m.range().contains(&segment.range()));
    memory.map_or("(other)", |m| m.name.as_str())
}

fn describe(out: &mut String, entry: &Entry) {
    let _ = match entry {
        Entry::Vdev(vdev) => {
            let _ = writeln!(out, "    vdev: id {}, features {:#x}", vdev.id, vdev.features);
            for (i, vring) in vdev.vrings.iter().enumerate() {
                let address = vring.fixed_address().map_or("Linux's choice".into(), |a| format!("{a:#010x}"));
                let _ = writeln!(
                    out,
                    "      vring{i}: {} entries, aligned to {}, address: {address}",
                    vring.num, vring.align
                );
            }
            Ok(())
        }
        Entry::Trace(trace) => {
            writeln!(out, "    trace: {:?}, {}", trace.name, Range::new(trace.address, trace.size))
        }
        Entry::Vendor(vendor) if vendor.is_nxp() => {
            let wait = if vendor.features & 1 != 0 { "does not wait" } else { "waits" };
            writeln!(out, "    vendor: nxps, features {:#x}: Linux {wait} for the doorbell", vendor.features)
        }
        Entry::Vendor(vendor) => writeln!(out, "    vendor: magic {:#x}", vendor.magic),
        Entry::Carveout { address, size } => {
            writeln!(out, "    carveout: {}", Range::new(*address, *size))
        }
        Entry::Other { kind } => writeln!(out, "    type {kind}"),
    };
}
