// SPDX-License-Identifier: MIT OR Apache-2.0
//! The text of a board file, and the lines of its fields.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use crate::problem::Problem;
use crate::schema::fields::FIELDS;

/// A board file that is well-formed TOML. A field's path is dotted, with indices: `memory.0.size`.
pub(crate) struct Source<'a> {
    file: &'a str,
    text: &'a str,
    tree: Spanned<DeTable<'a>>,
}

impl<'a> Source<'a> {
    pub(crate) fn parse(file: &'a str, text: &'a str) -> Result<Self, Problem> {
        match DeTable::parse(text) {
            Ok(tree) => Ok(Self { file, text, tree }),
            Err(error) => Err(Problem {
                file: file.into(),
                line: line_at(text, error.span().map_or(0, |s| s.start)),
                field: String::new(),
                what: one_line(error.message()),
                instead: "see https://toml.io for the syntax".into(),
            }),
        }
    }

    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        toml::from_str(self.text).map_err(|error| self.explain(&error))
    }

    pub(crate) fn problem(&self, path: &str, what: String, instead: String) -> Problem {
        Problem { file: self.file.into(), line: self.line(path), field: shown(path), what, instead }
    }

    /// Without its directories and extension.
    pub(crate) fn stem(&self) -> &str {
        let name = self.file.rsplit(['/', '\\']).next().unwrap_or(self.file);
        name.strip_suffix(".toml").unwrap_or(name)
    }

    /// The line of the field, or of the nearest table around it that is there.
    fn line(&self, path: &str) -> usize {
        let mut offset = None;
        let mut table = Some(self.tree.get_ref());
        let mut array: Option<&toml::de::DeArray<'_>> = None;
        for step in path.split('.') {
            let value = if let Some((key, value)) = table.and_then(|t| t.get_key_value(step)) {
                offset = Some(key.span().start);
                value
            } else if let Some(value) = step.parse::<usize>().ok().and_then(|i| array.and_then(|a| a.get(i))) {
                offset = Some(value.span().start);
                value
            } else {
                break;
            };
            (table, array) = match value.get_ref() {
                DeValue::Table(t) => (Some(t), None),
                DeValue::Array(a) => (None, Some(a)),
                _ => (None, None),
            };
        }
        line_at(self.text, offset.unwrap_or(0))
    }

    /// Turns serde's refusal into field and advice; its message is all that says which field is missing.
    fn explain(&self, error: &Error) -> Problem {
        let span = error.span().unwrap_or(0..0);
        let around = self.path_at(&span);
        let what = one_line(error.message());
        let quoted = what.split('`').nth(1).unwrap_or_default();
        let (path, instead) = if what.starts_with("missing field") {
            let path = join(&around, quoted);
            let instead = format!("add {}", advice(&path).unwrap_or("it"));
            (path, instead)
        } else if what.starts_with("unknown field") {
            let parent = match around.rsplit_once('.') {
                Some((parent, last)) if last == quoted => parent.to_owned(),
                None if around == quoted => String::new(),
                _ => around,
            };
            (join(&parent, quoted), "remove it, or write one of those".to_owned())
        } else {
            let instead = format!("write {}", advice(&around).unwrap_or("another value"));
            (around, instead)
        };
        Problem { file: self.file.into(), line: line_at(self.text, span.start), field: shown(&path), what, instead }
    }

    /// The innermost field whose key or value holds the start of `span`.
    fn path_at(&self, span: &Range<usize>) -> String {
        let mut path = String::new();
        let mut table = self.tree.get_ref();
        'descend: loop {
            for (key, value) in table.iter() {
                let hit = |s: Range<usize>| s.contains(&span.start);
                match value.get_ref() {
                    DeValue::Array(array) => {
                        for (i, item) in array.iter().enumerate() {
                            match item.get_ref() {
                                DeValue::Table(inner) if hit(item.span()) || holds(inner, span) => {
                                    path = join(&join(&path, key.get_ref()), &i.to_string());
                                    table = inner;
                                    continue 'descend;
                                }
                                _ => {}
                            }
                        }
                    }
                    DeValue::Table(inner) if hit(key.span()) || hit(value.span()) || holds(inner, span) => {
                        path = join(&path, key.get_ref());
                        table = inner;
                        continue 'descend;
                    }
                    _ => {}
                }
                if hit(key.span()) || hit(value.span()) {
                    return join(&path, key.get_ref());
                }
            }
            return path;
        }
    }
}

/// Whether the span starts at one of the table's own entries, which lie outside its header's span.
fn holds(table: &DeTable<'_>, span: &Range<usize>) -> bool {
    table.iter().any(|(k, v)| k.span().contains(&span.start) || v.span().contains(&span.start))
}

fn join(path: &str, step: &str) -> String {
    if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") }
}

/// `memory.0.size` as `memory[0].size`.
fn shown(path: &str) -> String {
    let mut out = String::new();
    for step in path.split('.') {
        if step.bytes().all(|b| b.is_ascii_digit()) && !step.is_empty() {
            out += &format!("[{step}]");
        } else {
            if !out.is_empty() {
                out.push('.');
            }
            out += step;
        }
    }
    out
}

fn advice(path: &str) -> Option<&'static str> {
    let plain: Vec<&str> = path.split('.').filter(|step| step.parse::<usize>().is_err()).collect();
    let plain = plain.join(".");
    FIELDS.iter().find(|(field, _)| *field == plain).map(|(_, advice)| *advice)
}

fn one_line(message: &str) -> String {
    message.lines().map(str::trim).collect::<Vec<_>>().join(", ")
}

fn line_at(text: &str, offset: usize) -> usize {
    let end = offset.min(text.len());
    1 + text.as_bytes()[..end].iter().filter(|b| **b == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_with_brackets() {
        assert_eq!(shown("memory.12.size"), "memory[12].size");
        assert_eq!(shown("name"), "name");
        assert_eq!(shown(""), "");
    }

    #[test]
    fn a_missing_field_is_at_the_line_of_its_table() {
        let source = Source::parse("f.toml", "a = 1\n\n[t]\nb = 2\n\n[[l]]\nc = 3\n[[l]]\nc = 4\n");
        let source = source.unwrap_or_else(|p| panic!("{p}"));
        assert_eq!(source.line("a"), 1);
        assert_eq!(source.line("t.b"), 4);
        assert_eq!(source.line("t.x"), 3);
        assert_eq!(source.line("l.1.c"), 9);
        assert_eq!(source.line("l.1.x"), 8);
    }

    #[test]
    fn there_is_advice_for_every_field_of_a_board() {
        for text in [
            include_str!("../../../boards/imx8mp-evk-dsp.toml"),
            include_str!("../../../boards/imx8qm-mek-m4.toml"),
            include_str!("../../../boards/imx8ulp-evk-m33.toml"),
            include_str!("../../../boards/imx95-evk-m7.toml"),
        ] {
            let source = Source::parse("f.toml", text).unwrap_or_else(|p| panic!("{p}"));
            assert_advice(source.tree.get_ref());
        }
    }

    fn assert_advice(top: &DeTable<'_>) {
        let mut tables = vec![(String::new(), top)];
        while let Some((path, table)) = tables.pop() {
            for (key, value) in table.iter() {
                let path = join(&path, key.get_ref());
                assert!(advice(&path).is_some(), "{path}");
                match value.get_ref() {
                    DeValue::Table(inner) => tables.push((path, inner)),
                    DeValue::Array(array) => {
                        let inner = array.iter().filter_map(|item| item.get_ref().as_table());
                        tables.extend(inner.map(|t| (path.clone(), t)));
                    }
                    _ => {}
                }
            }
        }
    }
}
