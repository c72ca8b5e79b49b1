// SPDX-License-Identifier: MIT OR Apache-2.0
//! A good board file with one mistake in it.

use imx_rpmsg_board::{Board, Error, Problem};

/// A good file, and its name.
pub(crate) struct Good {
    pub(crate) text: &'static str,
    pub(crate) file: &'static str,
}

impl Good {
    /// The file with the first `old` behind `after` replaced, and the line where that is.
    fn broken(&self, after: &str, old: &str, new: &str) -> (String, usize) {
        let text = self.text;
        let from = text.find(after).unwrap_or_else(|| panic!("no {after:?} in {}", self.file));
        let at = from + text[from..].find(old).unwrap_or_else(|| panic!("no {old:?} behind {after:?}"));
        (format!("{}{new}{}", &text[..at], &text[at + old.len()..]), 1 + text[..at].matches('\n').count())
    }

    /// The problems of a text that is said to be this file.
    pub(crate) fn refused(&self, text: &str) -> Vec<Problem> {
        match Board::parse(text, self.file) {
            Err(Error::Refused(problems)) => problems,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// One mistake in the good file: the only problem is at its line, about `field`, and says these things.
    pub(crate) fn expect(&self, after: &str, old: &str, new: &str, field: &str, what: &str, instead: &str) {
        let (text, line) = self.broken(after, old, new);
        let problems = self.refused(&text);
        let all: Vec<String> = problems.iter().map(Problem::to_string).collect();
        let all = all.join("\n");
        let [problem] = &problems[..] else {
            panic!("{old:?} -> {new:?} gave\n{all}");
        };
        assert_eq!(problem.file, self.file);
        assert_eq!((problem.line, problem.field.as_str()), (line, field), "{all}");
        assert!(problem.what.contains(what), "no {what:?} in {all}");
        assert!(problem.instead.contains(instead), "no {instead:?} in {all}");
    }
}

impl Good {
    /// The file after these replacements, each of the first occurrence.
    pub(crate) fn with(&self, replacements: &[(&str, &str)]) -> String {
        let mut text = self.text.to_owned();
        for (old, new) in replacements {
            assert!(text.contains(old), "no {old:?} in {}", self.file);
            text = text.replacen(old, new, 1);
        }
        text
    }

    /// The only problem of that text is about `field`, at a line that has its name or its table, and says these things.
    pub(crate) fn expect_only(&self, text: &str, field: &str, what: &str, instead: &str) {
        let problems = self.refused(text);
        let all: Vec<String> = problems.iter().map(Problem::to_string).collect();
        let all = all.join("\n");
        let [problem] = &problems[..] else {
            panic!("not one problem but\n{all}");
        };
        assert_eq!(problem.field, field, "{all}");
        let line = text.lines().nth(problem.line - 1).unwrap_or_default();
        let names: Vec<&str> = field.split(['.', '[']).collect();
        assert!(names.iter().any(|name| line.contains(name)), "{all}\nis not about the line {line:?}");
        assert!(problem.what.contains(what), "no {what:?} in {all}");
        assert!(problem.instead.contains(instead), "no {instead:?} in {all}");
    }
}

macro_rules! refusals {
    ($good:ident; $($test:ident: $after:literal, $old:literal => $new:literal, $field:literal, $what:literal, $instead:literal;)*) => {
        $(#[test]
        fn $test() {
            $good.expect($after, $old, $new, $field, $what, $instead);
        })*
    };
}

pub(crate) use refusals;
