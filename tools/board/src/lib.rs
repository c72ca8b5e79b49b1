// SPDX-License-Identifier: MIT OR Apache-2.0
//! Board files of imx-rpmsg.
//!
//! A board is one TOML file in `boards/`. [`Board::load`] reads it and refuses what cannot work, naming
//! file, line, field and what to write instead; the checked board is then turned into what its users need:
//! [`Board::to_rust`] and [`Board::to_linker`] for the firmware's build script, [`Board::to_c_defines`] for
//! the C shim, and the plain fields for the desk check.

#![forbid(unsafe_code)]

mod check;
mod emit;
mod hifi4;
mod problem;
mod range;
mod rings;
mod schema;
mod source;

use std::fs;
use std::path::Path;

pub use hifi4::VECTORS as HIFI4_VECTORS;
pub use problem::{Error, Problem};
pub use range::Range;
pub use rings::{BUFFER_BYTES, MAX_NUM, buffer_bytes, ring_bytes};
pub use schema::{
    Board, Carveout, CarveoutRole, Core, Cpu, Loader, Mailbox, Memory, MemoryRole, ResourceTable, Trace, Translation,
    Uart, UartKind, Vring,
};

impl Board {
    /// Reads and checks the file at `path`.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text, &path.to_string_lossy())
    }

    /// Checks the text of a board file; `file_name` is for messages, and its stem must be the board's name.
    pub fn parse(text: &str, file_name: &str) -> Result<Self, Error> {
        let source = source::Source::parse(file_name, text).map_err(|problem| Error::Refused(vec![problem]))?;
        let board = source.read().map_err(|problem| Error::Refused(vec![problem]))?;
        check::check(board, &source).map_err(Error::Refused)
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

    /// The carveout of that role. A checked board has one of each.
    pub fn carveout(&self, role: CarveoutRole) -> Option<&Carveout> {
        self.carveouts.iter().find(|c| c.role == role)
    }

    /// The memory of that role. A checked board has one of each.
    pub fn memory(&self, role: MemoryRole) -> Option<&Memory> {
        self.memory.iter().find(|m| m.role == Some(role))
    }

    /// The row of Linux's table that holds all of these device addresses.
    pub fn translation_of_device(&self, device: &Range) -> Option<&Translation> {
        self.translation.iter().find(|t| t.device_range().contains(device))
    }

    /// The device address of memory that Linux addresses so.
    pub fn device_of_linux(&self, linux: &Range) -> Option<u32> {
        let row = self.translation.iter().find(|t| t.linux_range().contains(linux))?;
        Some(row.device + (linux.start - row.linux))
    }

    /// The vectors of the core: name and offset from `cpu.vecbase`.
    pub fn vectors(&self) -> &'static [(&'static str, u32)] {
        match self.core {
            Core::Hifi4 => &HIFI4_VECTORS,
        }
    }
}
