// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a board file is turned into, by its lines.

use std::path::Path;

use imx_rpmsg_board::Board;

pub(crate) fn board(name: &str) -> Board {
    let boards = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../boards");
    Board::find(boards, name).unwrap_or_else(|e| panic!("{e}"))
}

pub(crate) fn assert_lines(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|l| l == *line), "no line {line:?} in\n{text}");
    }
}

/// Each constant has its documentation, and there is nothing else.
pub(crate) fn assert_documented(rust: &str) {
    let lines: Vec<&str> = rust.lines().collect();
    assert_eq!(lines.len() % 2, 0, "{rust}");
    for pair in lines.chunks(2) {
        assert!(pair[0].starts_with("/// "), "{pair:?}");
        assert!(pair[1].starts_with("pub const "), "{pair:?}");
    }
}

/// The constants' names.
pub(crate) fn names(rust: &str) -> Vec<&str> {
    rust.lines().filter_map(|l| l.strip_prefix("pub const ")?.split(':').next()).collect()
}
