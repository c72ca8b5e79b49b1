// SPDX-License-Identifier: MIT OR Apache-2.0
//! The documents keep up with the board files.

use std::path::Path;

use imx_rpmsg_board::Board;

/// The text of a file below the tree's top, each run of white space as one blank.
fn text(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{file}: {e}"));
    plain(&text)
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn boards() -> Vec<Board> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../boards");
    let names = Board::list(&folder).unwrap_or_else(|e| panic!("{e}"));
    names.iter().map(|name| Board::find(&folder, name).unwrap_or_else(|e| panic!("{e}"))).collect()
}

#[test]
fn hardware_status_has_all_that_is_unconfirmed_and_how_to_check_it() {
    let status = text("docs/hardware-status.md");
    for board in boards() {
        for figure in &board.unconfirmed {
            for part in [&figure.what, &figure.check] {
                assert!(status.contains(&plain(part)), "docs/hardware-status.md lacks, of {}: {part}", board.name);
            }
        }
    }
}

#[test]
fn every_board_is_in_the_tables() {
    for file in ["README.md", "docs/hardware-status.md"] {
        let text = text(file);
        for board in boards() {
            assert!(text.contains(&format!("| `{}` |", board.name)), "{file} has no row for {}", board.name);
        }
    }
}
