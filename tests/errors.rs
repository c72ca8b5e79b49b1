// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every error of the library is one for `?`, `Box<dyn Error>` and the crates that collect errors.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;

use imx_rpmsg::rpmsg::driver::StartError;
use imx_rpmsg::rpmsg::{Interrupted, OpenError, SendError};
use imx_rpmsg::vring::{AttachError, DeviceError, PeerError, SetUpError};

/// The name of a type that is an error, for any thread and for as long as it likes.
fn error<E: Error + Copy + Eq + Send + Sync + 'static>() -> String {
    std::any::type_name::<E>().rsplit("::").next().unwrap().into()
}

fn errors() -> BTreeSet<String> {
    BTreeSet::from([
        error::<AttachError>(),
        error::<DeviceError>(),
        error::<Interrupted>(),
        error::<OpenError>(),
        error::<PeerError>(),
        error::<SendError>(),
        error::<SetUpError>(),
        error::<StartError>(),
    ])
}

fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|end| end == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

/// Those above are all that there are: types that are called errors, and what `pub fn` may return instead of a result.
#[test]
fn every_error_is_an_error() {
    let mut text = String::new();
    for folder in ["rpmsg", "vring", "wire", "mailbox", "firmware"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder), &mut text);
    }
    text.push_str(&fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/shm.rs")).unwrap());
    let mut found = BTreeSet::new();
    for line in text.lines().map(str::trim).filter(|line| line.starts_with("pub ")) {
        let mut words = line.split(|c: char| !c.is_alphanumeric()).skip(1);
        if let (Some("enum" | "struct"), Some(name)) = (words.next(), words.next()) {
            if name.ends_with("Error") {
                found.insert(name.to_string());
            }
        }
        if let Some((_, failure)) = line.split_once("-> Result<").and_then(|(_, result)| result.rsplit_once(", ")) {
            found.insert(failure.trim_end_matches([' ', '{', '>']).into());
        }
    }
    assert_eq!(found, errors());
}
