// SPDX-License-Identifier: MIT OR Apache-2.0
//! Completes the words behind a command; its name the editor completes itself.
#![forbid(unsafe_code)]

use super::Crash;

/// What `log` takes for a module: all that is known here. Those of the application are its own.
const MODULES: [&str; 3] = ["all", "imx_rpmsg", "imx_rpmsg::services::incoming"];

/// What [`log::LevelFilter`] is called.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// How the last word of `line` goes on, as far as there is but one way, and whether that is all of it; `None` where
/// nothing is known of it.
pub(super) fn rest_of(line: &str) -> Option<(&'static str, bool)> {
    let (before, begun) = line.rsplit_once(' ')?;
    let mut words = before.split_ascii_whitespace();
    let known: &[&'static str] = match (words.next()?, words.next(), words.next()) {
        ("crash", None, None) => &Crash::NAMES,
        ("log", None, None) => &MODULES,
        ("log", Some(_), None) => &LEVELS,
        _ => return None,
    };
    let mut fitting = known.iter().filter_map(|word| word.strip_prefix(begun));
    let first = fitting.next()?;
    let mut only = true;
    let common = fitting.fold(first.len(), |length, other| {
        only = false;
        let same = first.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
        length.min(same)
    });
    // All are ASCII. (No index: its panic would bring tables of Unicode along.)
    Some((first.get(..common)?, only))
}

#[cfg(test)]
mod tests {
    use super::rest_of;

    #[test]
    fn words_go_on_as_far_as_there_is_one_way() {
        for (line, rest) in [
            ("crash p", Some(("anic", true))),
            ("  crash  i", Some(("llegal", true))),
            ("crash ", Some(("", false))),
            ("crash hang", Some(("", true))),
            ("crash x", None),
            ("crash panic i", None),
            ("crash", None),
            ("log a", Some(("ll", true))),
            ("log i", Some(("mx_rpmsg", false))),
            ("log imx_rpmsg:", Some((":services::incoming", true))),
            ("log rpmsg_demo t", Some(("race", true))),
            ("log rpmsg_demo info ", None),
            ("echo p", None),
            (" ", None),
            ("", None),
        ] {
            assert_eq!(rest_of(line), rest, "{line:?}");
        }
    }

    #[test]
    fn every_level_is_one() {
        assert!(super::LEVELS.iter().all(|level| level.parse::<log::LevelFilter>().is_ok()));
    }
}
