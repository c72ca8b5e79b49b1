// SPDX-License-Identifier: MIT OR Apache-2.0
//! Board files on disk.

use std::path::Path;
use std::{env, fs};

use crate::{Board, Error};

impl Board {
    /// Reads and checks the file at `path`.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text, &path.to_string_lossy())
    }

    /// Loads the board called `name` from the folder `dir`; an unknown name is answered with the known ones.
    pub fn find(dir: impl AsRef<Path>, name: &str) -> Result<Self, Error> {
        let dir = dir.as_ref();
        let known = Self::list(dir)?;
        if known.iter().any(|k| k == name) {
            Self::load(dir.join(format!("{name}.toml")))
        } else {
            Err(Error::Unknown { name: name.into(), known })
        }
    }

    /// The names of the boards in the folder `dir`, sorted.
    pub fn list(dir: impl AsRef<Path>) -> Result<Vec<String>, Error> {
        let dir = dir.as_ref();
        let unreadable = |source| Error::Unreadable { path: dir.to_owned(), source };
        let mut names = Vec::new();
        for entry in fs::read_dir(dir).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.file_name();
            if let Some(name) = file.to_str().and_then(|f| f.strip_suffix(".toml")) {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Loads what a command line calls a board: a file that ends in `.toml`, or a name in [`Board::folder`].
    pub fn named(board: &str) -> Result<Self, Error> {
        if board.ends_with(".toml") { Self::load(board) } else { Self::find(Self::folder(), board) }
    }

    /// The folder `boards` at or above the current folder, else that of the source.
    pub fn folder() -> std::path::PathBuf {
        let here = env::current_dir().unwrap_or_default();
        let above = here.ancestors().map(|a| a.join("boards")).find(|b| b.is_dir());
        above.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../boards"))
    }
}
