// SPDX-License-Identifier: MIT OR Apache-2.0
//! Code in the documents is out of programs that are built and run by the other tests, and their links lead somewhere.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn documents() -> Vec<PathBuf> {
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut documents: Vec<PathBuf> = docs.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    documents.push(root().join("README.md"));
    documents
}

/// Whether the lines are in the text one behind the other, all indented by the same.
fn has(text: &str, lines: &[&str]) -> bool {
    let text: Vec<&str> = text.lines().collect();
    text.windows(lines.len()).any(|window| {
        let Some(indent) = window[0].strip_suffix(lines[0]) else { return false };
        indent.trim().is_empty()
            && window.iter().zip(lines).all(|(have, line)| {
                have.strip_prefix(indent).is_some_and(|have| have == *line) || (have.is_empty() && line.is_empty())
            })
    })
}

#[test]
fn code_is_out_of_the_programs_that_are_named_above_it() {
    let document = fs::read_to_string(root().join("docs/write-an-app.md")).unwrap();
    let mut above = "";
    let mut lines = document.lines();
    let mut blocks = 0;
    while let Some(line) = lines.next() {
        if line == "```rust" {
            let source = above.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
            let source = source.unwrap_or_else(|| panic!("no source above block {blocks}"));
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let text = fs::read_to_string(root().join(source)).unwrap();
            assert!(has(&text, &block), "not in {source}:\n{}", block.join("\n"));
            blocks += 1;
        }
        above = line;
    }
    assert!(blocks > 0);
}

#[test]
fn links_lead_to_files() {
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        for (before, after) in text.split("](").collect::<Vec<_>>().windows(2).map(|pair| (pair[0], pair[1])) {
            let target = after.split([')', '#']).next().unwrap();
            if target.is_empty() || target.contains("://") || !before.contains('[') {
                continue;
            }
            let file = path.parent().unwrap().join(target);
            assert!(file.exists(), "{}: {target} does not exist", path.display());
        }
    }
}
