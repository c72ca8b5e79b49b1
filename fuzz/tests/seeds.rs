// SPDX-License-Identifier: MIT OR Apache-2.0
//! The seed corpus with any toolchain: the files are those that are written down, and none of them
//! breaks anything.

use std::path::Path;

use imx_rpmsg_fuzz::{seeds, targets};

fn folder(target: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target)
}

#[test]
fn files_are_what_is_written_down() {
    for (target, name, bytes) in seeds::all() {
        let found = std::fs::read(folder(target).join(name)).unwrap_or_default();
        assert!(found == bytes, "seeds/{target}/{name}: run `cargo run --example make-seeds`");
    }
}

/// Inputs that the fuzzer found once may lie beside those that are written down.
#[test]
fn no_seed_breaks_its_target() {
    for (target, run) in targets::ALL {
        let mut count = 0;
        for entry in std::fs::read_dir(folder(target)).unwrap() {
            run(&std::fs::read(entry.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count > 4, "{target} has only {count} seeds");
    }
}

#[test]
fn a_change_between_any_two_accesses_breaks_nothing() {
    seeds::changes().for_each(|bytes| targets::call_sequence::run(&bytes));
}

#[test]
fn beginnings_of_seeds_end_too() {
    let runs: std::collections::HashMap<_, _> = targets::ALL.into_iter().collect();
    for (target, _, bytes) in seeds::all() {
        for len in 0..bytes.len().min(64) {
            runs[target](&bytes[..len]);
        }
    }
}
