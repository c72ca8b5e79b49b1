// SPDX-License-Identifier: MIT OR Apache-2.0
//! Nothing is made of a board file that nobody uses.

#[allow(dead_code)]
mod emitted;

use std::fs;
use std::path::Path;

use emitted::{board, names};

/// The texts of all files in a folder of the tree.
fn sources(folder: &str) -> String {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder)];
    let mut text = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.unwrap_or_else(|e| panic!("{e}")).path();
            if path.is_dir() {
                folders.push(path);
            } else {
                text += &fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            }
        }
    }
    text
}

/// Whether the name is there, and not only as the start of another.
fn has(text: &str, name: &str) -> bool {
    let longer = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| !text[at + name.len()..].starts_with(longer))
}

#[test]
fn macros_of_the_c_shim() {
    let shim = sources("c_shim");
    for (name, _) in board("imx8mp-evk-dsp").to_c_defines() {
        assert!(has(&shim, &name), "nothing in c_shim uses {name}");
    }
}

#[test]
fn constants_of_the_firmware() {
    let firmware = sources("src");
    for board in [board("imx8mp-evk-dsp"), board("imx8qm-mek-m4")] {
        let rust = board.to_rust();
        // Those are in CARVEOUTS.
        let windows = ["VRING0", "VRING1", "BUFFER"];
        for name in names(&rust).into_iter().filter(|name| !windows.contains(name)) {
            assert!(has(&firmware, &format!("board::{name}")), "nothing in src uses {name}");
        }
    }
}
