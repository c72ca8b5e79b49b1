// SPDX-License-Identifier: MIT OR Apache-2.0
//! The folder of board files, and names that are in it or not.

use std::path::{Path, PathBuf};

use imx_rpmsg_board::{Board, Error};

fn boards() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../boards")
}

#[test]
fn the_ten_boards_are_accepted() {
    let names = Board::list(boards()).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(
        names,
        [
            "imx8mp-evk-dsp",
            "imx8mp-evk-m7",
            "imx8qm-mek-dsp",
            "imx8qm-mek-m4",
            "imx8qxp-mek-dsp",
            "imx8qxp-mek-m4",
            "imx8ulp-evk-dsp",
            "imx8ulp-evk-m33",
            "imx93-evk-m33",
            "imx95-evk-m7"
        ]
    );
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
