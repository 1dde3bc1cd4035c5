//! Every rule of the protocol (docs/RULES.md) stands in the name of a test, and no test names another.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Where tests are, from the root of the repository.
const TESTED: [&str; 6] =
    ["app/src", "app/tests", "server/src", "server/tests", "end2end/conformance", "end2end/specs"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The ids at the beginning of the page's rows.
fn rules() -> BTreeSet<String> {
    let page = std::fs::read_to_string(root().join("docs/RULES.md")).unwrap();
    let first_cells = page.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" |"));
    first_cells.map(|(id, _)| id.to_owned()).filter(|id| is_rule(id)).collect()
}

/// Three capitals, a dash, a number.
fn is_rule(text: &str) -> bool {
    let Some((area, number)) = text.split_once('-') else { return false };
    area.len() == 3 && area.bytes().all(|it| it.is_ascii_uppercase()) && number.parse::<u32>().is_ok()
}

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The names of the tests of a file: functions with an attribute `test`, what `proptest!` holds, and calls of `test`.
fn names_of_tests(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    match path.extension().and_then(|it| it.to_str()) {
        Some("rs") => {
            let attributes = lines.iter().enumerate().filter(|(_, it)| it.starts_with("#[") && it.contains("test"));
            let functions = attributes.filter_map(|(at, _)| {
                let line = lines[at + 1..].iter().find(|it| !it.starts_with("#[") && !it.starts_with("//"))?;
                let name = line.trim_start_matches("async ").strip_prefix("fn ")?.split_once('(')?.0;
                Some(name.to_uppercase().replace('_', "-"))
            });
            functions.collect()
        }
        Some("mjs" | "ts") => lines.iter().filter(|it| it.contains("test(")).map(|it| (*it).to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// The rules that a test names, with the file of one that does.
fn named() -> BTreeMap<String, PathBuf> {
    let mut found = Vec::new();
    for directory in TESTED {
        files(&root().join(directory), &mut found);
    }
    let mut named = BTreeMap::new();
    for path in found {
        for name in names_of_tests(&path) {
            let words: Vec<&str> = name.split(|it: char| !it.is_ascii_alphanumeric()).collect();
            for pair in words.windows(2) {
                let id = pair.join("-");
                if is_rule(&id) {
                    named.insert(id, path.clone());
                }
            }
        }
    }
    named
}

#[test]
fn every_rule_stands_in_the_name_of_a_test() {
    let (rules, named) = (rules(), named());
    assert!(rules.len() > 100, "the page is read wrongly: {rules:?}");
    let untested: Vec<_> = rules.iter().filter(|it| !named.contains_key(*it)).collect();
    assert!(untested.is_empty(), "no test names {untested:?}");
}

#[test]
fn no_test_names_a_rule_that_there_is_not() {
    let rules = rules();
    let areas: BTreeSet<&str> = rules.iter().map(|it| &it[..3]).collect();
    let unknown: Vec<_> =
        named().into_iter().filter(|(id, _)| areas.contains(&id[..3]) && !rules.contains(id)).collect();
    assert!(unknown.is_empty(), "docs/RULES.md has no such rules: {unknown:?}");
}
