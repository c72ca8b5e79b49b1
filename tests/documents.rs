// SPDX-License-Identifier: MIT OR Apache-2.0
//! Code in the documents is out of programs that are built and run by the other tests; their links lead somewhere, and
//! to each of them one leads. What their commands do is tested in tests/docs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn collect(folder: &Path, documents: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, documents);
        } else if path.extension().is_some_and(|end| end == "md") {
            documents.push(path.canonicalize().unwrap());
        }
    }
}

fn documents() -> Vec<PathBuf> {
    let mut documents = Vec::new();
    for folder in ["docs", "examples", "testbed"] {
        collect(&root().join(folder), &mut documents);
    }
    for file in ["README.md", "CHANGELOG.md"] {
        documents.push(root().join(file).canonicalize().unwrap());
    }
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
    let readme = root().join("README.md").canonicalize().unwrap();
    let mut blocks = 0;
    // The README's is the whole of a program: tests/readme.rs.
    for path in documents().into_iter().filter(|path| *path != readme) {
        let document = fs::read_to_string(&path).unwrap();
        let mut above = "";
        let mut lines = document.lines();
        while let Some(line) = lines.next() {
            if line == "```rust" {
                let source = above.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
                let source = source.unwrap_or_else(|| panic!("{}: no source above block {blocks}", path.display()));
                let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
                let text = fs::read_to_string(root().join(source)).unwrap();
                assert!(has(&text, &block), "{}: not in {source}:\n{}", path.display(), block.join("\n"));
                blocks += 1;
            }
            above = line;
        }
    }
    assert!(blocks > 0);
}

/// The links of a document within the tree: the file, and the heading if one is named.
fn links(path: &Path) -> Vec<(PathBuf, Option<String>)> {
    let text = fs::read_to_string(path).unwrap();
    let mut links = Vec::new();
    for pair in text.split("](").collect::<Vec<_>>().windows(2) {
        let target = pair[1].split(')').next().unwrap();
        if target.contains("://") || !pair[0].contains('[') {
            continue;
        }
        let (file, heading) = target.split_once('#').map_or((target, None), |(file, heading)| (file, Some(heading)));
        let file = if file.is_empty() { path.to_owned() } else { path.parent().unwrap().join(file) };
        let file = file.canonicalize().unwrap_or_else(|_| panic!("{}: {target} does not exist", path.display()));
        links.push((file, heading.map(str::to_owned)));
    }
    links
}

/// What GitHub makes of a heading, to be linked to.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
}

#[test]
fn links_lead_to_files_and_headings() {
    let mut headings = 0;
    for path in documents() {
        for (file, heading) in links(&path) {
            let Some(heading) = heading else { continue };
            let text = fs::read_to_string(&file).unwrap();
            let there = text
                .lines()
                .any(|line| line.starts_with('#') && anchor(line.trim_start_matches('#').trim_start()) == heading);
            assert!(there, "{}: {} has no heading #{heading}", path.display(), file.display());
            headings += 1;
        }
    }
    assert!(headings > 0);
}

#[test]
fn every_document_is_reached_from_the_readme() {
    let mut reached = BTreeSet::new();
    let mut next = vec![root().join("README.md").canonicalize().unwrap()];
    while let Some(path) = next.pop() {
        if path.extension().is_some_and(|end| end == "md") && reached.insert(path.clone()) {
            next.extend(links(&path).into_iter().map(|(file, _)| file));
        }
    }
    for path in documents() {
        assert!(reached.contains(&path), "no link leads to {}", path.display());
    }
}
