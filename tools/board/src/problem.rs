// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is wrong with a board file, and where.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// One reason to refuse a board file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The board file.
    pub file: String,
    /// Line in it, from 1.
    pub line: usize,
    /// The field, such as `memory[0].size`; empty when the text is not TOML at all.
    pub field: String,
    /// What is wrong with it.
    pub what: String,
    /// What to write instead.
    pub instead: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        write!(f, "{}; {}", self.what, self.instead)
    }
}

impl std::error::Error for Problem {}

/// Why there is no board.
#[derive(Debug)]
pub enum Error {
    /// No board of that name.
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// The file or folder cannot be read.
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The file was read and refused, for each of these reasons.
    Refused(Vec<Problem>),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unknown { name, known } => {
                write!(f, "no board '{name}'; the boards are: {}", known.join(", "))
            }
            Error::Unreadable { path, source } => {
                write!(f, "cannot read {}: {source}", path.display())
            }
            Error::Refused(problems) => {
                for (i, problem) in problems.iter().enumerate() {
                    if i > 0 {
                        writeln!(f)?;
                    }
                    write!(f, "{problem}")?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Unreadable { source, .. } => Some(source),
            _ => None,
        }
    }
}
