// SPDX-License-Identifier: MIT OR Apache-2.0
//! The folder of board files, and names that are in it or not.

use std::path::{Path, PathBuf};

use imx_rpmsg_board::{Board, Error};

fn boards() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../boards")
}

#[test]
fn all_boards_are_accepted() {
    let names = Board::list(boards()).unwrap_or_else(|e| panic!("{e}"));
    assert!(names.is_sorted() && names.contains(&"imx8mp-evk-dsp".to_owned()), "{names:?}");
    for name in names {
        let board = Board::find(boards(), &name).unwrap_or_else(|e| panic!("{e}"));
        assert!(!board.unconfirmed.is_empty(), "{name}: nothing has run on hardware, so something is unconfirmed");
    }
}

#[test]
fn an_unknown_board_is_answered_with_the_known_ones() {
    match Board::find(boards(), "imx9") {
        Err(Error::Unknown { name, known }) => {
            assert_eq!(name, "imx9");
            assert!(known.contains(&"imx8mp-evk-dsp".to_owned()));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_unreadable_folder_is_named() {
    let message = match Board::find("/no/such/folder", "x") {
        Err(e) => e.to_string(),
        Ok(_) => panic!("found a board in a folder that is not there"),
    };
    assert!(message.starts_with("cannot read /no/such/folder: "), "{message}");
}
