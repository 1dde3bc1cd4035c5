//! What the last build made from what, so that the next one makes only what has changed and removes what is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::step::step;

/// What one step makes: files with their paths in the site, and lines for `hash.txt`.
pub(super) struct Product {
    pub(super) files: Vec<(PathBuf, Vec<u8>)>,
    pub(super) hashes: BTreeMap<String, String>,
}

/// The record of one site.
pub(super) struct Ledger {
    site: PathBuf,
    file: PathBuf,
    record: Record,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Record {
    key: String,
    parts: BTreeMap<String, Part>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Part {
    inputs: String,
    files: Vec<PathBuf>,
    hashes: BTreeMap<String, String>,
}

impl Ledger {
    /// Opens the record kept in `file`; one that is missing, unreadable or under another `key` counts as empty.
    pub(super) fn open(site: &Path, file: &Path, key: String) -> Self {
        let kept = std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice::<Record>(&bytes).ok());
        let record = kept.filter(|record| record.key == key).unwrap_or(Record { key, parts: BTreeMap::new() });
        Self { site: site.to_path_buf(), file: file.to_path_buf(), record }
    }

    /// Makes and writes a part, unless its inputs are those of the last time and all its files are still there.
    pub(super) fn part(
        &mut self,
        name: &str,
        inputs: &[PathBuf],
        what: &str,
        make: impl FnOnce() -> Result<Product>,
    ) -> Result<()> {
        let inputs = fingerprint(inputs)?;
        if self
            .record
            .parts
            .get(name)
            .is_some_and(|part| part.inputs == inputs && part.files.iter().all(|file| self.site.join(file).is_file()))
        {
            return Ok(());
        }
        step(what, || {
            let product = make()?;
            for (path, bytes) in &product.files {
                write(&self.site.join(path), bytes)?;
            }
            let files = product.files.into_iter().map(|(path, _)| path).collect();
            self.record.parts.insert(name.to_owned(), Part { inputs, files, hashes: product.hashes });
            Ok(())
        })
    }

    /// Removes every file of the site that no part has made: those of older builds.
    pub(super) fn remove_strangers(&self) -> Result<()> {
        let ours: BTreeSet<_> = self.record.parts.values().flat_map(|part| &part.files).collect();
        for path in super::files_below(&self.site)? {
            if !ours.contains(&path.strip_prefix(&self.site)?.to_path_buf()) {
                std::fs::remove_file(&path).with_context(|| path.display().to_string())?;
            }
        }
        Ok(())
    }

    /// Keeps the record for the next build.
    pub(super) fn save(&self) -> Result<()> {
        write(&self.file, &serde_json::to_vec_pretty(&self.record)?)
    }

    /// The lines of `hash.txt`: `js`, `wasm`, `css` and so on, each with the hash in its file's name.
    pub(super) fn hashes(&self) -> BTreeMap<String, String> {
        self.record.parts.values().flat_map(|part| part.hashes.clone()).collect()
    }
}

/// The inputs' paths, sizes and times. Reading them all would cost more than a needless step now and then.
fn fingerprint(inputs: &[PathBuf]) -> Result<String> {
    let mut text = String::new();
    for input in inputs {
        let metadata = input.metadata().with_context(|| input.display().to_string())?;
        let changed = metadata.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
        writeln!(text, "{} {} {changed}", input.display(), metadata.len())?;
    }
    Ok(super::hash::of([text.as_bytes()]))
}

/// Writes a file so that whoever reads it meanwhile sees the old or the new one, never a half.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().context("a file needs a folder")?;
    let unfinished = path.with_added_extension("unfinished");
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&unfinished, bytes))
        .and_then(|()| std::fs::rename(&unfinished, path))
        .with_context(|| format!("{} can't be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(name: &str) -> Product {
        Product {
            files: vec![(name.into(), b"content".to_vec())],
            hashes: BTreeMap::from([("css".to_owned(), name.to_owned())]),
        }
    }

    #[test]
    fn a_part_is_made_once_for_the_same_inputs_and_anew_for_others() {
        let folder = tempfile::tempdir().unwrap();
        let (site, file, input) = (folder.path().join("site"), folder.path().join("ledger"), folder.path().join("in"));
        std::fs::write(&input, "1").unwrap();

        let mut ledger = Ledger::open(&site, &file, "key".to_owned());
        ledger.part("style", std::slice::from_ref(&input), "first", || Ok(product("a.css"))).unwrap();
        ledger.save().unwrap();

        let mut ledger = Ledger::open(&site, &file, "key".to_owned());
        ledger.part("style", std::slice::from_ref(&input), "same", || panic!("nothing changed")).unwrap();
        assert_eq!(ledger.hashes()["css"], "a.css");

        std::fs::write(&input, "22").unwrap();
        ledger.part("style", &[input], "changed", || Ok(product("b.css"))).unwrap();
        ledger.remove_strangers().unwrap();
        assert!(site.join("b.css").is_file() && !site.join("a.css").exists());
    }

    #[test]
    fn a_file_that_was_removed_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&folder.path().join("site"), &folder.path().join("ledger"), String::new());
        ledger.part("public", &[], "first", || Ok(product("icon.svg"))).unwrap();
        std::fs::remove_file(folder.path().join("site/icon.svg")).unwrap();
        ledger.part("public", &[], "again", || Ok(product("icon.svg"))).unwrap();
        assert!(folder.path().join("site/icon.svg").is_file());
    }

    #[test]
    fn another_key_makes_everything_anew() {
        let folder = tempfile::tempdir().unwrap();
        let (site, file) = (folder.path().join("site"), folder.path().join("ledger"));
        let mut ledger = Ledger::open(&site, &file, "dev".to_owned());
        ledger.part("style", &[], "first", || Ok(product("a.css"))).unwrap();
        ledger.save().unwrap();
        assert!(Ledger::open(&site, &file, "release".to_owned()).hashes().is_empty());
    }
}
